// Runs every file below a folder through our reader, as the product does (in bounded processes), and through what is
// installed of pdftotext, mutool, pandoc, LibreOffice, markitdown and w3m.
// node bench/extraction.mjs <folder> [--only pdf,docx] [--most 100] [--show 10] [--keep <folder of their answers>]
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../scripts/bootstrap.mjs';
import { peakOf, readers, readWith, withoutLabels } from './support/readers.mjs';
import { agreed, bagOf, common, lacking, orderOf, sizeOf, union, wordsOf } from './support/words.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string' }, most: { type: 'string' }, show: { type: 'string' }, keep: { type: 'string' } },
});
if (positionals.length === 0) throw new Error('name a folder of files');

/** @param {string} name */
const built = (name) => createRequire(import.meta.url)(join(ROOT, `dist/libs/extraction/src/${name}.js`));
const { createExtractors, indexExtractors } = built('extractors');
const { detectFormat } = built('detect/format-detection');
const { finishDocument } = built('document-check');
const { ParserPool } = built('isolation/parser-pool');
const { parserProcess } = built('isolation/parser-process');

const extractors = indexExtractors(createExtractors());
const entry = join(ROOT, 'dist/libs/extraction/src/isolation/extraction.process.js');
const pool = new ParserPool({
  size: 1,
  open: parserProcess({ maxMemoryBytes: 512 * 2 ** 20, entry }),
  maxFiles: 50,
  timeoutMs: 60_000,
});

/**
 * @typedef {{ words: string[], seconds: number, code?: string, partial?: boolean }} Own
 * @typedef {{ words: string[], seconds: number, megabytes: number }} Other
 * @typedef {{ file: string, own: Own, others: Map<string, Other> }} Case
 */

/** @param {string} format @param {string} file @returns {Promise<Own>} */
async function readOwn(format, file) {
  const source = { bytes: new Uint8Array(readFileSync(file)), filename: basename(file) };
  const started = performance.now();
  /** @param {{ text?: string, code?: string, coverage?: { notes: string[], pagesWithoutText: number[] } }} found */
  const answer = ({ text = '', code, coverage }) => ({
    words: wordsOf(text),
    seconds: (performance.now() - started) / 1_000,
    ...(code !== undefined && { code }),
    partial: (coverage?.notes.length ?? 0) + (coverage?.pagesWithoutText.length ?? 0) > 0,
  });
  try {
    return answer(await finishDocument(await pool.parse(format, source, new AbortController().signal)));
  } catch (error) {
    return answer({ code: String(/** @type {{ code?: string }} */ (error).code ?? error) });
  }
}

/** @param {string} file @param {string} format */
async function readOthers(file, format) {
  const digest = createHash('sha256').update(readFileSync(file)).digest('hex');
  /** @type {Case['others']} */
  const found = new Map();
  for (const reader of readers.filter(({ formats }) => formats.includes(format))) {
    const kept = values.keep && join(values.keep, `${digest}.${reader.name}.json`);
    const reading =
      kept && existsSync(kept) ? JSON.parse(readFileSync(kept, 'utf8')) : await readWith(reader, file, format);
    if (kept && !existsSync(kept)) writeFileSync(kept, JSON.stringify(reading));
    if (reading.text !== undefined) {
      found.set(reader.name, { ...reading, words: wordsOf(withoutLabels(reader.name, reading.text)) });
    }
  }
  return found;
}

/** @returns {Map<string, string[]>} by format; the same choice of files each time */
function filesByFormat() {
  const groups = new Map();
  const only = values.only?.split(',');
  for (const found of readdirSync(positionals[0], { recursive: true, withFileTypes: true })) {
    const file = join(found.parentPath, found.name);
    if (!found.isFile()) continue;
    let format;
    try {
      format = detectFormat(
        { head: new Uint8Array(readFileSync(file).subarray(0, 65_536)), filename: found.name },
        extractors,
      ).format;
    } catch {
      format = 'refused';
    }
    if (only === undefined || only.includes(format)) groups.set(format, [...(groups.get(format) ?? []), file]);
  }
  const most = Number(values.most ?? Infinity);
  const order = (/** @type {string} */ file) => createHash('sha256').update(basename(file)).digest('hex');
  for (const [format, files] of groups) {
    const chosen =
      files.length <= most
        ? files
        : files
            .toSorted((/** @type {string} */ left, /** @type {string} */ right) =>
              order(left) < order(right) ? -1 : 1,
            )
            .slice(0, most);
    groups.set(format, chosen.toSorted());
  }
  return groups;
}

