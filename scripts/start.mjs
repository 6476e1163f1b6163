// npm start: what is missing first, then the program in this very process, so that signals reach it and its exit code
// is the command's.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { bootstrap, main, ROOT } from './bootstrap.mjs';

await main(async () => {
  await bootstrap({ quiet: true, toRun: true });
  createRequire(import.meta.url)(join(ROOT, 'dist/apps/api/src/main.js'));
});
