// The gate (bash .ci/run): every part that must pass before a change is taken, on a clean clone, ended by one line of
// counts. `--full` (npm run test:full) is the same with everything at full size, one part after the other. `--note`
// writes the seconds of this run to .ci/seconds.json, which later runs are compared with.
import { environment, NotPossible } from './ai-worker/environment.mjs';
import { bootstrap, BootstrapError, main } from './bootstrap.mjs';
import { Gate } from './gate/gate.mjs';
import { installForTests } from './test-servers/packages.mjs';

/** @param {string} script */
const npm = (script) => ['npm', 'run', '--silent', script];

/**
 * @typedef {import('./gate/gate.mjs').Part & { needs?: 'python' | 'servers' }} NeedyPart
 * @typedef {{ build: Promise<void>, python: Promise<void>, servers: Promise<void> }} Preparation
 */

/**
 * What may run side by side stands in different lanes, which take about as long.
 * @type {NeedyPart[][]}
 */
const LANES = [
  [{ name: 'npm test', command: npm('test'), minutes: 51 }],
  [
    { name: 'npm run test:server', command: npm('test:server'), minutes: 51, needs: 'servers' },
    { name: 'npm run test:ai-worker', command: npm('test:ai-worker'), minutes: 15, needs: 'python' },
    { name: 'npm run test:protocols', command: npm('test:protocols'), minutes: 60 },
    { name: 'npm run bench -- --quick', command: [...npm('bench'), '--', '--quick'], minutes: 10 },
    { name: 'npm run check', command: npm('check'), minutes: 10 },
  ],
];
/**
 * It says how soon requests are answered and what the processes log meanwhile: nothing runs beside it.
 * @type {NeedyPart}
 */
const ALONE = { name: 'npm run test:chaos', command: npm('test:chaos'), minutes: 15, needs: 'servers' };
/** For all of it, on a machine that is busy with other work too. */
const LIMIT_MINUTES = 60;
const FULL_LIMIT_MINUTES = 600;

await main(async () => {
  const full = process.argv.includes('--full');
  const gate = new Gate(full ? FULL_LIMIT_MINUTES : LIMIT_MINUTES);
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => gate.interrupt());
  const ready = prepare(gate);
  await ready.build;
  /** @param {NeedyPart[]} parts */
  const inTurn = async (parts) => {
    for (const { needs, ...part } of parts) {
      if (needs !== undefined) await ready[needs];
      await gate.run(full ? { ...part, minutes: FULL_LIMIT_MINUTES, env: { TEST_FULL: '1' } } : { ...part, env: {} });
    }
  };
  await Promise.all((full ? [LANES.flat()] : LANES).map(inTurn));
  await inTurn([ALONE]);
  process.exit(gate.close({ compare: !full, note: process.argv.includes('--note') }));
});

/**
 * Starts all that is slow to install at once. What cannot be had here is told by the part that needs it.
 * @param {Gate} gate
 * @returns {Preparation}
 */
function prepare(gate) {
  /** @param {unknown} error */
  const told = (error) => {
    if (!(error instanceof BootstrapError || error instanceof NotPossible)) throw error;
    process.stdout.write(`${error.message}\n`);
  };
  return {
    build: gate.timed('install and build', () => bootstrap({ quiet: true })),
    python: gate.timed('packages of the AI worker', async () => {
      await environment({ withTools: true }).catch(told);
    }),
    servers: gate.timed('packages of the servers', () => installForTests().catch(told)),
  };
}
