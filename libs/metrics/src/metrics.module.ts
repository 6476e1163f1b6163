import { type DynamicModule, Global, Module } from '@nestjs/common';
import { Config } from '@vectorlane/config';
import { PrometheusModule } from '@willsoto/nestjs-prometheus';
import { HttpMetrics } from './http-metrics';
import { Metrics } from './metrics';
import { MetricsController } from './metrics.controller';

/** Global: every library counts what it does, and registers what is to be read when somebody scrapes. */
@Global()
@Module({})
export class MetricsModule {
  /** @param build what the build's own metric says: version of the program, and what this process is for */
  static register(build: { version: string; role: string }): DynamicModule {
    return {
      module: MetricsModule,
      imports: [
        // Its registry and its default metrics are one for the process; ours are one per app.
        PrometheusModule.register({
          controller: MetricsController,
          path: '/metrics',
          defaultMetrics: { enabled: false },
        }),
      ],
      providers: [
        { provide: Metrics, inject: [Config], useFactory: (config: Config) => openMetrics(config, build) },
        HttpMetrics,
      ],
      exports: [Metrics, HttpMetrics],
    };
  }
}

function openMetrics(config: Config, { version, role }: { version: string; role: string }): Metrics {
  const metrics = new Metrics();
  metrics.buildInfo.set(
    {
      version,
      node_version: process.version,
      profile: config.embedded ? 'embedded' : 'server',
      role,
    },
    1,
  );
  return metrics;
}
