// npm run bench [-- names] [--quick]: measures us against others and writes what it found to bench/results and
// docs/performance.md. --quick does each work once, to see that it is the same on both sides, and writes nothing.
// --large and --minutes=30 are for single ones. The name of a program in this folder runs that with the arguments
// behind it: npm run bench -- retrieval <folder>.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { bootstrap, main, ROOT } from '../scripts/bootstrap.mjs';
import { isReached, keepAs, machine } from './support/harness.mjs';
import { writePerformancePage } from './support/performance-page.mjs';

/** @typedef {Partial<import('./support/harness.mjs').Result>} Found */
/**
 * @typedef {{ quick: boolean, large: boolean, minutes: number }} Options large: 100,000 documents in `scale`; minutes:
 *   of `soak`
 */
/** @typedef {(options: Options) => Promise<Found>} Run */
/** @typedef {{ name: string, isCheap: boolean, load: () => Promise<{ run: Run }> }} Bench */

/** `isCheap`: it takes part in --quick, as all do in the full gate. @type {readonly Bench[]} */
const BENCHES = [
  { name: 'http', isCheap: true, load: () => import('./http/bench.mjs') },
  { name: 'scrape', isCheap: true, load: () => import('./scrape/bench.mjs') },
  { name: 'embed', isCheap: true, load: () => import('./embed/bench.mjs') },
  { name: 'ingest', isCheap: false, load: () => import('./ingest/bench.mjs') },
  { name: 'upload', isCheap: false, load: () => import('./upload/bench.mjs') },
  { name: 'scale', isCheap: false, load: () => import('./scale/bench.mjs') },
  { name: 'soak', isCheap: false, load: () => import('./soak/bench.mjs') },
];

await main(async () => {
  await bootstrap({ quiet: true });
  const args = process.argv.slice(2);
  const alone = programOf(args[0]);
  if (alone !== undefined) {
    const { status } = spawnSync(process.execPath, [alone, ...args.slice(1)], { stdio: 'inherit' });
    process.exit(status ?? 1);
  }
  const quick = args.includes('--quick');
  const minutes = Number(args.find((arg) => arg.startsWith('--minutes='))?.split('=')[1] ?? 30);
  const options = { quick, large: args.includes('--large'), minutes };
  const names = args.filter((arg) => !arg.startsWith('--'));
  const unknown = names.find((name) => !BENCHES.some((bench) => bench.name === name));
  if (unknown !== undefined) {
    throw new Error(`There is no benchmark ${unknown}: ${BENCHES.map(({ name }) => name).join(', ')}.`);
  }
  const isFull = !quick || process.env.TEST_FULL === '1';
  const chosen = BENCHES.filter(({ name, isCheap }) => (names.length > 0 ? names.includes(name) : isFull || isCheap));
  const counts = { passed: 0, failed: 0 };
  for (const { name, load } of chosen) {
    const before = loadavg()[0];
    try {
      const bench = await load();
      const found = await bench.run(options);
      const load1 = /** @type {[number, number]} */ ([before, loadavg()[0]]);
      const result = complete(name, found, load1);
      if (!quick) keepAs(name, result);
      tell(result, quick);
      counts.passed += 1;
    } catch (error) {
      counts.failed += 1;
      process.stdout.write(`FAILED ${name}\n${error instanceof Error ? error.stack : String(error)}\n`);
    }
  }
  if (!quick && counts.passed > 0) await writePerformancePage();
  process.stdout.write(`${counts.passed} passed, ${counts.failed} failed\n`);
  process.exit(counts.failed > 0 ? 1 : 0);
});

/** @param {string} [name] @returns {string | undefined} what takes arguments of its own and prints what it finds */
function programOf(name) {
  if (name === undefined || !/^[a-z-]+$/.test(name) || name === 'run') return undefined;
  const path = join(ROOT, 'bench', `${name}.mjs`);
  return existsSync(path) ? path : undefined;
}

/**
 * @param {string} name @param {Found} found @param {[number, number]} load
 * @returns {import('./support/harness.mjs').Result}
 */
function complete(name, { title, about, comparisons = [], bounds = [] }, load) {
  if (!title || !about) throw new Error(`${name} does not say what it measures.`);
  const numbers = [
    ...comparisons.flatMap(({ ours, peer, ratio }) => [ours, peer, ratio]),
    ...bounds.map(({ ours }) => ours),
  ];
  if (numbers.length === 0 || numbers.some(({ median }) => !Number.isFinite(median) || median < 0)) {
    throw new Error(`${name} has no numbers, or some that are none: ${JSON.stringify(numbers)}`);
  }
  const measured = new Date().toISOString().slice(0, 10);
  return { name, title, about, measured, machine: machine(), load, comparisons, bounds };
}

/** @param {import('./support/harness.mjs').Result} result @param {boolean} quick */
function tell({ name, load, comparisons, bounds }, quick) {
  if (quick) {
    process.stdout.write(`ok     ${name}: ${comparisons.length + bounds.length} kinds of work are the same\n`);
    return;
  }
  process.stdout.write(`${name}, load ${load.map((one) => one.toFixed(1)).join(' to ')}\n`);
  for (const row of comparisons) {
    const { ours, peer, ratio, goal, better } = row;
    process.stdout.write(
      `  ${row.case}: ${ours.median.toFixed(1)} µs of CPU a ${row.unit}, ${row.against} ${peer.median.toFixed(1)}; ratio ` +
        `${ratio.median.toFixed(2)} (${ratio.least.toFixed(2)} to ${ratio.most.toFixed(2)}), goal ` +
        `${better === 'less' ? '≤' : '≥'} ${goal}${isReached(row) ? '' : ': missed'}\n`,
    );
  }
  for (const { case: of, unit, ours, goal } of bounds) {
    const missed = ours.median > goal ? ': missed' : '';
    process.stdout.write(`  ${of}: ${ours.median.toFixed(2)} ${unit}, goal ≤ ${goal}${missed}\n`);
  }
}
