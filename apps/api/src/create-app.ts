import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { ConsoleSessions, FirstKey } from '@vectorlane/auth';
import { Config } from '@vectorlane/config';
import { ReadinessRegistry } from '@vectorlane/health';
import { IngestionRuntime } from '@vectorlane/ingestion';
import { BootLogger, ServiceLogger } from '@vectorlane/logging';
import { ShutdownSequence } from '@vectorlane/shutdown';
import { closeHttpServer, HttpAdapter } from '@vectorlane/http';
import { AppModule } from './app.module';
import { mountOpenApi } from './openapi/openapi';
import { mountRequestPipeline } from './request-pipeline';

export interface StartedApp {
  readonly app: NestExpressApplication;
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  /** The first API key, when this start made it. */
  readonly firstKey: string | undefined;
  /** Whether the key in the data folder is accepted. */
  readonly keptKeyIsAccepted: boolean;
  /** Where the console is: in the embedded profile with a token that signs in once. Nothing where it is off. */
  readonly consoleUrl: string | undefined;
}

/**
 * Creates, opens and starts the service: connections first (each library opens its own), then the keys, then the
 * workers, and last the HTTP port.
 */
export async function startApp(config: Config, shutdown = new ShutdownSequence()): Promise<StartedApp> {
  shutdown.deadlineMs = config.SHUTDOWN_TIMEOUT_MS;
  const app = await createApp(config, shutdown);
  app.useLogger(app.get(ServiceLogger));
  try {
    mountRequestPipeline(app);
    mountOpenApi(app);
    await app.init();
    const firstKey = await app.get(FirstKey).ensure();
    const owner = await app.get(FirstKey).keptOwner();
    await app.get(IngestionRuntime).start({ consumes: config.ROLE === 'all' });
    shutdown.add('drain', 'readiness', () => Promise.resolve(app.get(ReadinessRegistry).startDraining()));
    closeHttpServer(app, shutdown, config);
    await app.listen(config.PORT, config.HOST);
    const url = await app.getUrl();
    new Logger('Http').log({ url, role: config.ROLE, embedded: config.embedded }, 'listening');
    const link = config.embedded && owner ? `#sign-in=${app.get(ConsoleSessions).makeLink(owner.keyId)}` : '';
    return {
      app,
      url,
      firstKey,
      keptKeyIsAccepted: owner !== undefined,
      consoleUrl: config.CONSOLE_ENABLED ? `${url}/console/${link}` : undefined,
    };
  } catch (error) {
    // What is open is closed in order, so that a boot that fails leaves no lock and no half-written folder.
    await app.close();
    throw error;
  }
}

/** Every library opens its connections here; when one cannot, what the others have opened is closed in order. */
async function createApp(config: Config, shutdown: ShutdownSequence): Promise<NestExpressApplication> {
  try {
    return await NestFactory.create<NestExpressApplication>(AppModule.register(config, shutdown), new HttpAdapter(), {
      logger: new BootLogger(),
      bufferLogs: true,
      bodyParser: false,
      abortOnError: false,
    });
  } catch (error) {
    await shutdown.run('the start failed');
    throw error;
  }
}
