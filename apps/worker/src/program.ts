import 'reflect-metadata';
import { loadConfig } from '@vectorlane/config';
import { describeBootFailure, requireFreePort } from '@vectorlane/http';
import { BootLogger } from '@vectorlane/logging';
import { ProcessEnd, ShutdownSequence } from '@vectorlane/shutdown';
import { startWorker } from './create-worker';

/** Creates, listens, leaves on a signal; nothing else. */
async function main(end: ProcessEnd, shutdown: ShutdownSequence): Promise<void> {
  const config = loadConfig();
  await requireFreePort(config.WORKER_PORT, config.HOST);
  const { app } = await startWorker(config, shutdown);
  end.through(app);
}

BootLogger.install();
const shutdown = new ShutdownSequence();
const end = new ProcessEnd(shutdown);
main(end, shutdown).catch((error: unknown) => end.bootFailed(describeBootFailure(error)));
