import 'reflect-metadata';
import { loadConfig } from '@vectorlane/config';
import { startApp } from './create-app';
import { greeting } from './greeting';
import { exitOnSignals, reportBootFailure } from './process';

/** Creates, listens, leaves on a signal; nothing else. */
async function main(): Promise<void> {
  const config = loadConfig();
  const started = await startApp(config);
  exitOnSignals(started.app);
  greeting(config, started);
}

main().catch(reportBootFailure);
