import { type DynamicModule, Global, Module } from '@nestjs/common';
import { Config } from './config';

/** Settings for everybody: global, so that no library is tempted to read the environment itself. */
@Global()
@Module({})
export class ConfigModule {
  /** @param config read once by the entry point, before any module exists, so that a bad value stops the boot first */
  static forRoot(config: Config): DynamicModule {
    return { module: ConfigModule, providers: [{ provide: Config, useValue: config }], exports: [Config] };
  }
}
