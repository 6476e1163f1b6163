// What a vector costs by our way beside a bare loop over ONNX Runtime: the same weights, the same texts.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../scripts/bootstrap.mjs';
import { startContender } from '../support/contender.mjs';
import { compared } from '../support/harness.mjs';
import { openModel } from '../support/model.mjs';
import { documentOf, MIX_DOCUMENTS } from '../support/texts.mjs';
import { sameVectors } from './same-vectors.mjs';

const RAW = 'ONNX Runtime';
const GOAL = 0.97;
const FULL = { units: 160, rounds: 9, warmUp: 24 };
const QUICK = { units: 2, rounds: 1, warmUp: 0 };

/** @param {{ quick: boolean }} options @returns {Promise<Partial<import('../support/harness.mjs').Result>>} */
export async function run({ quick }) {
  const folder = mkdtempSync(join(tmpdir(), 'vectorlane-bench-'));
  const log = join(folder, 'log');
  /** @type {import('../support/contender.mjs').Contender[]} */
  const started = [];
  try {
    const { chunksOf } = await openModel(join(folder, 'models'));
    const texts = [];
    for (let number = 0; number < (quick ? 2 : 8 * MIX_DOCUMENTS); number += 1) {
      texts.push(...(await chunksOf(documentOf(number))));
    }
    const programs = [
      { name: 'ours', script: 'ours', data: folder },
      { name: RAW, script: 'raw', data: join(folder, 'models') },
    ];
    const sides = [];
    for (const { name, script, data } of programs) {
      const contender = await startContender(join(ROOT, `bench/embed/${script}.mjs`), { log, args: [data] });
      started.push(contender);
      await contender.ask('texts', texts);
      let next = 0;
      const work = async (/** @type {number} */ count) => {
        const numbers = Array.from({ length: count }, (_, at) => (next + at) % texts.length);
        next += count;
        await contender.ask('embed', numbers);
      };
      sides.push({ name, work, cpuMicros: contender.cpuMicros });
    }
    const some = texts.slice(0, quick ? 2 : 24).keys();
    const numbers = [...some];
    const [ours, raw] = await Promise.all(started.map((one) => one.ask('vectors', numbers)));
    sameVectors(ours, raw);
    const size = quick ? QUICK : FULL;
    return {
      title: 'A vector',
      about:
        'Chunks of documents of all sizes, as ingestion makes them, through the provider with its queue, tokeniser and ' +
        'one model thread, beside a loop that runs the same int8 weights over tokens made beforehand, on one thread.',
      comparisons: await compared(
        { case: 'embedding', unit: 'chunk', goals: { [RAW]: GOAL }, better: 'more' },
        sides,
        size,
      ),
    };
  } finally {
    await Promise.all(started.map((one) => one.stop()));
    rmSync(folder, { recursive: true, force: true });
  }
}
