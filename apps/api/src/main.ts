import '@vectorlane/signals';
import 'reflect-metadata';
import { loadConfig } from '@vectorlane/config';
import { ProcessEnd, ShutdownSequence } from '@vectorlane/shutdown';
import { describeBootFailure } from '@vectorlane/http';
import { startApp } from './create-app';
import { greeting } from './greeting';

/** Creates, listens, leaves on a signal; nothing else. */
async function main(end: ProcessEnd, shutdown: ShutdownSequence): Promise<void> {
  const config = loadConfig();
  const started = await startApp(config, shutdown);
  end.through(started.app);
  greeting(config, started);
}

const shutdown = new ShutdownSequence();
const end = new ProcessEnd(shutdown);
main(end, shutdown).catch((error: unknown) => end.bootFailed(describeBootFailure(error)));
