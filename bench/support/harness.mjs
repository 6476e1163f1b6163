// Ours and a peer's work measured side by side in one run: CPU for a unit of work over all processes that take part,
// in rounds of alternating order, so that what else the machine does meets all of them alike.
import { cpus, loadavg } from 'node:os';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../scripts/bootstrap.mjs';

export const RESULTS = join(ROOT, 'bench', 'results');
/** A peer that varies more than this within one run says nothing. */
const MOST_SPREAD = 2;

/**
 * @typedef {{ name: string, work(units: number): Promise<number | void>, cpuMicros(): number | Promise<number> }} Side
 *   work: of as many; what it returns counts in their place
 * @typedef {{ median: number, least: number, most: number }} Spread
 * @typedef {{ case: string, unit: string, against: string, ours: Spread, peer: Spread, ratio: Spread,
 *   goal: number, better: 'less' | 'more' }} Comparison ours and peer: CPU, microseconds a unit; ratio: ours to the
 *   peer's, in CPU (`less` is better) or in units for a CPU second (`more` is)
 * @typedef {{ case: string, unit: string, ours: Spread, goal: number }} Bound what must not be more than the goal
 * @typedef {{ name: string, title: string, about: string, measured: string, machine: string, load: [number, number],
 *   comparisons: Comparison[], bounds: Bound[] }} Result
 */

/** @param {readonly number[]} values @returns {Spread} */
export function spreadOf(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, least: sorted[0], most: sorted[sorted.length - 1] };
}

/** A round's work is done in so many parts, the sides in turn after each: what disturbs one of them disturbs all. */
const PARTS = 8;

/**
 * Each side does the same work in each round; who begins alternates.
 * @param {readonly Side[]} sides ours first
 * @param {{ units: number, rounds: number, warmUp: number }} size
 * @returns {Promise<number[][]>} for each side its CPU microseconds a unit, round by round
 */
export async function measured(sides, { units, rounds, warmUp }) {
  if (warmUp > 0) for (const side of sides) await side.work(warmUp);
  /** @type {number[][]} */
  const samples = sides.map(() => []);
  const parts = Math.min(PARTS, units);
  const order = sides.map((_, at) => at);
  for (let round = 0; round < rounds; round += 1) {
    const spent = sides.map(() => 0);
    const done = sides.map(() => 0);
    for (let part = 0; part < parts; part += 1) {
      for (const at of order) {
        const before = await sides[at].cpuMicros();
        const count = Math.ceil(units / parts);
        done[at] += (await sides[at].work(count)) ?? count;
        spent[at] += (await sides[at].cpuMicros()) - before;
      }
      order.reverse();
    }
    // Of an odd number of parts each round would begin alike.
    if (parts % 2 === 0) order.reverse();
    spent.forEach((micros, at) => samples[at].push(micros / done[at]));
  }
  return samples;
}

/**
 * @param {{ case: string, unit: string, goals: Record<string, number>, better?: 'less' | 'more' }} what goals by the
 *   name of each peer
 * @param {readonly Side[]} sides ours first
 * @param {{ units: number, rounds: number, warmUp: number }} size
 * @returns {Promise<Comparison[]>}
 */
export async function compared({ goals, better = 'less', ...what }, sides, size) {
  const [ours, ...peers] = await measured(sides, size);
  return peers.map((peer, at) => {
    const against = sides[at + 1].name;
    const ratios = ours.map((own, round) => (better === 'less' ? own / peer[round] : peer[round] / own));
    const row = {
      ...what,
      against,
      ours: spreadOf(ours),
      peer: spreadOf(peer),
      ratio: spreadOf(ratios),
      goal: goals[against],
      better,
    };
    const spread = row.peer.most / row.peer.least;
    if (size.rounds > 1 && spread > MOST_SPREAD) {
      throw new Error(
        `${against} varied ${spread.toFixed(1)} times within the run (load ${loadavg()[0].toFixed(1)}): this machine ` +
          'has too much other work to measure on.',
      );
    }
    return row;
  });
}

/** @param {Comparison} row */
export const isReached = ({ ratio, goal, better }) => (better === 'less' ? ratio.median <= goal : ratio.median >= goal);

/** @returns {string} what it was measured on */
export function machine() {
  return `${cpus().length} × ${cpus()[0].model.trim()}, Node ${process.version}`;
}

/** @param {string} name @param {object} result of any kind */
export function keepAs(name, result) {
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(join(RESULTS, `${name}.json`), `${JSON.stringify(result, rounded, 2)}\n`);
}

/** @param {string} _ @param {unknown} value */
function rounded(_, value) {
  return typeof value === 'number' ? Number(value.toPrecision(4)) : value;
}

/** @param {string} name @returns {any} */
export function kept(name) {
  return JSON.parse(readFileSync(join(RESULTS, `${name}.json`), 'utf8'));
}
