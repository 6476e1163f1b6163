import { Module } from '@nestjs/common';
import { Config } from '@vectorlane/config';
import { ReadinessRegistry } from '@vectorlane/health';
import { ShutdownSequence } from '@vectorlane/shutdown';
import { AiWorkerClient } from './ai-worker.client';

/** Inject the `AiWorkerClient` by this token; undefined where none is configured. */
export const AI_WORKER = Symbol('AI_WORKER');

/** Of a readiness check, which is given up within a second. */
const CHECK_TIMEOUT_MS = 750;

/** The Python AI worker, where `AI_WORKER_URL` names one. */
@Module({
  providers: [
    {
      provide: AI_WORKER,
      // A part of the program that is put together without probes has nobody to tell.
      inject: [Config, ShutdownSequence, { token: ReadinessRegistry, optional: true }],
      useFactory: connect,
    },
  ],
  exports: [AI_WORKER],
})
export class AiWorkerModule {}

function connect(
  config: Config,
  shutdown: ShutdownSequence,
  readiness?: ReadinessRegistry,
): AiWorkerClient | undefined {
  const { AI_WORKER_URL: baseUrl, AI_WORKER_TOKEN: token } = config;
  if (baseUrl === undefined || token === undefined) return undefined;
  const client = new AiWorkerClient({
    baseUrl,
    token,
    concurrency: config.HEAVY_LANE_CONCURRENCY,
    extractionTimeoutMs: config.AI_WORKER_EXTRACTION_TIMEOUT_MS,
    maxWaitMs: config.AI_WORKER_MAX_WAIT_MS,
  });
  shutdown.add('engines', 'AI worker', () => Promise.resolve(client.close()));
  readiness?.register({
    name: 'ai-worker',
    required: false,
    check: (signal) => client.readiness(signal, CHECK_TIMEOUT_MS),
  });
  return client;
}
