import { deflateSync } from 'node:zlib';
import { docxOf, p, partsOf, relationships, zipOf } from '../../libs/extraction/src/formats/docx/docx-fixture';
import { epubOf, odfOf, pptxOf, shape, xlsxOf } from '../../libs/extraction/src/formats/formats.fixture';
import { GOOD_FILES } from '../../libs/extraction/src/formats/good-files.fixture';
import { msgOf } from '../../libs/extraction/src/formats/mail/msg-fixture';
import type { HostileFile } from './hostile-file';
import { OFFICE97_BOMBS } from './office97-bombs';

const FORMATS = Object.keys(GOOD_FILES);
const MEBIBYTE = 1024 * 1024;

/** The same numbers for the same seed (Park and Miller). */
function numbersFrom(seed: number): (below: number) => number {
  let state = (seed % 2_147_483_646) + 1;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % Math.max(1, below);
  };
}

type Damage = (good: Buffer, next: (below: number) => number) => Buffer;

const DAMAGES: Readonly<Record<string, Damage>> = {
  'cut off': (good, next) => good.subarray(0, next(good.length)),
  'without its beginning': (good, next) => good.subarray(1 + next(good.length)),
  'with a hole': (good, next) => {
    const at = next(good.length);
    return Buffer.concat([good.subarray(0, at), good.subarray(at + 1 + next(64))]);
  },
  'with other bytes': (good, next) => {
    const bytes = Buffer.from(good);
    for (let count = 1 + next(40); count > 0; count -= 1) bytes[next(bytes.length)] = next(256);
    return bytes;
  },
  'with zeros in it': (good, next) => {
    const at = next(good.length);
    return Buffer.from(good).fill(0, at, Math.min(good.length, at + 1 + next(200)));
  },
  'twice over': (good, next) => Buffer.concat([good, good.subarray(next(good.length))]),
  'with its halves turned round': (good) =>
    Buffer.concat([good.subarray(good.length >> 1), good.subarray(0, good.length >> 1)]),
  'with numbers at their largest': (good, next) => {
    const bytes = Buffer.from(good);
    for (let count = 1 + next(6); count > 0; count -= 1) {
      const at = next(bytes.length);
      bytes.fill(0xff, at, Math.min(bytes.length, at + 4));
    }
    return bytes;
  },
  'that is of another format': (_, next) => GOOD_FILES[FORMATS[next(FORMATS.length)] ?? 'pdf'] ?? Buffer.alloc(0),
  'of random bytes behind its first ones': (good, next) =>
    Buffer.concat([good.subarray(0, 16), Buffer.from(Array.from({ length: 2_000 }, () => next(256)))]),
};

/** @param count as many of each format, and of each damage, as it is a multiple of their numbers */
export function malformedFiles(count: number): readonly HostileFile[] {
  const damages = Object.entries(DAMAGES);
  return Array.from({ length: count }, (_, index) => {
    const format = FORMATS[index % FORMATS.length] ?? '';
    // Goes on by one damage with each round of the formats.
    const [damage, make] = damages[(index + Math.floor(index / FORMATS.length)) % damages.length] ?? ['', Buffer.from];
    const good = GOOD_FILES[format] ?? Buffer.alloc(0);
    return { name: `${format} ${damage}, ${index}`, format, bytes: () => make(good, numbersFrom(index)) };
  });
}

const filled = (megabytes: number, unit: string): Buffer => Buffer.alloc(megabytes * MEBIBYTE, unit);
const around = (before: string, megabytes: number, unit: string, after = ''): Buffer =>
  Buffer.concat([Buffer.from(before), filled(megabytes, unit), Buffer.from(after)]);
/** A letter in a letter in a letter. */
const nested = (depth: number): string =>
  Array.from({ length: depth }).reduce<string>(
    (inner, _, index) =>
      `From: a@b\nSubject: ${index}\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b${index}\n\n` +
      `--b${index}\nContent-Type: message/rfc822\n\n${inner}\n--b${index}--\n`,
    'From: a@b\nSubject: x\n\nwords\n',
  );
