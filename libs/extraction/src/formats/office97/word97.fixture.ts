import { compoundOf } from './office97.fixture';

/** Documents of Word 97 made by the specs: paragraphs with their properties, styles and lists, by [MS-DOC]. */

export interface WordLevel {
  /** Code of the kind of number: 0 is decimal, 23 a bullet, 255 none. */
  readonly kind?: number;
  /** What is shown; `%1` is the number of the first level. */
  readonly text: string;
  readonly start?: number;
  /** Level after which it begins again. */
  readonly restart?: number;
  readonly legal?: boolean;
}

export interface WordList {
  /** One level is a simple list; others have nine. */
  readonly levels: readonly WordLevel[];
}

export interface WordOverride {
  /** Index of its list. */
  readonly list: number;
  readonly levels?: readonly { readonly ilvl: number; readonly start?: number; readonly level?: WordLevel }[];
}

type Change = readonly [code: number, value: number];

export interface WordParagraph {
  readonly text: string;
  readonly style?: number;
  /** Number of what it names, from 1. */
  readonly list?: number;
  readonly ilvl?: number;
  readonly changes?: readonly Change[];
}

export interface WordStyle {
  /** Number of a style that every Word has: 1 to 9 are headings. */
  readonly builtIn?: number;
  readonly base?: number;
  readonly list?: number;
  readonly ilvl?: number;
}

const NO_STYLE = 0xfff;
const PAGE_BYTES = 512;
const TEXT_AT = 2_048;
const PARAGRAPHS_OF_PAGE = 10;

const u = (bytes: 1 | 2 | 4, ...values: readonly number[]): Buffer =>
  Buffer.concat(
    values.map((value) => {
      const buffer = Buffer.alloc(bytes);
      buffer.writeUIntLE(value >>> 0, 0, bytes);
      return buffer;
    }),
  );
const padded = (bytes: Buffer, unit: number): Buffer =>
  Buffer.concat([bytes, Buffer.alloc((unit - (bytes.length % unit)) % unit)]);

const LIST = 0x460b;
const ILVL = 0x260a;
/** Bytes of a value by the upper three bits of its code. */
const SIZES: readonly (1 | 2 | 4)[] = [1, 1, 2, 4, 2, 2];
const changesOf = ({ list, ilvl, changes = [] }: Pick<WordParagraph, 'list' | 'ilvl' | 'changes'>): Buffer => {
  const own: readonly Change[] = [
    ...(list === undefined ? [] : [[LIST, list] as const]),
    ...(ilvl === undefined ? [] : [[ILVL, ilvl] as const]),
    ...changes,
  ];
  return Buffer.concat(own.flatMap(([code, value]) => [u(2, code), u(SIZES[code >> 13] ?? 1, value)]));
};

export function levelOf({ kind = 0, text, start = 1, restart, legal = false }: WordLevel): Buffer {
  const places: number[] = [];
  let shown = '';
  for (const [index, part] of text.split(/%([1-9])/).entries()) {
    if (index % 2 === 1) places.push(shown.length + 1);
    shown += index % 2 === 1 ? String.fromCharCode(Number(part) - 1) : part;
  }
  const head = Buffer.alloc(28);
  head.writeInt32LE(start, 0);
  head.writeUInt8(kind, 4);
  head.writeUInt8((legal ? 0x04 : 0) | (restart === undefined ? 0 : 0x08), 5);
  for (const [index, place] of places.slice(0, 9).entries()) head.writeUInt8(place, 6 + index);
  // Properties of its paragraphs and letters stand between, and count for nothing here.
  head.writeUInt8(3, 24);
  head.writeUInt8(5, 25);
  head.writeUInt8(restart ?? 0, 26);
  return Buffer.concat([head, Buffer.alloc(8, 0x11), u(2, shown.length), Buffer.from(shown, 'utf16le')]);
}

function formatsOf(lists: readonly WordList[]): { counted: Buffer; behind: Buffer } {
  const heads = lists.map(({ levels }, index) =>
    Buffer.concat([u(4, 1_000 + index, 0), Buffer.alloc(18), u(1, levels.length === 1 ? 1 : 0, 0)]),
  );
  const levels = lists.flatMap(({ levels: own }) =>
    own.length === 1 ? own : Array.from({ length: 9 }, (_, ilvl) => own[ilvl] ?? { text: `%${ilvl + 1}.` }),
  );
  return { counted: Buffer.concat([u(2, lists.length), ...heads]), behind: Buffer.concat(levels.map(levelOf)) };
}

function overridesOf(overrides: readonly WordOverride[]): Buffer {
  const heads = overrides.map(({ list, levels = [] }) =>
    Buffer.concat([u(4, 1_000 + list, 0, 0), u(1, levels.length, 0, 0, 0)]),
  );
  const data = overrides.flatMap(({ levels = [] }) => [
    u(4, 0xffffffff),
    ...levels.flatMap(({ ilvl, start, level }) => [
      u(4, start ?? 0, ilvl | (start === undefined ? 0 : 0x10) | (level === undefined ? 0 : 0x20)),
      ...(level === undefined ? [] : [levelOf(level)]),
    ]),
  ]);
  return Buffer.concat([u(4, overrides.length), ...heads, ...data]);
}

