// Processor time of our readers and of those written in JavaScript, over the same files, each reader in a process of
// its own, file after file; counted are the files that all readers of a format read.
// node bench/extraction-speed.mjs <folder> --with <folder where npm installed them> [--only pdf,docx] [--most 40]
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, extname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { ROOT } from '../scripts/bootstrap.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    with: { type: 'string', default: '.' },
    only: { type: 'string' },
    most: { type: 'string', default: '40' },
    reader: { type: 'string' },
  },
});
const installed = createRequire(pathToFileURL(join(resolve(values.with), 'package.json')));

/** @typedef {(file: string) => Promise<string> | string} Read */
/** @typedef {{ formats: string[], open: () => Promise<Read> | Read }} Reader */

const SHEETS = ['xlsx', 'xls', 'ods'];

/** Each is opened before the clock runs. @type {Record<string, Reader>} */
const READERS = {
  ours: { formats: ['pdf', 'docx', 'pptx', 'odt', 'odp', ...SHEETS], open: openOurs },
  officeparser: {
    formats: ['pdf', 'docx', 'pptx', 'xlsx', 'odt', 'odp', 'ods'],
    open: async () => {
      const { parseOffice } = await load('officeparser');
      return async (file) => String((await parseOffice(file)).toText());
    },
  },
  mammoth: {
    formats: ['docx'],
    open: async () => {
      const { extractRawText } = await load('mammoth');
      return async (file) => (await extractRawText({ path: file })).value;
    },
  },
  xlsx: {
    formats: SHEETS,
    open: async () => {
      const { read, utils } = await load('xlsx');
      return (file) => {
        const { Sheets } = read(readFileSync(file));
        return Object.values(Sheets)
          .map((sheet) => utils.sheet_to_csv(sheet))
          .join('\n');
      };
    },
  },
  'pdf-parse': {
    formats: ['pdf'],
    open: async () => {
      const { PDFParse } = await load('pdf-parse');
      return async (file) => {
        const parser = new PDFParse({ data: new Uint8Array(readFileSync(file)), verbosity: 0 });
        const { text } = await parser.getText();
        await parser.destroy();
        return text;
      };
    },
  },
  'pdfjs-dist': {
    formats: ['pdf'],
    open: async () => {
      const { getDocument } = await load('pdfjs-dist/legacy/build/pdf.mjs');
      return async (file) => {
        const task = getDocument({ data: new Uint8Array(readFileSync(file)), verbosity: 0 });
        const pdf = await task.promise;
        const parts = [];
        for (let number = 1; number <= pdf.numPages; number += 1) {
          const { items } = await (await pdf.getPage(number)).getTextContent();
          for (const item of items) parts.push(item.str ?? '', item.hasEOL ? '\n' : '');
        }
        await task.destroy();
        return parts.join('');
      };
    },
  },
};

/** @param {string} name */
const load = async (name) => {
  const module = await import(pathToFileURL(installed.resolve(name)).href);
  return { ...module.default, ...module };
};

/** @returns {Read} */
function openOurs() {
  const require = createRequire(import.meta.url);
  const { createExtractors } = require(join(ROOT, 'dist/libs/extraction/src/extractors.js'));
  const { finishDocument } = require(join(ROOT, 'dist/libs/extraction/src/document-check.js'));
  const extractors = new Map(createExtractors().map((/** @type {{ format: string }} */ one) => [one.format, one]));
  return async (file) => {
    const source = { bytes: new Uint8Array(readFileSync(file)), filename: basename(file) };
    const extractor = extractors.get(extname(file).slice(1).toLowerCase());
    return (await finishDocument(await extractor.extract(source, new AbortController().signal))).text;
  };
}

/** @returns {Map<string, string[]>} by format; the same choice of files each time */
function filesByFormat() {
  const order = (/** @type {string} */ file) => createHash('sha256').update(basename(file)).digest('hex');
  const found = readdirSync(positionals[0], { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted((one, other) => (order(one) < order(other) ? -1 : 1));
  const formats = values.only?.split(',') ?? READERS.ours.formats;
  const ofFormat = (/** @type {string} */ format) =>
    found.filter((file) => extname(file).toLowerCase() === `.${format}`);
  return new Map(formats.map((format) => [format, ofFormat(format).slice(0, Number(values.most))]));
}

/** In the process of one reader: seconds for each file that it reads. */
async function measure(/** @type {string} */ reader, /** @type {string[]} */ files) {
  const read = await READERS[reader].open();
  /** @type {Record<string, number>} */
  const seconds = {};
  for (const file of files) {
    const before = process.cpuUsage();
    try {
      if ((await read(file)).trim() === '') continue;
    } catch {
      continue; // what cannot be read by all is not counted
    }
    const { user, system } = process.cpuUsage(before);
    seconds[file] = (user + system) / 1e6;
  }
  return seconds;
}

const print = (/** @type {string} */ line) => void process.stdout.write(`${line}\n`);

if (values.reader !== undefined) {
  const seconds = await measure(values.reader, JSON.parse(readFileSync(0, 'utf8')));
  process.stdout.write(`\n${JSON.stringify(seconds)}`, () => process.exit(0));
} else {
  print('| format | files | reader | seconds of a processor | as much as ours |');
  print('| --- | --- | --- | --- | --- |');
  for (const [format, files] of filesByFormat()) {
    const names = Object.keys(READERS).filter((name) => READERS[name].formats.includes(format));
    const readings = names.map((name) => {
      const args = [fileURLToPath(import.meta.url), positionals[0], '--with', values.with, '--reader', name];
      const run = spawnSync(process.execPath, args, { input: JSON.stringify(files), maxBuffer: 2 ** 26 });
      /** @type {Record<string, number>} */
      const seconds = run.status === 0 ? JSON.parse(run.stdout.toString('utf8').split('\n').at(-1) ?? '{}') : {};
      if (run.status !== 0) print(`${name} did not run: ${run.stderr.toString('utf8').trim().split('\n').at(-1)}`);
      return { name, seconds };
    });
    const able = readings.filter(({ seconds }) => Object.keys(seconds).length > 0);
    const common = files.filter((file) => able.every(({ seconds }) => file in seconds));
    const total = (/** @type {Record<string, number>} */ seconds) =>
      common.reduce((sum, file) => sum + (seconds[file] ?? 0), 0);
    const own = total(able.find(({ name }) => name === 'ours')?.seconds ?? {});
    for (const { name, seconds } of able) {
      const cells = [format, common.length, name, total(seconds).toFixed(2), (total(seconds) / own).toFixed(2)];
      print(`| ${cells.join(' | ')} |`);
    }
  }
}
