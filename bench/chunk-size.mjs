// How large chunks should be: quality, vectors and seconds by CHUNK_TOKENS, over abstracts and over long documents.
// node bench/chunk-size.mjs <folder of a collection in the Cranfield format> [--sizes 128,256,384,510]
//   [--shapes abstracts,headed,plain]
// The long documents are abstracts in a row, some 20 pages each, under headings or as paragraphs. A passage that is
// found counts for the abstract that most of it is of.
import { parseArgs } from 'node:util';
import { mean, ndcg10, readCranfield } from './support/cranfield.mjs';
import { inParallel, startService } from './support/service.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sizes: { type: 'string', default: '128,256,384,510' },
    shapes: { type: 'string', default: 'abstracts,headed,plain' },
  },
});
if (positionals.length === 0) {
  process.stderr.write('Usage: node bench/chunk-size.mjs <folder of a collection in the Cranfield format>\n');
  process.exit(2);
}
const { documents, questions, relevant } = readCranfield(positionals[0]);
const DEPTH = 50;
const IN_A_ROW = 50;
const MODES = /** @type {const} */ (['vector', 'keyword', 'hybrid']);

/**
 * @typedef {import('./support/cranfield.mjs').Abstract} Abstract
 * @typedef {{ id: string, start: number }} Begin
 * @typedef {{ name: string, text: string, begins: Begin[] }} LongDocument
 */

/** @type {Record<string, (abstract: Abstract) => string>} */
const SHAPES = {
  abstracts: ({ title, text }) => `${title}\n\n${text}`,
  headed: ({ title, text }) => `## ${title.replaceAll('\n', ' ')}\n\n${text}\n\n`,
  plain: ({ title, text }) => `${title.replaceAll('\n', ' ')}\n\n${text}\n\n`,
};

/** @param {string} shape @returns {LongDocument[]} */
function documentsOf(shape) {
  const size = shape === 'abstracts' ? 1 : IN_A_ROW;
  return Array.from({ length: Math.ceil(documents.length / size) }, (_, index) => {
    const part = documents.slice(index * size, (index + 1) * size);
    return {
      name: `${shape}-${index}.${shape === 'headed' ? 'md' : 'txt'}`,
      text: part.map(SHAPES[shape]).join(''),
      begins: [],
    };
  });
}

/** Where each abstract begins in the text as it was read: its title may stand there without its marks. */
function locate(
  /** @type {LongDocument[]} */ all,
  /** @type {Map<string, string>} */ texts,
  /** @type {string} */ shape,
) {
  const size = shape === 'abstracts' ? 1 : IN_A_ROW;
  const squeezed = (/** @type {string} */ text) => text.replace(/\s+/g, '');
  for (const [index, document] of all.entries()) {
    const text = texts.get(document.name) ?? '';
    /** Offset in the text of each character that is no white space. */
    const offsets = [...text.matchAll(/\S/g)].map((match) => match.index);
    const plain = squeezed(text);
    let from = 0;
    for (const { id, title, text: body } of documents.slice(index * size, (index + 1) * size)) {
      const at = plain.indexOf(squeezed(title || body), from);
      if (at < 0) throw new Error(`abstract ${id} is not in the text of ${document.name}`);
      document.begins.push({ id, start: offsets[at] });
      from = at;
    }
  }
}

/** The abstract that most of a passage is of. @param {Begin[]} begins @param {number} start @param {number} end */
function abstractOf(begins, start, end) {
  let best = { id: '', length: -1 };
  for (const [index, begin] of begins.entries()) {
    const length = Math.min(end, begins[index + 1]?.start ?? Infinity) - Math.max(start, begin.start);
    if (length > best.length) best = { id: begin.id, length };
  }
  return best.id;
}

process.stdout.write(
  '| documents | CHUNK_TOKENS | chunks | CPU s | vector | keyword | hybrid |\n|---|---|---|---|---|---|---|\n',
);
for (const shape of values.shapes.split(',')) {
  for (const size of values.sizes.split(',')) {
    const service = await startService({ CHUNK_TOKENS: size, CHUNK_OVERLAP_TOKENS: String(Number(size) >> 3) });
    try {
      const all = documentsOf(shape);
      const before = service.cpuSeconds();
      /** @type {Map<string, LongDocument>} */
      const byId = new Map();
      await inParallel(all, 4, async (document) => {
        const { id } = await service.call('/api/documents/text', { text: document.text, filename: document.name });
        byId.set(id, document);
      });
      await service.untilIdle();
      const seconds = service.cpuSeconds() - before;
      /** @type {Map<string, string>} */
      const texts = new Map();
      let chunks = 0;
      for (const [id, { name }] of byId) {
        chunks += (await service.call(`/api/documents/${id}`)).chunkCount;
        const response = await fetch(`${service.url}/api/documents/${id}/text`, {
          headers: { 'X-API-Key': service.key },
        });
        if (!response.ok) throw new Error(`the text of ${name} was answered ${response.status}`);
        texts.set(name, await response.text());
      }
      locate(all, texts, shape);
      const scores = [];
      for (const mode of MODES) {
        const gains = [];
        for (const { number, text } of questions) {
          const wanted = relevant.get(number);
          if (wanted === undefined) continue;
          const { results } = await service.call('/api/search', { query: text, mode, topK: DEPTH });
          const ranked = results.map(
            (/** @type {{ documentId: string, metadata: { charStart: number, charEnd: number } }} */ hit) =>
              abstractOf(byId.get(hit.documentId)?.begins ?? [], hit.metadata.charStart, hit.metadata.charEnd),
          );
          gains.push(ndcg10([...new Set(ranked)], wanted));
        }
        scores.push(mean(gains).toFixed(4));
      }
      process.stdout.write(`| ${[shape, size, chunks, seconds.toFixed(0), ...scores].join(' | ')} |\n`);
    } finally {
      await service.stop();
    }
  }
}
