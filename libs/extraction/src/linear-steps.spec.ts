import { stepGrowth } from '../../../test/support/steps';
import { createExtractors, indexExtractors } from './extractors';
import { msgOf } from './formats/mail/msg-fixture';
import {
  biff, compoundOf, excel5Of, powerPoint97Of, powerPoint97Streams, pptRecord, word6Of,
} from './formats/office97/office97.fixture'; // prettier-ignore
import { word97Of } from './formats/office97/word97.fixture';
import { pdf, text, unicode } from './formats/pdf/pdf-fixture';

/**
 * Formats whose readers look at numbers: the places of characters on a page, the sectors of a compound file. What
 * PDFium does before is bounded by time alone.
 */
const words = <T>(count: number, of: (index: number) => T): T[] => Array.from({ length: count }, (_, n) => of(n));
const bytes = (count: number, unit: string): Buffer => Buffer.alloc(count * 100, unit);

/** Cells of a sheet, with a text each. */
const words97 = (count: number, at: (index: number) => readonly [row: number, column: number]): Buffer[] =>
  Array.from({ length: count }, (_, n) => {
    const [row, column] = at(n);
    return biff(0x204, [2, row], [2, column], [2, 0], [2, 1], Buffer.from('x'));
  });

const SHAPES: Readonly<Record<string, Readonly<Record<string, (count: number) => Buffer>>>> = {
  pdf: {
    'one line': (count) => pdf([[text('x'.repeat(count))]]),
    'words of one line': (count) => pdf([[text('x '.repeat(count))]]),
    'spaces between two letters': (count) => pdf([[text(`a${' '.repeat(count)}b`)]]),
    separators: (count) => pdf([[text('|'.repeat(count))]]),
    'letters of every script': (count) => pdf([[unicode('漢字'.repeat(count / 2))]]),
    'lines of one page': (count) => pdf([words(count, (n) => text('some words', { y: 20 + n * 0.7 }))]),
    'words one upon another': (count) => pdf([words(count, () => text('word'))]),
    'words all over a page': (count) => pdf([words(count, (n) => text('w', { x: (n * 37) % 600, y: (n * 91) % 780 }))]),
    // Of more rows than are looked at together.
    'a table': (count) =>
      pdf([words(2 * count, (n) => text('cell', { x: 50 + (n % 5) * 100, y: 20 + Math.floor(n / 5) * 2 }))]),
    'cells of one row': (count) => pdf([words(count, (n) => text('c', { x: 5 + n * 0.7, size: 0.5 }))]),
    'letters in one place': (count) => pdf([words(count, () => text('a'.repeat(3), { size: 0.01 }))]),
    'two columns': (count) =>
      pdf([words(count, (n) => text('words here', { x: n % 2 === 0 ? 50 : 320, y: 20 + n * 0.7 }))]),
    headings: (count) => pdf([words(count, (n) => text('Heading', { size: 10 + (n % 9), y: 20 + n * 0.7 }))]),
    pages: (count) =>
      pdf(words(count, (n) => `${n}`).map((n) => [text(`Page ${n} of many`), text('Header', { y: 20 })])),
    'titles of an outline': (count) =>
      pdf([[text('word')]], { outline: words(count, (n) => `${n}`).map((title) => ({ title, page: 0 })) }),
    'titles, each below the one before': (count) =>
      pdf([[text('word')]], {
        outline: words(count / 10, (n) => `${n}`).reduceRight<{ title: string; page: number }[]>(
          (children, title) => [{ title, page: 0, children }],
          [],
        ),
      }),
  },
  doc: {
    'one line': (count) => word6Of(bytes(count, 'x')),
    paragraphs: (count) => word6Of(bytes(count, 'a\r')),
    'cells of rows': (count) => word6Of(Buffer.from('a\x07b\x07\x07'.repeat(10 * count), 'latin1')),
    fields: (count) => word6Of(Buffer.from('\x13PAGEREF x \x14page 4\x15.'.repeat(count), 'latin1')),
    'fields in fields': (count) => word6Of(Buffer.from('\x13PAGEREF x '.repeat(count), 'latin1')),
    spaces: (count) => word6Of(Buffer.from(`a${' '.repeat(100 * count)}b`)),
    notes: (count) =>
      word97Of({ paragraphs: words(count, () => ({ text: 'a\x02' })), notes: words(count, () => 'note') }),
    'numbered paragraphs': (count) =>
      word97Of({
        paragraphs: Array.from({ length: count }, (_, n) => ({ text: 'a', list: 1, ilvl: n % 9 })),
        lists: [{ levels: [{ text: '%1.' }, { text: '%1.%2' }] }],
      }),
    'paragraphs of a long number': (count) =>
      word97Of({
        paragraphs: Array.from({ length: count }, () => ({ text: 'a', list: 1 })),
        lists: [{ levels: [{ kind: 255, text: ' '.repeat(20 * count) }] }],
      }),
    'lists of one paragraph each': (count) =>
      word97Of({
        paragraphs: Array.from({ length: count }, (_, n) => ({ text: 'a', list: n + 1 })),
        lists: Array.from({ length: count }, () => ({ levels: [{ text: '%1.' }] })),
      }),
  },
  xls: {
    rows: (count) =>
      excel5Of(
        1252,
        Buffer.from('A'),
        words97(count, (n) => [n, 0]),
      ),
    'cells of one row': (count) =>
      excel5Of(
        1252,
        Buffer.from('A'),
        words97(Math.min(count / 4, 250), (n) => [0, n]),
      ),
    'one cell again and again': (count) =>
      excel5Of(
        1252,
        Buffer.from('A'),
        words97(count, () => [0, 0]),
      ),
  },
  ppt: {
    slides: (count) => powerPoint97Of(Array.from({ length: count }, (_, n) => [[0, `Slide ${n}`]])),
    'texts of one slide': (count) => powerPoint97Of([Array.from({ length: count }, (_, n) => [1, `Text ${n}`])]),
    'lines of one text': (count) => powerPoint97Of([[[1, 'a\r'.repeat(count)]]]),
    // The first edit leads to the slides; that they can be found takes a look at each behind it.
    'behind its edits': (count) => {
      const records = powerPoint97Streams([[[0, 'Title']]])['PowerPoint Document'];
      const edits = Array<Buffer>(20).fill(pptRecord(0xff5, Buffer.alloc(28, 0x7f)));
      return compoundOf({ 'PowerPoint Document': Buffer.concat([records, ...edits, Buffer.alloc(100 * count)]) });
    },
  },
  msg: {
    'one line': (count) => msgOf({ subject: 'a', body: bytes(count, 'x').toString() }),
    paragraphs: (count) => msgOf({ subject: 'a', body: bytes(count, 'a\n\n').toString() }),
    separators: (count) => msgOf({ subject: 'a', body: bytes(count, '|').toString() }),
    spaces: (count) => msgOf({ subject: 'a', body: `a${bytes(count, ' ').toString()}b` }),
    'letters beyond ASCII': (count) => msgOf({ subject: 'a', body: 'Größe '.repeat(count), charset: 'windows-1252' }),
    'cells of HTML': (count) => msgOf({ subject: 'a', html: `<table><tr>${'<td>a'.repeat(count)}` }),
    'headings of HTML': (count) => msgOf({ subject: 'a', html: '<h1>a</h1>'.repeat(count) }),
    recipients: (count) => msgOf({ subject: 'a', body: 'b', to: words(count, (n) => `Person ${n}`) }),
    attachments: (count) =>
      msgOf({
        subject: 'a',
        body: 'b',
        attachments: words(count / 2, (n) => `${n}.txt`).map((name) => ({ name, bytes: Buffer.from('words') })),
      }),
    'one attachment': (count) =>
      msgOf({ subject: 'a', body: 'b', attachments: [{ name: 'a.md', bytes: bytes(count, '# a\n\n') }] }),
    'one subject': (count) => msgOf({ subject: bytes(count, 'word ').toString(), body: 'b' }),
  },
};
const COUNT = 400;

describe('reading is linear in formats of numbers', () => {
  const extractors = indexExtractors(createExtractors());

  it.each(
    Object.entries(SHAPES).flatMap(([format, shapes]) =>
      Object.entries(shapes).map((one) => [format, ...one] as const),
    ),
  )('%s: %s', async (format, _name, file) => {
    const files = new Map([COUNT, 2 * COUNT].map((count) => [count, file(count)]));
    const read = async (count: number): Promise<unknown> => {
      const source = { bytes: files.get(count) ?? Buffer.alloc(0), filename: `a.${format}` };
      return extractors.get(format)?.extract(source, new AbortController().signal);
    };
    await read(COUNT);
    expect(await stepGrowth(read, COUNT)).toBeLessThan(2.2);
  });
});
