import '@vectorlane/signals';
import 'reflect-metadata';
import { loadConfig } from '@vectorlane/config';
import { describeBootFailure } from '@vectorlane/http';
import { ProcessEnd, ShutdownSequence } from '@vectorlane/shutdown';
import { startWorker } from './create-worker';

/** Creates, listens, leaves on a signal; nothing else. */
async function main(end: ProcessEnd, shutdown: ShutdownSequence): Promise<void> {
  const { app } = await startWorker(loadConfig(), shutdown);
  end.through(app);
}

const shutdown = new ShutdownSequence();
const end = new ProcessEnd(shutdown);
main(end, shutdown).catch((error: unknown) => end.bootFailed(describeBootFailure(error)));
