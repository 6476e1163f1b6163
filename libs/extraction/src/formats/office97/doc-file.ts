import { IngestionFailure } from '@vectorlane/errors';
import { decodeCharset, detectCharset } from '../../charset/charset-detection';
import { passwordProtected } from '../container/zip-archive';

/** The structures of a Word document before 2007, by [MS-DOC] 2.5 (FIB) and 2.8 (PLC), and those of Word 6. */

const WORD_97 = 0xa5ec;
const WORD_6: ReadonlySet<number> = new Set([0xa5dc, 0xa699, 0xa5db]);
/** Of the flags of Word 6 and 95: the text is in pieces, it is in UTF-16. */
const COMPLEX = 0x04;
const WIDE = 0x1000;
const PAGE_BYTES = 512;
/** What stands before it in a code page marks cells, fields, paragraphs. */
const SPACE = 0x20;

/** A stretch of characters that lie together in the file. */
export interface Piece {
  readonly start: number;
  readonly end: number;
  /** Place of its first byte. */
  readonly at: number;
  readonly width: 1 | 2;
}

/** Lengths of the texts that follow one another, in characters. */
export interface StoryLengths {
  readonly main: number;
  readonly footnotes: number;
  readonly headers: number;
  readonly comments: number;
  readonly endnotes: number;
  readonly textBoxes: number;
}

/** What is said of the characters from one byte to another. */
export interface Properties {
  readonly from: number;
  readonly to: number;
  /** Of a paragraph, which style it has. */
  readonly style: number;
  readonly changes: Buffer;
}

interface Layout {
  readonly lengths: readonly [number, number, number, number, number, number];
  readonly pieces: number;
  readonly styles: number;
  readonly characters: number;
  readonly paragraphs: number;
  readonly footnotes: readonly [references: number, texts: number];
  readonly endnotes: readonly [references: number, texts: number];
  readonly lists: readonly [formats: number, overrides: number];
}

const LAYOUT_97: Layout = {
  lengths: [0x4c, 0x50, 0x54, 0x5c, 0x60, 0x64],
  pieces: 0x1a2, styles: 0xa2, characters: 0xfa, paragraphs: 0x102,
  footnotes: [0xaa, 0xb2],
  endnotes: [0x20a, 0x212],
  lists: [0x2e2, 0x2ea],
}; // prettier-ignore
/** Where Word 6 has them; its styles and properties are written in another way. */
const LAYOUT_6: Pick<Layout, 'lengths' | 'pieces'> = { lengths: [0x34, 0x38, 0x3c, 0x44, 0x48, 0x4c], pieces: 0x160 };

/** Code pages of the languages that Word 6 was sold for, by the lower byte of their ids. */
const CHARSETS: ReadonlyMap<number, string> = new Map([
  [0x01, 'windows-1256'], [0x04, 'gb18030'], [0x05, 'windows-1250'], [0x08, 'windows-1253'], [0x0d, 'windows-1255'],
  [0x0e, 'windows-1250'], [0x11, 'shift_jis'], [0x12, 'euc-kr'], [0x15, 'windows-1250'], [0x18, 'windows-1250'],
  [0x19, 'windows-1251'], [0x1b, 'windows-1250'], [0x1e, 'windows-874'], [0x1f, 'windows-1254'], [0x22, 'windows-1251'],
]); // prettier-ignore

export class DocFile {
  readonly lengths: StoryLengths;
  readonly pieces: readonly Piece[];
  private readonly layout: Layout | undefined;
  private readonly table: Buffer;
  private readonly charset: string;

