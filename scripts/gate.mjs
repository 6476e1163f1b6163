// The gate (bash .ci/run): every part that must pass before a change is taken, on a clean clone, ended by one line of
// counts. `--full` (npm run test:full) is the same with everything at full size, one part after the other. `--note`
// writes the seconds of this run to .ci/seconds.json, which later runs are compared with.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { environment, NotPossible } from './ai-worker/environment.mjs';
import { bootstrap, BootstrapError, main, ROOT } from './bootstrap.mjs';
import { runPart } from './gate/part.mjs';
import { installForTests } from './test-servers/packages.mjs';

const SECONDS = join(ROOT, '.ci', 'seconds.json');
/** A part that takes this much longer than noted is named; what takes a few seconds varies by itself. */
const GROWN = 4 / 3;
const GROWN_BY_S = 10;

/** @param {string} script */
const npm = (script) => ['npm', 'run', '--silent', script];

/**
 * @typedef {{ name: string, command: string[], minutes: number, needs?: 'python' | 'servers' }} Part
 * @typedef {{ build: Promise<void>, python: Promise<void>, servers: Promise<void> }} Preparation
 */

/**
 * What may run side by side stands in different lanes: the second one waits more than it computes.
 * @type {Part[][]}
 */
const LANES = [
  [
    { name: 'npm test', command: npm('test'), minutes: 25 },
    { name: 'npm run check', command: npm('check'), minutes: 10 },
  ],
  [
    { name: 'npm run test:server', command: npm('test:server'), minutes: 25, needs: 'servers' },
    { name: 'npm run test:chaos', command: npm('test:chaos'), minutes: 15, needs: 'servers' },
    { name: 'npm run test:ai-worker', command: npm('test:ai-worker'), minutes: 15, needs: 'python' },
  ],
];
/** For all of it, on a machine that is busy with other work too. */
const LIMIT_MINUTES = 50;
const FULL_LIMIT_MINUTES = 240;

await main(async () => {
  const full = process.argv.includes('--full');
  const gate = new Gate(full ? FULL_LIMIT_MINUTES : LIMIT_MINUTES);
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => gate.interrupt());
  const ready = prepare(gate);
  await ready.build;
  const lanes = full ? [LANES.flat()] : LANES;
  await Promise.all(
    lanes.map(async (parts) => {
      for (const { needs, ...part } of parts) {
        if (needs !== undefined) await ready[needs];
        await gate.run({ ...part, env: full ? { TEST_FULL: '1' } : {} });
      }
    }),
  );
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

class Gate {
  startedAt = Date.now();
  /** @type {Record<string, number>} */
  seconds = {};
  counts = { passed: 0, failed: 0, skipped: 0 };
  broken = false;
  interrupted = new AbortController();

  /** @param {number} limitMinutes */
  constructor(limitMinutes) {
    this.endsAt = this.startedAt + limitMinutes * 60_000;
  }

  interrupt() {
    this.broken = true;
    this.interrupted.abort();
  }

  /**
   * @template T
   * @param {string} name
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  async timed(name, work) {
    const startedAt = Date.now();
    const result = await work();
    this.seconds[name] = Math.round((Date.now() - startedAt) / 1000);
    return result;
  }

  /** @param {Part & { env: NodeJS.ProcessEnv }} part */
  async run({ name, command, minutes, env }) {
    if (this.interrupted.signal.aborted) return;
    process.stdout.write(`── ${name} …\n`);
    const timeoutMs = Math.max(1_000, Math.min(minutes * 60_000, this.endsAt - Date.now()));
    const part = await this.timed(name, () => runPart(command, { env, timeoutMs, signal: this.interrupted.signal }));
    process.stdout.write(`── ${name}, ${this.seconds[name]} s\n${part.output}\n`);
    if (part.code !== 0) this.broken = true;
    if (part.counts === undefined) process.stdout.write(`"${name}" gave no closing line.\n`);
    const { passed, failed, skipped } = part.counts ?? { passed: 0, failed: 1, skipped: 0 };
    this.counts = {
      passed: this.counts.passed + passed,
      failed: this.counts.failed + failed,
      skipped: this.counts.skipped + skipped,
    };
  }

  /**
   * Prints what it took and the closing line.
   * @param {{ compare: boolean, note: boolean }} options
   * @returns {number} exit code
   */
  close({ compare, note }) {
    this.seconds['in all'] = Math.round((Date.now() - this.startedAt) / 1000);
    const { parts: noted } = /** @type {{ parts: Record<string, number> }} */ (
      JSON.parse(readFileSync(SECONDS, 'utf8'))
    );
    for (const [name, seconds] of Object.entries(this.seconds)) {
      const before = noted[name];
      const grown = compare && before !== undefined && seconds > Math.max(before * GROWN, before + GROWN_BY_S);
      process.stdout.write(
        `${String(seconds).padStart(5)} s  ${name}${grown ? `  WARNING: a third more than the ${before} s noted` : ''}\n`,
      );
    }
    if (note) {
      const file = { measured: new Date().toISOString().slice(0, 10), parts: this.seconds };
      writeFileSync(SECONDS, `${JSON.stringify(file, null, 2)}\n`);
    }
    const { passed, failed, skipped } = this.counts;
    process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
    return this.broken || failed > 0 ? 1 : 0;
  }
}
