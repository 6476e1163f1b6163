// Starts the command line client in this process: built first where it is missing or out of date.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { bootstrap, main, ROOT } from './bootstrap.mjs';

await main(async () => {
  await bootstrap({ quiet: true, toRun: true });
  /** @type {typeof import('../apps/cli/src/main.js')} */
  const { runFromProcess } = createRequire(import.meta.url)(join(ROOT, 'dist/apps/cli/src/main.js'));
  await runFromProcess();
});
