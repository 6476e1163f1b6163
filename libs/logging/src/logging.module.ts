import { Global, Module } from '@nestjs/common';
import { Config } from '@vectorlane/config';
import { LoggerModule, type Params, PARAMS_PROVIDER_TOKEN, PinoLogger } from 'nestjs-pino';
import { LogContext } from './log-context';
import { pinoOptions } from './pino-options';
import { ServiceLogger } from './nest-loggers';

/**
 * pino for everybody: Nest's `Logger` writes through it. Its request middleware is mounted nowhere: the API's
 * pipeline binds the request id itself and writes one line at the end of each response, refused or not.
 */
@Global()
@Module({
  imports: [
    LoggerModule.forRootAsync({
      inject: [Config],
      useFactory: (config: Config) => ({ pinoHttp: { ...pinoOptions(config), autoLogging: false }, forRoutes: [] }),
    }),
  ],
  providers: [
    LogContext,
    {
      provide: ServiceLogger,
      inject: [PinoLogger, PARAMS_PROVIDER_TOKEN],
      useFactory: (logger: PinoLogger, params: Params) => new ServiceLogger(logger, params),
    },
  ],
  exports: [LogContext, ServiceLogger],
})
export class LoggingModule {}