function styleSheetOf(styles: readonly WordStyle[]): Buffer {
  const all = styles.map(({ builtIn = 0xffe, base = NO_STYLE, ...list }, index) => {
    const changes = changesOf(list);
    const name = Buffer.from(`Style ${index}`, 'utf16le');
    const head = u(2, builtIn, (base << 4) | 1, 2, 0, 0);
    const own = padded(Buffer.concat([u(2, changes.length + 2, index), changes]), 2);
    const style = Buffer.concat([head, u(2, name.length / 2), name, u(2, 0), own, u(2, 0)]);
    return Buffer.concat([u(2, style.length), style]);
  });
  return Buffer.concat([u(2, 18), u(2, all.length, 10), Buffer.alloc(14), ...all]);
}

/** Pages of properties: places, then where each is described, from their ends the descriptions. */
function pageOf(paragraphs: readonly WordParagraph[], places: readonly number[]): Buffer {
  const page = Buffer.alloc(PAGE_BYTES);
  let end = PAGE_BYTES - 2;
  for (const [index, place] of places.entries()) page.writeUInt32LE(place, index * 4);
  for (const [index, paragraph] of paragraphs.entries()) {
    const own = padded(Buffer.concat([u(2, paragraph.style ?? 0), changesOf(paragraph)]), 2);
    const description = Buffer.concat([u(1, 0, own.length / 2), own]);
    end -= description.length;
    description.copy(page, end);
    page.writeUInt8(end / 2, places.length * 4 + index * 13);
  }
  page.writeUInt8(paragraphs.length, PAGE_BYTES - 1);
  return page;
}

export interface Word97 {
  /** A text refers to each of them, in their order, with the character 2. */
  readonly notes?: readonly string[];
  readonly paragraphs: readonly WordParagraph[];
  readonly styles?: readonly WordStyle[];
  readonly lists?: readonly WordList[];
  readonly overrides?: readonly WordOverride[];
}

export function word97Of({ paragraphs, styles = [{ builtIn: 0 }], lists = [], overrides, notes = [] }: Word97): Buffer {
  const main = paragraphs.map((one) => `${one.text}\r`).join('');
  const text = Buffer.from(main + notes.map((note) => `${note}\r`).join(''), 'utf16le');
  const places = [TEXT_AT];
  for (const one of paragraphs) places.push((places.at(-1) ?? 0) + (one.text.length + 1) * 2);
  const pages: Buffer[] = [];
  for (let from = 0; from < paragraphs.length; from += PARAGRAPHS_OF_PAGE) {
    const till = Math.min(from + PARAGRAPHS_OF_PAGE, paragraphs.length);
    pages.push(pageOf(paragraphs.slice(from, till), places.slice(from, till + 1)));
  }
  const head = Buffer.alloc(TEXT_AT);
  const body = padded(Buffer.concat([head, text]), PAGE_BYTES);
  const firstPage = body.length / PAGE_BYTES;
  const formats = formatsOf(lists);
  const table: Buffer[] = [];
  const put = (pair: number, bytes: Buffer, behind: Buffer = Buffer.alloc(0)): void => {
    body.writeUInt32LE(Buffer.concat(table).length, pair);
    body.writeUInt32LE(bytes.length, pair + 4);
    table.push(bytes, behind);
  };
  const length = text.length / 2;
  put(0xa2, styleSheetOf(styles));
  put(0x102, u(4, ...pages.map((_, n) => places[n * PARAGRAPHS_OF_PAGE] ?? 0), places.at(-1) ?? 0, ...pages.map((_, n) => firstPage + n))); // prettier-ignore
  put(0x1a2, Buffer.concat([u(1, 2), u(4, 16), u(4, 0, length), u(2, 0), u(4, TEXT_AT), u(2, 0)]));
  put(0x2e2, formats.counted, formats.behind);
  put(0x2ea, overridesOf(overrides ?? lists.map((_, list) => ({ list }))));
  putNotes(main, notes, put);
  body.writeUInt16LE(0xa5ec, 0);
  body.writeUInt16LE(0x200, 0x0a);
  body.writeUInt32LE(main.length, 0x4c);
  body.writeUInt32LE(length - main.length, 0x50);
  return compoundOf({ WordDocument: Buffer.concat([body, ...pages]), '1Table': padded(Buffer.concat(table), 4_096) });
}

function putNotes(main: string, notes: readonly string[], put: (pair: number, bytes: Buffer) => void): void {
  if (notes.length === 0) return;
  const references = [...main].flatMap((character, index) => (character === '\x02' ? [index] : []));
  put(0xaa, Buffer.concat([u(4, ...references, main.length), Buffer.alloc(references.length * 2)]));
  let end = 0;
  put(0xb2, u(4, 0, ...notes.map((note) => (end += note.length + 1))));
}
