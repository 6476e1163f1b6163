// Do searches, status and probes go on answering while a document of 500 chunks is being stored? Latencies of each in
// three states of one run: at rest, while storing, at rest again. node bench/while-storing.mjs
import { quantile, startService } from './support/service.mjs';

const ROUNDS_AT_REST = 100;

/** About 500 chunks of running prose. */
function longText() {
  const subjects = [
    'The keeper',
    'A river',
    'The old bridge',
    'Her notebook',
    'The committee',
    'A northern wind',
    'The engine',
    'His brother',
  ];
  const verbs = ['carries', 'forgets', 'measures', 'repairs', 'describes', 'follows', 'weighs', 'answers'];
  const objects = [
    'the long account of the harvest',
    'a box of brass fittings',
    'every stone of the quay',
    'the smell of rain',
    'nine letters',
    'the slow clock',
  ];
  const sentences = [];
  for (let index = 0; sentences.length < 8_200; index += 1) {
    sentences.push(`${subjects[index % 8]} ${verbs[(index * 3) % 8]} ${objects[(index * 5) % 6]} on day ${index}.`);
  }
  return sentences.join(' ');
}

const service = await startService();
try {
  const small = await service.call('/api/documents/text', { text: 'A lighthouse keeper trims the lamp at dusk.' });
  await service.untilIdle();

  const probes = {
    'search (hybrid)': () => service.call('/api/search', { query: `who looks after the lamp ${Math.random()}?` }),
    'search (keyword)': () => service.call('/api/search', { query: 'lighthouse keeper', mode: 'keyword' }),
    status: () => service.call(`/api/documents/${small.id}`),
    '/ready': () => service.call('/ready'),
  };
  /** @param {(round: number) => boolean | Promise<boolean>} goOn @returns {Promise<Record<string, number[]>>} */
  const measure = async (goOn) => {
    /** @type {Record<string, number[]>} */
    const times = Object.fromEntries(Object.keys(probes).map((name) => [name, []]));
    for (let round = 0; await goOn(round); round += 1) {
      for (const [name, probe] of Object.entries(probes)) {
        const startedAt = performance.now();
        await probe();
        times[name].push(performance.now() - startedAt);
      }
    }
    return times;
  };

  const before = await measure((round) => round < ROUNDS_AT_REST);
  const startedAt = performance.now();
  const { id } = await service.call('/api/documents/text', { text: longText(), filename: 'long.txt' });
  /** @type {{ status: string, chunkCount?: number }} */
  let document = { status: 'pending' };
  const during = await measure(async () => {
    document = await service.call(`/api/documents/${id}`);
    return document.status === 'pending' || document.status === 'processing';
  });
  const seconds = (performance.now() - startedAt) / 1000;
  const after = await measure((round) => round < ROUNDS_AT_REST);

  if (document.status !== 'completed') throw new Error(JSON.stringify(document));
  process.stdout.write(`${document.chunkCount} chunks stored in ${seconds.toFixed(1)} s under constant requests\n\n`);
  process.stdout.write(
    '| request | at rest p50 / p95 | while storing p50 / p95 / max | requests | at rest again p50 / p95 |\n|---|---|---|---|---|\n',
  );
  /** @param {number[]} values @param {number} share */
  const ms = (values, share) => `${quantile(values, share).toFixed(0)} ms`;
  for (const name of Object.keys(probes)) {
    process.stdout.write(
      `| ${name} | ${ms(before[name], 0.5)} / ${ms(before[name], 0.95)} | ${ms(during[name], 0.5)} / ${ms(during[name], 0.95)} / ${ms(during[name], 1)} | ${during[name].length} | ${ms(after[name], 0.5)} / ${ms(after[name], 0.95)} |\n`,
    );
  }
} finally {
  await service.stop();
}
