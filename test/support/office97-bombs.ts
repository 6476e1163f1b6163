import {
  biff, compoundOf, currentUser, excel5Of, numbers, powerPoint97Of, powerPoint97Streams, pptRecord,
} from '../../libs/extraction/src/formats/office97/office97.fixture'; // prettier-ignore
import { word97Of } from '../../libs/extraction/src/formats/office97/word97.fixture';
import type { HostileFile } from './hostile-file';

/**
 * Files of Office before 2007 whose tables lead to the same bytes again and again: what is told once in the file would
 * be read, or written, as often as it is named.
 */

const MEBIBYTE = 1024 * 1024;

/** A document of Word 6 of which each piece is the whole text. */
function docOfPieces(count: number): Buffer {
  const textAt = 0x300;
  const head = Buffer.alloc(textAt);
  const text = Buffer.alloc(MEBIBYTE, 'words and ');
  const places = Array.from({ length: count + 1 }, (_, n) => (n * MEBIBYTE) % 2 ** 31).toSorted(
    (one, two) => one - two,
  );
  const piece = Buffer.alloc(8);
  piece.writeUInt32LE(textAt, 2);
  const list = Buffer.concat([numbers(...places), Buffer.alloc(8 * count, piece)]);
  const table = Buffer.concat([Buffer.from([2]), numbers(list.length), list]);
  head.writeUInt16LE(0xa5dc, 0);
  head.writeUInt16LE(4, 0x0a);
  head.writeUInt32LE(textAt, 0x18);
  head.writeUInt32LE(places.at(-1) ?? 0, 0x34);
  head.writeUInt32LE(textAt + text.length, 0x160);
  head.writeUInt32LE(table.length, 0x164);
  return compoundOf({ WordDocument: Buffer.concat([head, text, table]) });
}

/** Paragraphs of one letter, each with a number of 255. */
function docOfNumbers(count: number): Buffer {
  const paragraph = { text: 'x', list: 1 };
  const lists = [{ levels: [{ text: `%1${'9'.repeat(254)}` }] }];
  return word97Of({ paragraphs: Array.from({ length: count }, () => paragraph), lists });
}

const beginOf = (kind: number): Buffer => biff(0x809, [2, 0x600], [2, kind], [4, 0]);
const END = biff(0x0a);

/** A workbook of Excel 97. @param globals records before its sheets, which all begin in one place */
function xlsOf(globals: readonly Buffer[], sheets: number, cells: readonly Buffer[]): Buffer {
  const sheet = (start: number): Buffer => biff(0x85, [4, start], [2, 0], [1, 1], [1, 0], Buffer.from('S'));
  const before = [beginOf(5), ...globals];
  const start = Buffer.concat(before).length + sheets * sheet(0).length + END.length;
  const places = Array.from({ length: sheets }, () => sheet(start));
  return compoundOf({ Workbook: Buffer.concat([...before, ...places, END, beginOf(0x10), ...cells, END]) });
}

const repeated = (count: number, record: Buffer): readonly Buffer[] => [Buffer.alloc(count * record.length, record)];

/** Cells that all have the one text of the workbook. */
function xlsOfOneText(cells: number): Buffer {
  const text = biff(0xfc, [4, cells], [4, 1], [2, 8_000], [1, 0], Buffer.alloc(8_000, 'word '));
  return xlsOf([text], 1, repeated(cells, biff(0xfd, [2, 0], [2, 0], [2, 0], [4, 0])));
}

/** Numbers whose format is as long as one may be. */
function xlsOfFormats(cells: number): Buffer {
  const code = Buffer.from('[;"'.repeat(166));
  const format = biff(0x41e, [2, 200], [2, code.length], [1, 0], code);
  return xlsOf([format, biff(0xe0, [2, 0], [2, 200])], 1, repeated(cells, biff(0x27e, [2, 0], [2, 0], [2, 0], [4, 6])));
}

/** Rows whose only cell is in their last column. */
function xlsOfEmptyCells(rows: number): Buffer {
  const cells = Array.from({ length: rows }, (_, row) =>
    biff(0x204, [2, row], [2, 255], [2, 0], [2, 1], Buffer.from('x')),
  );
  return excel5Of(1252, Buffer.from('S'), cells);
}

