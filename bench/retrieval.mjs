// Retrieval quality on a test collection in the Cranfield format, per mode, and for ways of fusing the two lists.
// node bench/retrieval.mjs <folder with cran.all.1400, cran.qry, cranqrel>
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inParallel, startService } from './support/service.mjs';

/** @typedef {{ id: string, score: number }} Hit */
/** @typedef {(vector: Hit[], keyword: Hit[]) => string[]} Fusion */

const folder = process.argv[2];
if (!folder) {
  process.stderr.write('Usage: node bench/retrieval.mjs <folder of a collection in the Cranfield format>\n');
  process.exit(2);
}
const DEPTH = 100;

/** @param {string} file */
function records(file) {
  return readFileSync(join(folder, file), 'latin1')
    .split(/^\.I /m)
    .slice(1)
    .map((record) => {
      const sections = record.split(/^\.([TABWX])\s*$/m);
      /** @type {Record<string, string>} */
      const fields = { id: sections[0].trim() };
      for (let index = 1; index < sections.length; index += 2) fields[sections[index]] = sections[index + 1].trim();
      return fields;
    });
}

const documents = records('cran.all.1400').filter(({ W }) => W);
const queries = records('cran.qry').map(({ W }, index) => ({ number: index + 1, text: W.replaceAll('\n', ' ') }));
const relevant = new Map();
for (const line of readFileSync(join(folder, 'cranqrel'), 'utf8').trim().split('\n')) {
  const [query, document, code] = line.trim().split(/\s+/);
  if (code === '-1') continue;
  relevant.set(Number(query), (relevant.get(Number(query)) ?? new Set()).add(document));
}

/** @param {string[]} ranked @param {Set<string>} wanted */
const ndcg10 = (ranked, wanted) => {
  const gain = ranked.slice(0, 10).reduce((sum, id, index) => sum + (wanted.has(id) ? 1 / Math.log2(index + 2) : 0), 0);
  let ideal = 0;
  for (let index = 0; index < Math.min(10, wanted.size); index += 1) ideal += 1 / Math.log2(index + 2);
  return gain / ideal;
};
/** @param {string[]} ranked @param {Set<string>} wanted */
const recall100 = (ranked, wanted) => ranked.slice(0, 100).filter((id) => wanted.has(id)).length / wanted.size;

/**
 * Weights are relative to the vector list's; `graded` votes count as far as their score says.
 * @param {number} k
 * @param {number} weight
 * @param {boolean} graded
 * @returns {Fusion}
 */
const rrf = (k, weight, graded) => (vector, keyword) => {
  const scores = new Map();
  vector.forEach(({ id }, index) => scores.set(id, 1 / (k + index + 1)));
  keyword.forEach(({ id, score }, index) =>
    scores.set(id, (scores.get(id) ?? 0) + (weight * (graded ? score : 1)) / (k + index + 1)),
  );
  return [...scores].sort((a, b) => b[1] - a[1]).map(([id]) => id);
};
/** @param {number} weight @returns {Fusion} */
const minMax = (weight) => (vector, keyword) => {
  const scores = new Map();
  for (const { list, share } of [
    { list: vector, share: weight },
    { list: keyword, share: 1 - weight },
  ]) {
    const all = list.map(({ score }) => score);
    const [low, high] = [Math.min(...all), Math.max(...all)];
    for (const { id, score } of list)
      scores.set(id, (scores.get(id) ?? 0) + (share * (score - low)) / (high - low || 1));
  }
  return [...scores].sort((a, b) => b[1] - a[1]).map(([id]) => id);
};

const service = await startService({ FAST_LANE_CONCURRENCY: '4' });
try {
  const startedAt = performance.now();
  await inParallel(documents, 8, ({ id, T, W }) =>
    service.call('/api/documents', { text: `${T ?? ''}\n\n${W}`, filename: `${id}.txt`, metadata: { id } }),
  );
  await service.untilIdle();
  process.stdout.write(`${documents.length} documents in ${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`);

  const results = new Map();
  /** @param {string} name @param {{ number: number, text: string }} query @param {string[]} ranked */
  const record = (name, query, ranked) => {
    const wanted = relevant.get(query.number);
    if (!wanted) return;
    const row = results.get(name) ?? { ndcg: [], recall: [] };
    row.ndcg.push(ndcg10(ranked, wanted));
    row.recall.push(recall100(ranked, wanted));
    results.set(name, row);
  };
  /** @param {string} text @param {'vector' | 'keyword' | 'hybrid'} mode @returns {Promise<Hit[]>} */
  const ask = async (text, mode) => {
    const { results: hits } = await service.call('/api/search', { query: text, mode, topK: DEPTH });
    const seen = new Map();
    for (const { score, metadata } of hits) if (!seen.has(metadata.document.id)) seen.set(metadata.document.id, score);
    return [...seen].map(([id, score]) => ({ id, score }));
  };
  for (const query of queries) {
    const vector = await ask(query.text, 'vector');
    const keyword = await ask(query.text, 'keyword');
    const hybrid = await ask(query.text, 'hybrid');
    record(
      'vector',
      query,
      vector.map(({ id }) => id),
    );
    record(
      'keyword',
      query,
      keyword.map(({ id }) => id),
    );
    record(
      'hybrid (as shipped)',
      query,
      hybrid.map(({ id }) => id),
    );
    for (const k of [10, 20, 60]) {
      record(`rank fusion k=${k}, keyword 0.43`, query, rrf(k, 0.43, false)(vector, keyword));
      for (const weight of [1, 1.5, 2]) {
        record(`graded rank fusion k=${k}, keyword ${weight}`, query, rrf(k, weight, true)(vector, keyword));
      }
    }
    for (const weight of [0.5, 0.6, 0.7, 0.8])
      record(`score fusion vector=${weight}`, query, minMax(weight)(vector, keyword));
  }
  /** @param {number[]} values */
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  process.stdout.write('| ranking | nDCG@10 | recall@100 |\n|---|---|---|\n');
  for (const [name, { ndcg, recall }] of results)
    process.stdout.write(`| ${name} | ${mean(ndcg).toFixed(4)} | ${mean(recall).toFixed(4)} |\n`);
} finally {
  await service.stop();
}
