// Our way to a vector: the provider with its queue, its tokeniser and one model thread, asked as ingestion asks it, in
// batches of eight with one ahead.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from '../../scripts/bootstrap.mjs';
import { answerAs } from '../support/contender.mjs';

/** @param {string} path */
const library = (path) => createRequire(import.meta.url)(join(ROOT, 'dist/libs', `${path}.js`));
const { loadConfig } = library('config/src/index');
const { selectProvider } = library('embeddings/src/provider-selection');
const { ShutdownSequence } = library('shutdown/src/index');

const BATCH = 8;

const config = loadConfig({ DATA_DIR: process.argv[2] ?? '', EMBEDDING_THREADS: '1', LOG_LEVEL: 'warn' });
const provider = await selectProvider(config, new ShutdownSequence());
await provider.onModuleInit();
/** @type {string[]} */
let texts = [];

/** @param {number[]} numbers @returns {Promise<Float32Array[]>} */
async function embed(numbers) {
  const vectors = [];
  /** @param {number} from */
  const ask = (from) => {
    const batch = numbers.slice(from, from + BATCH).map((number) => texts[number]);
    return batch.length === 0 ? [] : provider.embed(batch, 'passage');
  };
  let next = ask(0);
  for (let from = 0; from < numbers.length; from += BATCH) {
    const found = await next;
    next = ask(from + BATCH);
    vectors.push(...found);
  }
  return vectors;
}

answerAs(0, {
  /** @param {string[]} given */
  texts: (given) => {
    texts = given;
  },
  embed: async (/** @type {number[]} */ numbers) => {
    await embed(numbers);
  },
  vectors: async (/** @type {number[]} */ numbers) => (await embed(numbers)).map((vector) => [...vector]),
});