/** One page whose content unpacks to this much. */
function pdfOf(megabytes: number): Buffer {
  const content = deflateSync(filled(megabytes, 'BT /F1 9 Tf (words) Tj ET\n'));
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R 2 0 R] /Count 2000000000 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>',
  ].map((object, index) => Buffer.from(`${index + 1} 0 obj\n${object}\nendobj\n`));
  const stream = `4 0 obj\n<< /Filter /FlateDecode /Length ${content.length} >>\nstream\n`;
  return Buffer.concat([
    Buffer.from('%PDF-1.7\n'), ...objects, Buffer.from(stream), content,
    Buffer.from('\nendstream\nendobj\ntrailer << /Root 1 0 R >>\nstartxref\n0\n%%EOF\n'),
  ]); // prettier-ignore
}

const cell = '<table:table-cell table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell>';
const row = `<table:table-row table:number-rows-repeated="1048576">${cell}</table:table-row>`;

const OTHER_BOMBS: readonly HostileFile[] = [
  ['eml within eml', 'eml', () => Buffer.from(nested(200))],
  ['odt of nested lists', 'odt', () => odfOf('text', '<text:list><text:list-item>'.repeat(200_000))],
  ['docx of blank parts', 'docx', () => docxOf(' '.repeat(60 * MEBIBYTE))],
  ['xlsx of strings', 'xlsx', () => xlsxOf({ sheets: [], strings: Array<string>(2_000_000).fill('<t>x</t>') })],
  ['ods of repeated rows', 'ods', () => odfOf('spreadsheet', `<table:table>${row.repeat(200)}</table:table>`)],
  ['html of cells', 'html', () => filled(10, '<td>')],
  ['json of brackets', 'json', () => filled(10, '[')],
  ['pdf of words', 'pdf', () => pdfOf(30)],
  ['docx of nested tables', 'docx', () => docxOf(`${'<w:tbl><w:tr><w:tc>'.repeat(30_000)}${p('x')}`)],
  ['docx within docx', 'docx', () => chunks(40)],
  ['pptx of shapes', 'pptx', () => pptxOf([{ shapes: shape(['x']).repeat(150_000) }])],
  ['odp of spaces', 'odp', () => odfOf('presentation', `<text:p>${'<text:s text:c="999999999"/>'.repeat(500_000)}</text:p>`)],
  ['epub of chapters', 'epub', () => epubOf(Array.from({ length: 5_000 }, (_, n) => [`c${n}.xhtml`, '<p>x</p>'.repeat(1_000)]))],
  ['csv of commas', 'csv', () => filled(20, ',')],
  ['csv of wide headers', 'csv', () => around(`${'name,'.repeat(20_000)}\n`, 5, '1,')],
  ['rtf of groups', 'rtf', () => around('{\\rtf1 ', 10, '{')],
  ['md of quotes', 'md', () => filled(5, '> ')],
  ['mbox of messages', 'mbox', () => filled(5, 'From a\nSubject: b\nFrom: c@d\n\nx\n')],
  ['ics of one line', 'ics', () => around('BEGIN:VEVENT\nDESCRIPTION:', 20, 'x\n ')],
  ['msg of attachments', 'msg', () => msgOf({ subject: 'a', attachments: Array.from({ length: 500 }, (_, n) => ({ name: `${n}.md`, bytes: Buffer.alloc(10_000, '# a\n') })) })],
].map(([name, format, bytes]) => ({ name, format, bytes }) as HostileFile); // prettier-ignore

const QUICK = 3;
/** Those first that take the least time. */
export const BOMBS: readonly HostileFile[] = [
  ...OFFICE97_BOMBS.slice(0, QUICK),
  ...OTHER_BOMBS,
  ...OFFICE97_BOMBS.slice(QUICK),
];

/** The same document, embedded again and again. */
function chunks(count: number): Buffer {
  const inner = docxOf(p('words '.repeat(500_000)));
  const names = Array.from({ length: count }, (_, index) => `chunk${index}.docx`);
  return zipOf([
    ...partsOf({ body: names.map((_, n) => `<w:altChunk r:id="r${n}"/>`).join('') }),
    {
      name: 'word/_rels/document.xml.rels',
      data: relationships(names.map((name) => ['aFChunk', name] as const)),
    },
    ...names.map((name) => ({ name: `word/${name}`, data: inner })),
  ]);
}