/** @param {string} format @param {Case[]} cases */
function report(format, cases) {
  const comparable = cases.filter(({ others }) => [...others.values()].some(({ words }) => words.length >= 5));
  const wanted = new Map(
    comparable.map((one) => [one, agreed([...one.others.values()].map(({ words }) => bagOf(words)))]),
  );
  const failed = cases.filter(({ own }) => own.code !== undefined);
  const codes = [...bagOf(failed.map(({ own }) => own.code ?? ''))].map(([code, count]) => `${count} ${code}`);
  print(
    `\n## ${format}: ${cases.length} files, ${comparable.length} compared${codes.length ? `; failed: ${codes.join(', ')}` : ''}\n`,
  );
  print('| reader | files read | words found | each once | mean of files | precision | order | seconds | peak MB |');
  print('|---|---|---|---|---|---|---|---|---|');
  const names = [...new Set(comparable.flatMap(({ others }) => [...others.keys()]))];
  for (const name of ['own', ...names]) {
    /** @param {Case} one */
    const wordsBy = (one) => (name === 'own' ? one.own.words : (one.others.get(name)?.words ?? []));
    const scores = comparable
      .filter((one) => sizeOf(wanted.get(one) ?? new Map()) >= 5)
      .map((one) => {
        const target = /** @type {import('./support/words.mjs').Bag} */ (wanted.get(one));
        const bag = bagOf(wordsBy(one));
        const rest = union([...one.others].filter(([other]) => other !== name).map(([, { words }]) => bagOf(words)));
        const reference = [...one.others].find(([other]) => other !== name)?.[1].words ?? [];
        return {
          found: common(target, bag),
          of: sizeOf(target),
          once: [...target.keys()].filter((word) => bag.has(word)).length,
          words: target.size,
          right: common(bag, rest),
          own: sizeOf(bag),
          order: orderOf(wordsBy(one), reference),
        };
      });
    const sum = (/** @type {(score: typeof scores[number]) => number} */ pick) =>
      scores.reduce((total, score) => total + pick(score), 0);
    const readings =
      name === 'own' ? cases.map(({ own }) => own) : cases.flatMap(({ others }) => others.get(name) ?? []);
    const read = name === 'own' ? cases.length - failed.length : readings.length;
    const seconds = readings.reduce((total, reading) => total + reading.seconds, 0);
    const peak = name === 'own' ? ownPeak : Math.max(0, ...cases.map(({ others }) => others.get(name)?.megabytes ?? 0));
    const alone = names.length < 2 && name !== 'own';
    print(
      `| ${[
        name,
        read,
        ratio(
          sum(({ found }) => found),
          sum(({ of }) => of),
        ),
        ratio(
          sum(({ once }) => once),
          sum(({ words }) => words),
        ),
        ratio(
          sum(({ found, of }) => found / of),
          scores.length,
        ),
        alone
          ? ''
          : ratio(
              sum(({ right }) => right),
              sum(({ own }) => own),
            ),
        alone
          ? ''
          : ratio(
              sum(({ order }) => order),
              scores.length,
            ),
        seconds.toFixed(1),
        peak.toFixed(0),
      ].join(' | ')} |`,
    );
  }
  show(comparable, wanted);
}

/**
 * Files of which we found less than the best.
 * @param {Case[]} cases
 * @param {Map<Case, import('./support/words.mjs').Bag>} wanted
 */
function show(cases, wanted) {
  const short = cases
    .map((one) => {
      const target = wanted.get(one) ?? new Map();
      const own = bagOf(one.own.words);
      const best = Math.max(...[...one.others.values()].map(({ words }) => common(target, bagOf(words))));
      return { one, target, own, missing: best - common(target, own), share: common(target, own) / Math.max(1, best) };
    })
    .filter(({ share, missing }) => share < 0.99 && missing > 0)
    .toSorted((left, right) => left.share - right.share);
  const half = short.filter(({ share, one }) => share < 0.5 && one.own.code === undefined && !one.own.partial);
  print(
    `\n${short.length} files below 0.99 of the best; ${half.length} of them completed with less than half and no word of it.`,
  );
  for (const { one, target, own, share } of short.slice(0, Number(values.show ?? 0))) {
    const words = lacking(target, own)
      .slice(0, 12)
      .map(([word, count]) => (count > 1 ? `${word}×${count}` : word));
    print(
      `- ${share.toFixed(3)} ${one.file}${one.own.code ? ` ${one.own.code}` : ''}${one.own.partial ? ' (says so)' : ''}: ${words.join(' ')}`,
    );
  }
}

const print = (/** @type {string} */ line) => void process.stdout.write(`${line}\n`);
const ratio = (/** @type {number} */ part, /** @type {number} */ whole) =>
  whole === 0 ? '' : (part / whole).toFixed(4);

let ownPeak = 0;
if (values.keep) mkdirSync(values.keep, { recursive: true });
for (const [format, files] of [...filesByFormat()].toSorted()) {
  if (format === 'refused') {
    print(`\n## refused: ${files.length} files`);
    continue;
  }
  ownPeak = 0;
  /** @type {Case[]} */
  const cases = [];
  for (const file of files) {
    const own = await readOwn(format, file);
    ownPeak = Math.max(ownPeak, ...childrenPeaks());
    cases.push({ file, own, others: await readOthers(file, format) });
  }
  report(format, cases);
}
await pool.close();

/** The parser process is the one child that lasts. */
function childrenPeaks() {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ').filter(Boolean);
  return children.map((child) => peakOf(Number(child)) / 1_024);
}
