// What the parts of one gate come to: their seconds, their counts and the closing line.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../bootstrap.mjs';
import { runPart } from './part.mjs';

const SECONDS = join(ROOT, '.ci', 'seconds.json');
/** A part that takes this much longer than noted is named; what takes a few seconds varies by itself. */
const GROWN = 4 / 3;
const GROWN_BY_S = 10;

/** @typedef {{ name: string, command: string[], minutes: number }} Part */

export class Gate {
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
