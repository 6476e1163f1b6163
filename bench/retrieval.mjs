// Retrieval quality on a test collection in the Cranfield format, per mode, and how often a phrase that is copied from
// a document finds a passage that holds it. node bench/retrieval.mjs <folder with cran.all.1400, cran.qry, cranqrel>
import { mean, ndcg10, readCranfield } from './support/cranfield.mjs';
import { inParallel, startService } from './support/service.mjs';

const folder = process.argv[2];
if (!folder) {
  process.stderr.write('Usage: node bench/retrieval.mjs <folder of a collection in the Cranfield format>\n');
  process.exit(2);
}
const DEPTH = 100;
const MODES = /** @type {const} */ (['vector', 'keyword', 'hybrid']);

const { documents, questions, relevant } = readCranfield(folder);

/** @param {string[]} ranked @param {Set<string>} wanted */
const recall100 = (ranked, wanted) => ranked.slice(0, 100).filter((id) => wanted.has(id)).length / wanted.size;

const PHRASES = 500;
let state = 42;
const random = () => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32;
};
/** Six to ten words in a row of some document, as somebody would copy them. */
const phrase = () => {
  for (;;) {
    const words = documents[Math.floor(random() * documents.length)].text.split(/\s+/);
    const length = 6 + Math.floor(random() * 5);
    const from = Math.floor(random() * (words.length - length));
    if (from >= 0) return words.slice(from, from + length).join(' ');
  }
};
/** @param {string} text */
const plain = (text) =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim();

/**
 * Paired bootstrap: how far a mean difference would move with other questions.
 * @param {number[]} differences
 */
const interval = (differences) => {
  const means = Array.from({ length: 2_000 }, () => {
    let sum = 0;
    for (let draw = 0; draw < differences.length; draw += 1) {
      sum += differences[Math.floor(random() * differences.length)];
    }
    return sum / differences.length;
  }).sort((x, y) => x - y);
  return [means[50], means[1_949]].map((mean) => mean.toFixed(4)).join(' to ');
};

const service = await startService({ FAST_LANE_CONCURRENCY: '4' });
try {
  const startedAt = performance.now();
  await inParallel(documents, 8, ({ id, title, text }) =>
    service.call('/api/documents/text', { text: `${title}\n\n${text}`, filename: `${id}.txt`, metadata: { id } }),
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
  /** @param {string} text @param {'vector' | 'keyword' | 'hybrid'} mode @returns {Promise<string[]>} */
  const ask = async (text, mode) => {
    /** @type {{ results: { metadata: { document: { id: string } } }[] }} */
    const { results: hits } = await service.call('/api/search', { query: text, mode, topK: DEPTH });
    return [...new Set(hits.map((hit) => hit.metadata.document.id))];
  };
  for (const query of questions) {
    for (const mode of MODES) record(mode, query, await ask(query.text, mode));
  }
  process.stdout.write('| ranking | nDCG@10 | recall@100 |\n|---|---|---|\n');
  for (const [name, { ndcg, recall }] of results)
    process.stdout.write(`| ${name} | ${mean(ndcg).toFixed(4)} | ${mean(recall).toFixed(4)} |\n`);
  for (const half of /** @type {const} */ (['vector', 'keyword'])) {
    const differences = results
      .get('hybrid')
      .ndcg.map((/** @type {number} */ value, /** @type {number} */ index) => value - results.get(half).ndcg[index]);
    process.stdout.write(`\nhybrid - ${half}: ${mean(differences).toFixed(4)} (95 %: ${interval(differences)})`);
  }
  let [first, inFive] = [0, 0];
  for (let asked = 0; asked < PHRASES; asked += 1) {
    const text = phrase();
    /** @type {{ results: { content: string }[] }} */
    const { results: hits } = await service.call('/api/search', { query: text });
    const holds = hits.map(({ content }) => plain(content).includes(plain(text)));
    if (holds[0]) first += 1;
    if (holds.includes(true)) inFive += 1;
    else process.stdout.write(`\nnot found: ${text}`);
  }
  process.stdout.write(`\n\nof ${PHRASES} phrases ${first} first, ${inFive} among the first five\n`);
} finally {
  await service.stop();
}
