// How long a scrape of 5,000 series keeps the event loop from anything else: CPU of the longest turn, in a process of
// its own that does nothing else.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../scripts/bootstrap.mjs';
import { startContender } from '../support/contender.mjs';
import { spreadOf } from '../support/harness.mjs';

const SERIES = 5_000;
const ROUNDS = 15;
const GOAL_MS = 5;

/** @param {{ quick: boolean }} options @returns {Promise<Partial<import('../support/harness.mjs').Result>>} */
export async function run({ quick }) {
  const folder = mkdtempSync(join(tmpdir(), 'vectorlane-bench-'));
  const contender = await startContender(join(ROOT, 'bench/scrape/ours.mjs'), { log: join(folder, 'log') });
  try {
    const longest = [];
    // The first ones are compiled while they run.
    for (let round = quick ? 0 : -5; round < (quick ? 1 : ROUNDS); round += 1) {
      const { series, longestMs } = /** @type {{ series: number, longestMs: number }} */ (
        await contender.ask('scrape')
      );
      if (series < SERIES) throw new Error(`A scrape had ${series} series.`);
      if (round >= 0) longest.push(longestMs);
    }
    return {
      title: 'A scrape',
      about: `\`GET /metrics\` with ${SERIES.toLocaleString('en')} series: CPU of the longest turn of the event loop.`,
      bounds: [{ case: 'event loop blocked', unit: 'ms', ours: spreadOf(longest), goal: GOAL_MS }],
    };
  } finally {
    await contender.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
