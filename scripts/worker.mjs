// npm run worker: a process that works the lanes of a deployment with servers, with probes and metrics on WORKER_PORT.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { bootstrap, main, ROOT } from './bootstrap.mjs';

await main(async () => {
  await bootstrap({ quiet: true, toRun: true });
  createRequire(import.meta.url)(join(ROOT, 'dist/apps/worker/src/main.js'));
});