  /**
   * @param stream a stream of the file by its name
   * @throws IngestionFailure `PASSWORD_PROTECTED`, `CORRUPT_FILE`; RangeError when it leads out of itself
   */
  constructor(
    private readonly document: Buffer,
    stream: (name: string) => Buffer | undefined,
  ) {
    const magic = document.readUInt16LE(0);
    const isOld = WORD_6.has(magic);
    if (!isOld && magic !== WORD_97) {
      const message =
        'This document is older than Word 6. Open it in a word processor, save it as DOCX and upload that.';
      throw new IngestionFailure('CORRUPT_FILE', message);
    }
    const flags = document.readUInt16LE(0x0a);
    if ((flags & 0x100) !== 0) throw passwordProtected();
    this.layout = isOld ? undefined : LAYOUT_97;
    const table = isOld ? document : stream((flags & 0x200) === 0 ? '0Table' : '1Table');
    if (table === undefined) throw new Error('the table of the document is missing');
    this.table = table;
    const { lengths, pieces } = this.layout ?? LAYOUT_6;
    const [main, footnotes, headers, comments, endnotes, textBoxes] = lengths.map((at) => document.readUInt32LE(at));
    this.lengths = {
      main: main ?? 0,
      footnotes: footnotes ?? 0,
      headers: headers ?? 0,
      comments: comments ?? 0,
      endnotes: endnotes ?? 0,
      textBoxes: textBoxes ?? 0,
    };
    const isSimple = isOld && (flags & COMPLEX) === 0;
    const width = isOld && (flags & WIDE) === 0 ? 1 : 2;
    const first = { start: 0, end: this.total, at: document.readUInt32LE(0x18), width } as const;
    this.pieces = isSimple ? [first] : piecesOf(this.part(pieces), width);
    this.assertApart();
    this.charset = width === 1 ? this.charsetOfWord6() : 'windows-1252';
  }

  /** Whether anything but the text is known of it. */
  get hasProperties(): boolean {
    return this.layout !== undefined;
  }

  /** The characters of a piece; one that leads out of the file ends with it. */
  textOf({ at, width, start, end }: Piece): string {
    const bytes = this.document.subarray(at, at + (end - start) * width);
    if (width === 2) return bytes.toString('utf16le');
    // Since Word 97 one byte is what windows-1252 says. Before, characters of two bytes count as two.
    return decodeCharset(bytes, this.charset);
  }

  /** Pieces stand beside each other in the file: together they are no longer than it is. */
  private assertApart(): void {
    const { length } = this.document;
    let sum = 0;
    for (const { at, start, end, width } of this.pieces) {
      sum += Math.max(0, Math.min((end - start) * width, length - at));
      if (sum > length) throw new Error('the pieces of the text are longer than the document');
    }
  }

  /** By its language, unless that says no more than a program's default; then what its bytes look like. */
  private charsetOfWord6(): string {
    const stated = CHARSETS.get(this.document.readUInt16LE(6) & 0xff);
    const bytes = Buffer.concat(this.pieces.map(({ at, start, end }) => this.document.subarray(at, at + end - start)));
    return stated ?? detectCharset(bytes.filter((byte) => byte >= SPACE))?.charset ?? 'windows-1252';
  }

  /** Of Word 97 and later: what is said of paragraphs, in the order of the bytes. */
  paragraphs(): readonly Properties[] {
    return this.layout === undefined ? [] : this.properties(this.layout.paragraphs, readParagraphs);
  }

  /** As `paragraphs`, of runs of characters. */
  characters(): readonly Properties[] {
    return this.layout === undefined ? [] : this.properties(this.layout.characters, readCharacters);
  }

  styles(): Buffer | undefined {
    return this.layout === undefined ? undefined : this.part(this.layout.styles);
  }

  /** Of its lists how they are numbered, with the levels behind, which are not counted; and what paragraphs name. */
  lists(): readonly [formats: Buffer, overrides: Buffer] {
    const [formats, overrides] = this.layout?.lists ?? [];
    if (formats === undefined || overrides === undefined || this.document.length < overrides + 8) return [EMPTY, EMPTY];
    const hasLists = this.document.readUInt32LE(formats + 4) > 0;
    return [hasLists ? this.table.subarray(this.document.readUInt32LE(formats)) : EMPTY, this.part(overrides)];
  }

  /** Of each note, where the text refers to it, and from where to where it goes in the text of all notes. */
  notes(kind: 'footnotes' | 'endnotes'): readonly { at: number; from: number; to: number }[] {
    if (this.layout === undefined) return [];
    const [references, texts] = this.layout[kind].map((at) => this.part(at));
    if (references === undefined || texts === undefined || references.length < 4) return [];
    const count = Math.floor((references.length - 4) / 6);
    return Array.from({ length: count }, (_, index) => ({
      at: references.readUInt32LE(index * 4),
      from: texts.readUInt32LE(index * 4),
      to: texts.readUInt32LE(index * 4 + 4),
    }));
  }

  private get total(): number {
    const { main, footnotes, headers, comments, endnotes, textBoxes } = this.lengths;
    return main + footnotes + headers + comments + endnotes + textBoxes;
  }

  /** What a pair of place and length in the head of the file leads to. */
  private part(pair: number): Buffer {
    const at = this.document.readUInt32LE(pair);
    return this.table.subarray(at, at + this.document.readUInt32LE(pair + 4));
  }

