import 'reflect-metadata';
import { loadConfig } from '@vectorlane/config';
import { BootLogger } from '@vectorlane/logging';
import { ProcessEnd, ShutdownSequence } from '@vectorlane/shutdown';
import { describeBootFailure, requireFreePort } from '@vectorlane/http';
import { startApp } from './create-app';
import { greeting, showingLife } from './greeting';

/** Creates, listens, leaves on a signal; nothing else. */
async function main(end: ProcessEnd, shutdown: ShutdownSequence): Promise<void> {
  const config = loadConfig();
  // Before anything is opened or made: a start that cannot listen leaves nothing behind.
  await requireFreePort(config.PORT, config.HOST);
  const started = await showingLife(config, () => startApp(config, shutdown));
  end.through(started.app);
  process.stdout.write(greeting(config, started));
}

BootLogger.install();
const shutdown = new ShutdownSequence();
const end = new ProcessEnd(shutdown);
main(end, shutdown).catch((error: unknown) => end.bootFailed(describeBootFailure(error)));
