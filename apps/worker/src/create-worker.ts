import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Config } from '@vectorlane/config';
import { ReadinessRegistry } from '@vectorlane/health';
import {
  answerParserErrors,
  closeHttpServer,
  HttpAdapter,
  refuseMethod,
  refuseUnreadable,
  requestContext,
  RequestEnds,
  RouteTable,
  securityHeaders,
} from '@vectorlane/http';
import { IngestionRuntime } from '@vectorlane/ingestion';
import { BootLogger, LogContext, ServiceLogger } from '@vectorlane/logging';
import { HttpMetrics } from '@vectorlane/metrics';
import type { ShutdownSequence } from '@vectorlane/shutdown';
import { WorkerModule } from './worker.module';

/** A worker has somebody to share the work with: that needs servers that both can reach. */
export class WorkerNeedsServersError extends Error {
  override readonly name = 'InvalidSettingsError';
}

export interface StartedWorker {
  readonly app: NestExpressApplication;
  /** Where its probes and metrics are, without a slash at the end. */
  readonly url: string;
}

/**
 * Creates, opens and starts a worker: connections first, then the lanes, and last the HTTP port, on which there are
 * probes and metrics only.
 * @throws WorkerNeedsServersError on the embedded profile, whose one process works its lanes itself
 */
export async function startWorker(config: Config, shutdown: ShutdownSequence): Promise<StartedWorker> {
  if (config.embedded) {
    throw new WorkerNeedsServersError(
      'A worker shares PostgreSQL and Redis with the API: set DATABASE_URL and REDIS_URL. Without them `npm start` ' +
        'runs everything in one process, its workers included.',
    );
  }
  shutdown.deadlineMs = config.SHUTDOWN_TIMEOUT_MS;
  const app = await createApp(config, shutdown);
  app.useLogger(app.get(ServiceLogger));
  try {
    mountRequestPipeline(app);
    await app.init();
    await app.get(IngestionRuntime).start({ consumes: true });
    shutdown.add('drain', 'readiness', () => Promise.resolve(app.get(ReadinessRegistry).startDraining()));
    closeHttpServer(app, shutdown, config);
    await app.listen(config.WORKER_PORT, config.HOST);
    const url = await app.getUrl();
    new Logger('Http').log({ url, role: 'worker' }, 'listening');
    return { app, url };
  } catch (error) {
    await app.close();
    throw error;
  }
}

async function createApp(config: Config, shutdown: ShutdownSequence): Promise<NestExpressApplication> {
  try {
    return await NestFactory.create<NestExpressApplication>(
      WorkerModule.register(config, shutdown),
      new HttpAdapter(),
      {
        logger: new BootLogger(),
        bufferLogs: true,
        bodyParser: false,
        abortOnError: false,
      },
    );
  } catch (error) {
    await shutdown.run('the start failed');
    throw error;
  }
}

/** The API's request pipeline without what only the product needs: no CORS, no limit, no keys, no bodies. */
function mountRequestPipeline(app: NestExpressApplication): void {
  const ends = new RequestEnds(app.get(HttpMetrics));
  answerParserErrors(app.getHttpServer(), ends);
  app.use(requestContext(app.get(LogContext), app.get(RouteTable)));
  app.use(ends.observe());
  app.use(securityHeaders());
  app.use(refuseUnreadable());
  app.use(refuseMethod());
}