  private properties(pair: number, read: (page: Buffer) => readonly Properties[]): readonly Properties[] {
    const pages = this.part(pair);
    const count = Math.floor((pages.length - 4) / 8);
    const found: Properties[] = [];
    const seen = new Set<number>();
    for (let index = 0; index < count; index += 1) {
      const number = pages.readUInt32LE((count + 1) * 4 + index * 4) & 0x3fffff;
      const page = this.document.subarray(number * PAGE_BYTES, (number + 1) * PAGE_BYTES);
      if (page.length < PAGE_BYTES || seen.has(number)) continue;
      seen.add(number);
      found.push(...read(page));
    }
    return found.toSorted((left, right) => left.from - right.from);
  }
}

/** @param most bytes of a letter; since Word 97 each piece says whether its have but one */
function piecesOf(table: Buffer, most: 1 | 2): readonly Piece[] {
  let at = 0;
  // Properties that pieces share stand before.
  while (table.readUInt8(at) === 1) at += 3 + table.readUInt16LE(at + 1);
  if (table.readUInt8(at) !== 2) throw new Error('the table of pieces is missing');
  const list = table.subarray(at + 5, at + 5 + table.readUInt32LE(at + 1));
  const count = Math.floor((list.length - 4) / 12);
  const pieces: Piece[] = [];
  for (let index = 0; index < count; index += 1) {
    const [start, end] = [list.readUInt32LE(index * 4), list.readUInt32LE(index * 4 + 4)];
    const place = list.readUInt32LE((count + 1) * 4 + index * 8 + 2);
    const isNarrow = (place & 0x40000000) !== 0;
    const width = isNarrow ? 1 : most;
    if (end > start) pieces.push({ start, end, at: isNarrow ? (place & 0x3fffffff) / 2 : place, width });
  }
  return pieces;
}

const DESCRIPTION_BYTES = 13;

function readParagraphs(page: Buffer): readonly Properties[] {
  return readPage(page, DESCRIPTION_BYTES, (at) => {
    const words = page.readUInt8(at);
    const [start, length] = words === 0 ? [at + 2, page.readUInt8(at + 1) * 2] : [at + 1, words * 2 - 1];
    const bytes = page.subarray(start, start + length);
    return bytes.length < 2 ? NOTHING : { style: bytes.readUInt16LE(0), changes: bytes.subarray(2) };
  });
}

function readCharacters(page: Buffer): readonly Properties[] {
  return readPage(page, 1, (at) => {
    return { style: 0, changes: page.subarray(at + 1, at + 1 + page.readUInt8(at)) };
  });
}

const EMPTY = Buffer.alloc(0);
const NOTHING = { style: 0, changes: EMPTY };

function readPage(
  page: Buffer,
  descriptionBytes: number,
  read: (at: number) => Pick<Properties, 'style' | 'changes'>,
): readonly Properties[] {
  const count = page.readUInt8(PAGE_BYTES - 1);
  const descriptions = (count + 1) * 4;
  if (descriptions + count * descriptionBytes > PAGE_BYTES) return [];
  return Array.from({ length: count }, (_, index) => {
    const offset = page.readUInt8(descriptions + index * descriptionBytes) * 2;
    const said = offset === 0 ? NOTHING : read(offset);
    return { from: page.readUInt32LE(index * 4), to: page.readUInt32LE(index * 4 + 4), ...said };
  });
}

/** The changes to what a style says, as pairs of a code and its value's first number. */
export function* changesIn(bytes: Buffer): Generator<readonly [code: number, value: number], void> {
  for (let at = 0; at + 2 < bytes.length;) {
    const code = bytes.readUInt16LE(at);
    at += 2;
    let size = SIZES[code >> 13] ?? 0;
    if (size === 0) {
      // Long ones say their length themselves: tables in two bytes, which count themselves but for one.
      const isTable = code === 0xd608;
      if (at + (isTable ? 2 : 1) > bytes.length) return;
      size = isTable ? bytes.readUInt16LE(at) + 1 : bytes.readUInt8(at) + 1;
    }
    if (at + size > bytes.length) return;
    yield [code, bytes.readUIntLE(at, Math.min(size, 2))];
    at += size;
  }
}

/** Bytes of a value by the upper three bits of its code; none: it says so itself. */
const SIZES: readonly number[] = [1, 1, 2, 4, 2, 2, 0, 3];
