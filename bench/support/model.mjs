// The default model as the service has it: its int8 weights, its tokeniser, and chunks as ingestion makes them.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from '../../scripts/bootstrap.mjs';

/** @param {string} path */
const library = (path) => createRequire(import.meta.url)(join(ROOT, 'dist/libs', `${path}.js`));

/** @param {string} folder that keeps the int8 weights */
export async function openModel(folder) {
  const { locateModel, readModelFiles } = library('embeddings/src/local/model-files');
  const { quantisedWeights } = library('embeddings/src/quantise/quantised-weights');
  const { WordPieceTokenizer } = library('embeddings/src/tokenizer/wordpiece-tokenizer');
  const { chunkDocument } = library('ingestion/src/chunking/chunker');
  const { createExtractors, indexExtractors } = library('extraction/src/extractors');
  const { loadConfig } = library('config/src/index');
  createRequire(import.meta.url)('@nestjs/common').Logger.overrideLogger(false);
  const config = loadConfig({});
  const files = await readModelFiles(locateModel(undefined));
  const tokenizer = new WordPieceTokenizer(files.tokenizer);
  const extractor = indexExtractors(createExtractors()).get('txt');
  return {
    /** @type {string} */
    weights: await quantisedWeights(files, folder),
    /** @type {number} */
    dimension: files.dimension,
    /** @param {string} text @returns {Int32Array} with special tokens */
    encode: (text) => tokenizer.encode(text, files.windowTokens),
    /** @param {string} text of a plain file @returns {Promise<string[]>} what its chunks are embedded from */
    async chunksOf(text) {
      const source = { bytes: Buffer.from(text), filename: 'text.txt' };
      const extracted = await extractor.extract(source, new AbortController().signal);
      const model = {
        tokenize: (/** @type {string} */ one) => tokenizer.tokenize(one),
        specialTokens: tokenizer.specialTokens,
        windowTokens: files.windowTokens,
      };
      const size = { maxTokens: config.CHUNK_TOKENS, overlapTokens: config.CHUNK_OVERLAP_TOKENS };
      return Array.from(
        chunkDocument(extracted, model, size),
        (/** @type {{ embeddingInput: string }} */ { embeddingInput }) => embeddingInput,
      );
    },
  };
}
