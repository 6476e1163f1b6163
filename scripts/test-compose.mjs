// npm run test:compose: builds the images, runs the production stack on a Docker engine, uploads and searches, kills
// and freezes each service in turn, and takes everything down; ends with a table of what it saw. The base images come
// from their registry, or are stand-ins from packages where none is reached. Where no engine can be had it says so and
// ends 0. To work on the stack: TEST_COMPOSE_FOLDER keeps engine and images between runs, TEST_COMPOSE_BUILT=1 takes
// the images as they are, TEST_COMPOSE_FILE names one more compose file to put on top.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main, ROOT } from './bootstrap.mjs';
import { findEngine, NoEngineError } from './test-compose/engine.mjs';
import { provideImages } from './test-compose/images.mjs';
import { Report } from './test-compose/report.mjs';
import { exercise } from './test-compose/scenario.mjs';
import { Stack } from './test-compose/stack.mjs';

await main(async () => {
  const kept = process.env.TEST_COMPOSE_FOLDER;
  const folder = kept ?? mkdtempSync(join(tmpdir(), 'vectorlane-compose-'));
  mkdirSync(folder, { recursive: true });
  let engine;
  try {
    engine = await findEngine(folder);
  } catch (error) {
    if (!(error instanceof NoEngineError)) throw error;
    process.stdout.write(`Skipped: ${error.message}.\n`);
    return;
  }
  // The engine's data folder is full of mounts: it goes after the engine, and by the run that made it.
  let leaving = false;
  /** @param {number} code */
  const leave = async (code) => {
    if (leaving) return;
    leaving = true;
    await engine.stop();
    if (!kept) rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 500 });
    process.exit(code);
  };
  const report = new Report(engine);
  /** @type {Stack | undefined} */
  let stack;
  // Cut off by hand: what runs goes first, then the engine, as at the end of a whole run.
  /** @param {string} signal */
  const interrupted = async (signal) => {
    await stack?.down();
    await leave(signal === 'SIGINT' ? 130 : 143);
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void interrupted(signal));
  try {
    const images = await provideImages(engine, folder, report);
    if (images === undefined) return await leave(0);
    stack = await Stack.prepare(engine, folder, images, report);
    await exercise(stack, report);
  } catch (error) {
    report.failed('the run itself', error);
    if (stack) process.stderr.write(await stack.lastLogs());
  } finally {
    await stack?.down();
  }
  const table = report.table();
  process.stdout.write(`\n${table}\n`);
  mkdirSync(join(ROOT, '.cache'), { recursive: true });
  writeFileSync(join(ROOT, '.cache', 'test-compose.md'), `${table}\n`);
  await leave(report.ok ? 0 : 1);
});