/** Slides that are all the same part of the file. */
function pptOfOneSlide(count: number): Buffer {
  const streams = powerPoint97Streams([[[0, 'words '.repeat(20_000)]]]);
  const records = streams['PowerPoint Document'];
  const slides = Array.from({ length: count }, (_, n) => pptRecord(0x3f3, numbers(2, 0, 1, 256 + n, 0)));
  const document = pptRecord(0x3e8, [pptRecord(0xff0, slides, 0)]);
  const directory = pptRecord(0x1772, numbers((1 << 20) | 1, records.length));
  const older = records.length - pptRecord(0xff5, Buffer.alloc(28)).length;
  const edit = pptRecord(0xff5, numbers(0, 0, older, records.length + document.length, 1, 0, 0));
  const all = Buffer.concat([records, document, directory, edit]);
  return compoundOf({ 'PowerPoint Document': all, 'Current User': currentUser(all.length - edit.length) });
}

/** Edits that all have the same list of places, which is long. */
function pptOfEdits(count: number): Buffer {
  const places = pptRecord(0x1772, Buffer.concat([numbers((0xfff << 20) | 1), Buffer.alloc(MEBIBYTE)]));
  const edit = (index: number): Buffer => pptRecord(0xff5, numbers(0, 0, places.length + (index - 1) * 36, 0, 1, 0, 0));
  const edits = Array.from({ length: count }, (_, index) => edit(index));
  const all = Buffer.concat([places, ...edits]);
  return compoundOf({ 'PowerPoint Document': all, 'Current User': currentUser(all.length - 36) });
}

/** Groups of shapes, each in the one before. */
function pptOfGroups(depth: number): Buffer {
  const groups = Buffer.alloc(depth * 8);
  for (let index = 0; index < depth; index += 1) {
    groups.writeUInt16LE(0xf, index * 8);
    groups.writeUInt16LE(0xf003, index * 8 + 2);
    groups.writeUInt32LE((depth - index - 1) * 8, index * 8 + 4);
  }
  const outline = pptRecord(0xff0, [pptRecord(0x3f3, numbers(2, 0, 0, 256, 0))]);
  const slide = pptRecord(0x3ee, [pptRecord(0x40c, [pptRecord(0xf002, [groups])])]);
  const document = pptRecord(0x3e8, [outline]);
  const directory = pptRecord(0x1772, numbers((2 << 20) | 1, 0, document.length));
  const edit = pptRecord(0xff5, numbers(0, 0, 0, document.length + slide.length, 1, 0, 0));
  const all = Buffer.concat([document, slide, directory, edit]);
  return compoundOf({ 'PowerPoint Document': all, 'Current User': currentUser(all.length - edit.length) });
}

/** A table of cells that all show one text. */
function pptOfOneText(shapes: number): Buffer {
  const streams = powerPoint97Streams([
    [[1, 'words '.repeat(100_000)], ...Array.from({ length: shapes }, () => [1, ''] as const)],
  ]);
  const records = streams['PowerPoint Document'];
  const reference = Buffer.from('9e0f04000000', 'hex');
  // Each reference to a text of its own becomes one to the first.
  for (let at = records.indexOf(reference); at >= 0; at = records.indexOf(reference, at + 1))
    records.fill(0, at + 6, at + 10);
  return compoundOf(streams);
}

/** An empty row. */
const ROW = biff(0x201, [2, 0], [2, 0], [2, 0]);

/** With the failure that each comes to, where it is not read; those first that take the least time. */
export const OFFICE97_BOMBS: readonly HostileFile[] = [
  { name: 'ppt of edits', bytes: () => pptOfEdits(20_000), failure: 'CORRUPT_FILE' },
  { name: 'xls of one sheet', bytes: () => xlsOf([], 20_000, repeated(50_000, ROW)), failure: 'CORRUPT_FILE' },
  { name: 'doc of pieces', bytes: () => docOfPieces(20_000), failure: 'CORRUPT_FILE' },
  { name: 'ppt of one slide', bytes: () => pptOfOneSlide(5_000), failure: 'CORRUPT_FILE' },
  {
    name: 'ppt of slides',
    bytes: () => powerPoint97Of(Array.from({ length: 6_000 }, () => [[0, 'x']])),
    failure: 'TOO_LARGE',
  },
  { name: 'ppt of groups', bytes: () => pptOfGroups(500_000) },
  { name: 'ppt of one text', bytes: () => pptOfOneText(5_000), failure: 'TOO_LARGE' },
  { name: 'xls of one text', bytes: () => xlsOfOneText(500_000), failure: 'TOO_LARGE' },
  { name: 'xls of formats', bytes: () => xlsOfFormats(500_000) },
  { name: 'xls of empty cells', bytes: () => xlsOfEmptyCells(65_536) },
  { name: 'doc of numbers', bytes: () => docOfNumbers(300_000), failure: 'TOO_LARGE' },
].map((one) => ({ ...one, format: one.name.slice(0, 3) }));
