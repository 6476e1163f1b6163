import { decodeCharset } from '../../charset/charset-detection';

/** Records of an Excel workbook before 2007, by [MS-XLS] 2.1.4, and the kinds of text in them. */

export const BIFF = {
  formula: 0x06, formulaOf3: 0x206, formulaOf4: 0x406, endOfFile: 0x0a, from1904: 0x22, filePass: 0x2f, continue: 0x3c, codePage: 0x42, sheet: 0x85,
  mulRk: 0xbd, richString: 0xd6, style: 0xe0, strings: 0xfc, labelOfStrings: 0xfd, number: 0x203, label: 0x204,
  boolOrError: 0x205, string: 0x207, rk: 0x27e, format: 0x41e, beginOfFile: 0x809,
} as const; // prettier-ignore

const HEADER_BYTES = 4;
const OF_EXCEL_97 = 0x0600;

export interface BiffRecord {
  readonly type: number;
  readonly data: Buffer;
  /** Bytes of the records that only go on with this one. */
  readonly more: readonly Buffer[];
  /** How long all of them are in the file. */
  readonly bytes: number;
}

const NO_MORE: readonly Buffer[] = [];

/** The records from a place on; a last one that is cut off is left out. A workbook has one for each of its cells. */
export function* recordsFrom(stream: Buffer, start: number): Generator<BiffRecord, void> {
  const endOf = (at: number): number =>
    at < 0 || at + HEADER_BYTES > stream.length ? Infinity : at + HEADER_BYTES + stream.readUInt16LE(at + 2);
  let at = start;
  for (let end = endOf(at); end <= stream.length; end = endOf(at)) {
    const from = at;
    const type = stream.readUInt16LE(at);
    const data = stream.subarray(at + HEADER_BYTES, end);
    at = end;
    let more: Buffer[] | undefined;
    for (let next = endOf(at); next <= stream.length && stream.readUInt16LE(at) === BIFF.continue; next = endOf(at)) {
      more ??= [];
      more.push(stream.subarray(at + HEADER_BYTES, next));
      at = next;
    }
    yield { type, data, more: more ?? NO_MORE, bytes: at - from };
  }
}

/** How texts are written in this workbook: since Excel 97 in UTF-16, before in a code page. */
export class BiffTexts {
  private charset = 'windows-1252';
  private unicode = true;

  get isUnicode(): boolean {
    return this.unicode;
  }

  begin(beginOfFile: Buffer): void {
    this.unicode = beginOfFile.readUInt16LE(0) >= OF_EXCEL_97;
  }

  codePage(page: number): void {
    this.charset = CHARSETS.get(page) ?? (page >= 1250 && page <= 1258 ? `windows-${page}` : 'windows-1252');
  }

  /**
   * @param lengthBytes how many bytes tell how many characters there are
   * @param more what goes on with the record
   */
  read(data: Buffer, at: number, lengthBytes: 1 | 2, more: readonly Buffer[] = []): string {
    if (!this.unicode) {
      const start = at + lengthBytes;
      return decodeCharset(data.subarray(start, start + data.readUIntLE(at, lengthBytes)), this.charset);
    }
    return readText(new Pieces([data.subarray(at), ...more]), lengthBytes);
  }

  /** Of all cells, each told once. */
  readShared({ data, more }: BiffRecord): Generator<string, void> {
    return sharedTexts(data, more);
  }
}

const CHARSETS: ReadonlyMap<number, string> = new Map([
  [367, 'windows-1252'], [437, 'cp437'], [850, 'cp850'], [852, 'cp852'], [866, 'cp866'], [874, 'windows-874'],
  [932, 'shift_jis'], [936, 'gb18030'], [949, 'euc-kr'], [950, 'big5'], [10_000, 'macintosh'], [0x8000, 'macintosh'],
  [10_001, 'shift_jis'], [10_002, 'big5'], [10_003, 'euc-kr'], [10_006, 'macgreek'], [10_007, 'x-mac-cyrillic'],
  [10_008, 'gb18030'], [10_029, 'maccenteuro'], [10_081, 'macturkish'],
]); // prettier-ignore

function* sharedTexts(data: Buffer, more: readonly Buffer[]): Generator<string, void> {
  const pieces = new Pieces([data.subarray(8), ...more]);
  for (let left = data.readUInt32LE(4); left > 0 && !pieces.isAtEnd; left -= 1) yield readText(pieces, 2);
}

const WIDE = 1;
const WITH_READING = 4;
const WITH_RUNS = 8;

/** One text with what is said of its letters, which is passed over. */
function readText(pieces: Pieces, lengthBytes: 1 | 2): string {
  let left = pieces.number(lengthBytes);
  let flags = pieces.number(1);
  const behind =
    ((flags & WITH_RUNS) === 0 ? 0 : pieces.number(2) * 4) + ((flags & WITH_READING) === 0 ? 0 : pieces.number(4));
  const parts: string[] = [];
  while (left > 0) {
    const width = (flags & WIDE) === 0 ? 1 : 2;
    const bytes = pieces.take(left * width);
    parts.push(bytes.toString(width === 1 ? 'latin1' : 'utf16le'));
    left -= Math.floor(bytes.length / width);
    if (left === 0 || !pieces.next()) break;
    // What goes on in the next record says again how wide its letters are, even where it has all of them.
    flags = pieces.number(1);
  }
  pieces.skip(behind);
  return parts.join('');
}

/** Bytes of one record and of those that go on with it. */
class Pieces {
  private index = 0;
  private at = 0;

  constructor(private readonly pieces: readonly Buffer[]) {}

  get isAtEnd(): boolean {
    while (this.at >= this.current.length && this.next());
    return this.at >= this.current.length;
  }

  number(bytes: 1 | 2 | 4): number {
    if (this.isAtEnd) return 0;
    const value = this.current.readUIntLE(this.at, bytes);
    this.at += bytes;
    return value;
  }

  /** As many as the piece at hand still has. */
  take(count: number): Buffer {
    const bytes = this.current.subarray(this.at, this.at + count);
    this.at += bytes.length;
    return bytes;
  }

  skip(count: number): void {
    for (let left = count; left > 0 && !this.isAtEnd;) left -= this.take(left).length;
  }

  next(): boolean {
    if (this.index + 1 >= this.pieces.length) return false;
    this.index += 1;
    this.at = 0;
    return true;
  }

  private get current(): Buffer {
    return this.pieces[this.index] ?? Buffer.alloc(0);
  }
}
