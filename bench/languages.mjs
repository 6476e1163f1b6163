// Questions in one language, passages in another: node bench/languages.mjs <endpoint that speaks OpenAI's embeddings
// protocol, up to /v1>. docs/guides/languages.md says how to start one. 60 passages in 12 languages go in through the
// REST API; each question is in another language than its passage, and asked by meaning and by both.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../scripts/bootstrap.mjs';
import { inParallel, startService } from './support/service.mjs';

const [endpoint] = process.argv.slice(2);
if (!endpoint) {
  process.stderr.write('Usage: node bench/languages.mjs <http://127.0.0.1:8181/v1>\n');
  process.exit(2);
}

/** @type {{ language: string, passage: string, asked: string, question: string }[]} */
const cases = JSON.parse(readFileSync(join(ROOT, 'bench/support/languages.json'), 'utf8'));
const service = await startService({
  EMBEDDING_API_URL: endpoint,
  EMBEDDING_API_MODEL: 'multilingual-e5-small',
  EMBEDDING_QUERY_PREFIX: 'query:',
  EMBEDDING_PASSAGE_PREFIX: 'passage:',
});
try {
  await inParallel(
    cases.map(({ passage }, at) => ({ passage, at })),
    4,
    ({ passage, at }) => service.call('/api/documents/text', { text: passage, filename: `${at}.txt` }),
  );
  await service.untilIdle();
  process.stdout.write(`| mode | first | among the first three | of |\n|---|---|---|---|\n`);
  for (const mode of ['vector', 'hybrid']) {
    /** @type {number[]} */
    const places = [];
    for (const [at, { question }] of cases.entries()) {
      /** @type {{ results: { metadata: { filename: string } }[] }} */
      const { results } = await service.call('/api/search', { query: question, mode, topK: 10 });
      const place = results.findIndex(({ metadata }) => metadata.filename === `${at}.txt`);
      places.push(place < 0 ? Infinity : place);
      if (place < 0 || place > 2) process.stderr.write(`${mode}, place ${place + 1}: ${question}\n`);
    }
    /** @param {number} end */
    const within = (end) => places.filter((place) => place < end).length;
    process.stdout.write(`| ${mode} | ${within(1)} | ${within(3)} | ${cases.length} |\n`);
  }
} finally {
  await service.stop();
}
