// npm run test:protocols: clients and suites that others have written, against one running service. With TEST_FULL=1
// schemathesis makes many more requests, and tries every boundary of the schemas. Words after it name suites to run.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environmentOfProtocols, NotPossible } from './ai-worker/environment.mjs';
import { bootstrap, BootstrapError, main } from './bootstrap.mjs';
import { installLocked } from './bootstrap/locked-packages.mjs';
import { startService } from './test-protocols/service.mjs';
import { SUITES } from './test-protocols/suites.mjs';
import { attempt } from './test-servers/process.mjs';

const TIMEOUT_MS = 5 * 60_000;
/** Of what a suite printed, where it held; the cases that schemathesis made stand above its warnings. */
const LAST_LINES = 1;
const CASES = /\d+ generated.*/;

// With an exit, and not by the signal alone: what was started is ended by it.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(signal === 'SIGINT' ? 130 : 143));

await main(async () => {
  const full = process.env.TEST_FULL === '1';
  const words = process.argv.slice(2);
  await bootstrap({ quiet: true });
  const python = await pythonOrNothing();
  const chosen = SUITES.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const folder = mkdtempSync(join(tmpdir(), 'vectorlane-protocols-'));
  const service = await startService(folder);
  try {
    for (const suite of chosen) {
      const { name } = suite;
      if (suite.needsPython && python === undefined) {
        counts.skipped += 1;
        continue;
      }
      const startedAt = Date.now();
      // What it makes up follows from what it finds: nothing but its own.
      const own = suite.isAlone ? await startService(mkdtempSync(join(folder, 'alone-')), folder) : undefined;
      const scene = { service: own ?? service, folder, python, suites: installSuites, run, full };
      const { held, told } = await suite.work(scene).then(
        (output) => ({ held: true, told: lastWords(output) }),
        (/** @type {unknown} */ error) => ({
          held: false,
          told: error instanceof Error ? error.message : String(error),
        }),
      );
      await own?.stop();
      counts[held ? 'passed' : 'failed'] += 1;
      const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
      process.stdout.write(`${held ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)\n${told}\n`);
    }
  } finally {
    await service.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  const { passed, failed, skipped } = counts;
  process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
  process.exit(failed > 0 ? 1 : 0);
});

/** @param {string} output */
function lastWords(output) {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  return CASES.exec(output)?.[0] ?? lines.slice(-LAST_LINES).join('\n');
}

function installSuites() {
  return installLocked('test/protocols', 'protocols-npm');
}

/** @type {import('./test-protocols/suites.mjs').Run} */
async function run(command, args, { cwd, env, timeoutMs = TIMEOUT_MS } = {}) {
  const { code, output } = await attempt(command, args, {
    cwd,
    timeoutMs,
    env: { PYTHONDONTWRITEBYTECODE: '1', ...env },
  });
  if (code !== 0) throw new BootstrapError(output.slice(-20_000));
  return output;
}

async function pythonOrNothing() {
  try {
    return await environmentOfProtocols();
  } catch (error) {
    if (!(error instanceof NotPossible)) throw error;
    process.stdout.write(`${error.message}\n`);
    return undefined;
  }
}
