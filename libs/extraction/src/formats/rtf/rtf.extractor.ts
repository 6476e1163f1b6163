import { IngestionFailure } from '@vectorlane/errors';
import { TextAssembly } from '../../text-assembly';
import type { ExtractedDocument, ExtractionSource, TextExtractor } from '../../text-extractor';
import { decodeCharset } from '../../charset/charset-detection';
import { rtfTokens } from './rtf-tokens';

/** Rich Text Format: paragraphs, headings by their styles, lists, tables as rows. */
export class RtfExtractor implements TextExtractor {
  readonly format = 'rtf';
  readonly lane = 'fast';
  readonly extensions = ['rtf'];
  readonly mediaTypes = ['application/rtf', 'text/rtf'];

  extract(source: ExtractionSource): Promise<ExtractedDocument> {
    return new Promise((resolve) => resolve(extractRtf(source)));
  }
}

/** @throws IngestionFailure `CORRUPT_FILE`, `TOO_LARGE` */
export function extractRtf({ bytes }: ExtractionSource): ExtractedDocument {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  if (source.trim() === '') return { text: '', blocks: [] };
  if (!/^\s*\{\\rtf/.test(source)) {
    throw new IngestionFailure('CORRUPT_FILE', 'This is no RTF document. Save it as RTF, DOCX or PDF and upload that.');
  }
  const reader = new RtfReader();
  for (const token of rtfTokens(source)) {
    if (token.kind === 'open') reader.open();
    else if (token.kind === 'close') reader.close();
    else if (token.kind === 'byte') reader.byte(token.value);
    else if (token.kind === 'word') reader.word(token.name, token.value);
    else reader.text(source.slice(token.start, token.end));
  }
  return reader.finish();
}

/** What a group is about, when it is not the text. */
const LEFT_OUT = new Set([
  'fonttbl', 'colortbl', 'info', 'pict', 'object', 'header', 'headerl', 'headerr', 'headerf', 'footer', 'footerl', 'footerr',
  'footerf', 'generator', 'themedata', 'colorschememapping', 'datastore', 'latentstyles', 'listtable', 'listoverridetable',
  'rsidtbl', 'mmathPr', 'xmlnstbl', 'fldinst', 'pntext', 'filetbl', 'revtbl', 'nonshppict', 'bkmkstart', 'bkmkend', 'annotation',
  'atnid', 'atnauthor', 'pgdsctbl', 'private', 'template',
]); // prettier-ignore

const CHARSETS: ReadonlyMap<number, string> = new Map([
  [0, 'windows-1252'], [77, 'macintosh'], [78, 'shift_jis'], [79, 'euc-kr'], [80, 'gb18030'], [81, 'big5'],
  [89, 'x-mac-cyrillic'], [128, 'shift_jis'], [129, 'euc-kr'], [134, 'gb18030'], [136, 'big5'],
  [161, 'windows-1253'], [162, 'windows-1254'], [163, 'windows-1258'], [177, 'windows-1255'], [178, 'windows-1256'],
  [186, 'windows-1257'], [204, 'windows-1251'], [222, 'windows-874'], [238, 'windows-1250'],
]); // prettier-ignore
const CODE_PAGES: ReadonlyMap<number, string> = new Map([
  [437, 'cp437'], [850, 'cp850'], [866, 'ibm866'], [874, 'windows-874'], [932, 'shift_jis'], [936, 'gb18030'], [949, 'euc-kr'],
  [950, 'big5'], [10000, 'macintosh'], [10001, 'shift_jis'], [10002, 'big5'], [10003, 'euc-kr'], [10007, 'x-mac-cyrillic'],
  [10008, 'gb18030'], [65001, 'utf-8'],
]); // prettier-ignore

const SIGNS: ReadonlyMap<string, string> = new Map([
  ['tab', '\t'], ['line', '\n'], ['lquote', '‘'], ['rquote', '’'], ['ldblquote', '“'], ['rdblquote', '”'], ['endash', '–'],
  ['emdash', '—'], ['bullet', '•'], ['~', '\u00a0'], ['_', '\u2011'], ['-', ''], ['\\', '\\'], ['{', '{'], ['}', '}'], ['emspace', ' '],
  ['enspace', ' '], ['softline', '\n'],
]); // prettier-ignore

interface Group {
  leftOut: boolean;
  hidden: boolean;
  charset: string;
  /** Characters that stand for a \\u where nobody knows it. */
  fallback: number;
  isFontTable: boolean;
  isStyleSheet: boolean;
}

const MAX_DEPTH = 10_000;
const MAX_TITLE_LENGTH = 300;

/** State is kept in a flat stack of groups, never recursion. */
class RtfReader {
  private readonly assembly = new TextAssembly();
  private readonly groups: Group[] = [];
  private group: Group = {
    leftOut: false,
    hidden: false,
    charset: 'windows-1252',
    fallback: 1,
    isFontTable: false,
    isStyleSheet: false,
  };
  private tooDeep = 0;
  private readonly fonts = new Map<number, string>();
  private readonly levels = new Map<number, number>();
  private defaultCharset = 'windows-1252';
  private font = 0;
  private style: { number: number; readonly name: string[] } | undefined;
  private pieces: string[] = [];
  private pendingBytes: number[] = [];
  /** The last of them is the first of two; the second may stand in the file as it is. */
  private awaitsSecond = false;
  private highSurrogate = '';
  private skipped = 0;
  private level = 0;
  private inTable = false;
  private cells: string[] = [];
  private rowsBefore = false;
  private ignorable = false;
  /** Nothing of the group has been read: here alone `\\*` says that those who do not know it may leave it out. */
  private atStart = false;

  open(): void {
    this.flushBytes();
    this.atStart = true;
    if (this.groups.length >= MAX_DEPTH) this.tooDeep += 1;
    else {
      this.groups.push(this.group);
      this.group = { ...this.group };
    }
    if (this.group.isStyleSheet) this.style = { number: 0, name: [] };
  }

  close(): void {
    this.flushBytes();
    if (this.group.isStyleSheet) this.endStyle();
    if (this.tooDeep > 0) this.tooDeep -= 1;
    else this.group = this.groups.pop() ?? this.group;
    this.skipped = 0;
  }

  byte(value: number): void {
    this.atStart = false;
    if (this.skipped > 0) this.skipped -= 1;
    else if (!this.group.leftOut && !this.group.hidden) {
      this.pendingBytes.push(value);
      this.awaitsSecond = !this.awaitsSecond && isFirstOfTwo(value, this.group.charset);
    }
  }

  text(text: string): void {
    const shown = text.replace(/[\r\n]/g, '');
    if (shown !== '') this.atStart = false;
    const from = Math.min(this.skipped, shown.length);
    this.skipped -= from;
    // Bytes beyond ASCII may stand in a file as they are, too.
    for (const part of shown.slice(from).split(/([\x80-\xff]+)/)) {
      const bytes = /^[\x80-\xff]/.test(part) ? part.length : Number(this.awaitsSecond && part !== '');
      for (const character of part.slice(0, bytes)) this.byte(character.charCodeAt(0));
      if (bytes < part.length) this.append(part.slice(bytes));
    }
  }

  word(name: string, value: number | undefined): void {
    const ignorable = this.ignorable;
    this.ignorable = name === '*' && this.atStart;
    this.atStart = false;
    if (name === 'u') return this.unicode(value ?? 0);
    if (LEFT_OUT.has(name) || (ignorable && name !== 'shppict' && name !== 'listtext')) {
      this.group.isFontTable = name === 'fonttbl';
      this.group.leftOut = true;
    }
    if (name === 'stylesheet') {
      this.group.isStyleSheet = true;
      this.group.leftOut = true;
    }
    if (this.group.leftOut) return this.definition(name, value);
    const sign = SIGNS.get(name);
    if (sign !== undefined) {
      // Of two bytes, the second one may be a sign that has to be escaped.
      return /^[\\{}]$/.test(sign) && this.awaitsSecond ? this.byte(sign.charCodeAt(0)) : this.append(sign);
    }
    this.control(name, value);
  }

  finish(): ExtractedDocument {
    this.endParagraph();
    this.endRow();
    return this.assembly.finish();
  }

  private control(name: string, value: number | undefined): void {
    switch (name) {
      case 'par':
      case 'sect':
      case 'page':
        return this.inTable ? this.append(' ') : this.endParagraph();
      case 'pard':
        this.level = 0;
        this.inTable = false;
        return;
      case 'intbl':
        if (!this.inTable) this.endParagraph();
        this.inTable = true;
        return;
      case 'cell':
      case 'nestcell':
        return this.endCell();
      case 'row':
      case 'nestrow':
        return this.endRow();
      case 's':
        this.level = this.levels.get(value ?? 0) ?? this.level;
        return;
      case 'outlinelevel':
        this.level = (value ?? 9) + 1;
        return;
      case 'v':
      case 'deleted':
        this.flushBytes();
        this.group.hidden = value !== 0;
        return;
      case 'f':
        this.flushBytes();
        this.group.charset = this.fonts.get(value ?? 0) ?? this.defaultCharset;
        return;
      case 'plain':
        this.flushBytes();
        this.group.hidden = false;
        this.group.charset = this.defaultCharset;
        return;
      case 'ansicpg':
        this.defaultCharset = codePage(value ?? 1252) ?? this.defaultCharset;
        this.group.charset = this.defaultCharset;
        return;
      case 'mac':
        this.defaultCharset = 'macintosh';
        this.group.charset = this.defaultCharset;
        return;
      case 'pc':
      case 'pca':
        this.defaultCharset = name === 'pc' ? 'cp437' : 'cp850';
        this.group.charset = this.defaultCharset;
        return;
      case 'uc':
        this.group.fallback = Math.min(Math.max(value ?? 1, 0), 10);
    }
  }

  /** What fonts and styles say of the text that names them. */
  private definition(name: string, value: number | undefined): void {
    if (name === 'f') this.font = value ?? 0;
    else if (name === 'fcharset') {
      const charset = CHARSETS.get(value ?? 0);
      if (charset !== undefined && value !== 0) this.fonts.set(this.font, charset);
    } else if (this.style !== undefined && name === 's') this.style.number = value ?? 0;
    else if (this.style !== undefined && name === 'outlinelevel') this.levels.set(this.style.number, (value ?? 9) + 1);
  }

  private endStyle(): void {
    const { style } = this;
    this.style = undefined;
    if (style === undefined) return;
    const heading = /^\s*(?:heading|überschrift|titre|título) ?([1-9])\s*;?\s*$/i.exec(style.name.join(''));
    if (heading !== null) this.levels.set(style.number, Number(heading[1]));
  }

  private unicode(value: number): void {
    this.flushBytes();
    const code = value < 0 ? value + 0x10000 : value;
    this.skipped = this.group.fallback;
    if (this.group.leftOut || this.group.hidden || code > 0xffff || code < 0) return;
    const character = String.fromCharCode(code);
    if (code >= 0xd800 && code <= 0xdbff) this.highSurrogate = character;
    else {
      this.pieces.push(this.highSurrogate + character);
      this.highSurrogate = '';
    }
  }

  private append(text: string): void {
    if (this.style !== undefined) this.style.name.push(text);
    if (this.group.leftOut || this.group.hidden) return;
    this.flushBytes();
    this.pieces.push(text);
  }

  private flushBytes(): void {
    this.awaitsSecond = false;
    if (this.pendingBytes.length === 0) return;
    const bytes = Uint8Array.from(this.pendingBytes);
    this.pendingBytes = [];
    this.pieces.push(decodeCharset(bytes, this.group.charset));
  }

  private takeText(): string {
    this.flushBytes();
    const text = this.pieces.join('').trim();
    this.pieces = [];
    return text;
  }

  private endParagraph(): void {
    const text = this.takeText();
    if (text === '') return;
    this.rowsBefore = false;
    const line = text.replace(/\s+/g, ' ');
    if (this.level >= 1 && this.level <= 9 && line.length <= MAX_TITLE_LENGTH) {
      this.assembly.add({ kind: 'heading', level: this.level, text: line });
    } else this.assembly.add({ kind: 'paragraph', text });
  }

  private endCell(): void {
    this.cells.push(this.takeText().replace(/\s+/g, ' '));
  }

  private endRow(): void {
    const { cells } = this;
    this.cells = [];
    if (cells.every((cell) => cell === '')) return;
    this.assembly.add({ kind: 'row', text: cells.join(' | '), separator: this.rowsBefore ? '\n' : '\n\n' });
    this.rowsBefore = true;
  }
}

const OF_TWO_BYTES = new Set(['shift_jis', 'euc-kr', 'gb18030', 'big5']);

/** Between its two ranges Shift_JIS has letters of one byte. */
function isFirstOfTwo(byte: number, charset: string): boolean {
  if (!OF_TWO_BYTES.has(charset)) return false;
  return byte >= 0x81 && byte <= 0xfe && !(charset === 'shift_jis' && byte >= 0xa0 && byte <= 0xdf);
}

function codePage(number: number): string | undefined {
  return CODE_PAGES.get(number) ?? (number >= 1250 && number <= 1258 ? `windows-${number}` : undefined);
}
