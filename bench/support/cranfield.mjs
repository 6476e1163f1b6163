// A test collection in the Cranfield format: documents, questions, and which documents answer which.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @typedef {{ id: string, title: string, text: string }} Abstract
 * @typedef {{ number: number, text: string }} Question
 */

/** @param {string} folder with cran.all.1400, cran.qry, cranqrel */
export function readCranfield(folder) {
  const records = (/** @type {string} */ file) =>
    readFileSync(join(folder, file), 'latin1')
      .split(/^\.I /m)
      .slice(1)
      .map((record) => {
        const sections = record.split(/^\.([TABWX])\s*$/m);
        /** @type {Record<string, string>} */
        const fields = { id: sections[0].trim() };
        for (let index = 1; index < sections.length; index += 2) fields[sections[index]] = sections[index + 1].trim();
        return fields;
      });
  /** @type {Map<number, Set<string>>} */
  const relevant = new Map();
  for (const line of readFileSync(join(folder, 'cranqrel'), 'utf8').trim().split('\n')) {
    const [question, document, code] = line.trim().split(/\s+/);
    if (code === '-1') continue;
    relevant.set(Number(question), (relevant.get(Number(question)) ?? new Set()).add(document));
  }
  return {
    documents: records('cran.all.1400')
      .filter(({ W }) => W)
      .map(({ id, T = '', W }) => ({ id, title: T, text: W })),
    questions: records('cran.qry').map(({ W }, index) => ({ number: index + 1, text: W.replaceAll('\n', ' ') })),
    relevant,
  };
}

/** Binary gains. @param {string[]} ranked @param {Set<string>} wanted */
export function ndcg10(ranked, wanted) {
  const gain = ranked.slice(0, 10).reduce((sum, id, index) => sum + (wanted.has(id) ? 1 / Math.log2(index + 2) : 0), 0);
  let ideal = 0;
  for (let index = 0; index < Math.min(10, wanted.size); index += 1) ideal += 1 / Math.log2(index + 2);
  return gain / ideal;
}

/** @param {number[]} values */
export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
