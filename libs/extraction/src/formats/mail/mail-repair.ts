import { isAscii } from 'node:buffer';
import { decodePart } from './mail-charset';

/** What is longer is no head of a message. */
const MAX_HEAD_BYTES = 1024 * 1024;
const LINE_FEED = 0x0a;
const FIELD = /^[!-9;-~]+[ \t]*:/;
const ENVELOPE = /^>?From /;
const LINE_END = Buffer.from('\n');

/**
 * The message as mail programs read it, where its head does not keep to the rules: empty lines before it are left out,
 * letters beyond ASCII that nobody encoded are UTF-8, and an empty line stands where the head ends without one.
 */
export function repaired(bytes: Uint8Array): Uint8Array {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = afterEmptyLines(file);
  const lines = headLines(file, start);
  const cut = lines.findIndex((_, index) => isEnd(lines, index));
  const end = cut < 0 ? (lines.at(-1)?.end ?? start) : (lines[cut]?.start ?? start);
  const head = file.subarray(start, end);
  if (start === 0 && cut < 0 && isAscii(head)) return bytes;
  const text = isAscii(head) ? head : Buffer.from(decodePart(encodedWords(head), undefined));
  return Buffer.concat([text, cut < 0 ? Buffer.alloc(0) : LINE_END, file.subarray(end)]);
}

/** Bytes in a word that says its charset are of that one. */
function encodedWords(head: Buffer): Buffer {
  const words = head
    .toString('latin1')
    .replace(/=\?[\w-]{1,40}\?q\?[^?\s]*\?=/gi, (word) =>
      word.replace(/[\x80-\xff]/g, (byte) => `=${byte.charCodeAt(0).toString(16)}`),
    );
  return Buffer.from(words, 'latin1');
}

interface Line {
  readonly start: number;
  readonly end: number;
  readonly kind: 'field' | 'folded' | 'blank' | 'other';
  /** Whether a field follows before the next empty line. */
  isBeforeField: boolean;
}

/** A line of white space before text that is no field, or the first line that is none when no field follows it. */
function isEnd(lines: readonly Line[], index: number): boolean {
  const line = lines[index];
  const next = lines[index + 1]?.kind;
  if (line?.kind === 'blank') return index > 0 && next !== 'field' && next !== 'folded' && next !== 'blank';
  return line?.kind === 'other' && !line.isBeforeField;
}

function headLines(file: Buffer, from: number): readonly Line[] {
  const lines: Line[] = [];
  for (let start = from; start < file.length && start - from < MAX_HEAD_BYTES;) {
    const lineFeed = file.indexOf(LINE_FEED, start);
    const end = lineFeed < 0 ? file.length : lineFeed + 1;
    // Names of fields are short.
    const text = file.toString('latin1', start, Math.min(end, start + 1_000)).replace(/[\r\n]+$/, '');
    if (text === '') break;
    lines.push({ start, end, kind: kindOf(text, lines.length === 0), isBeforeField: false });
    start = end;
  }
  const last = lines.findLastIndex(({ kind }) => kind === 'field');
  for (const line of lines.slice(0, Math.max(0, last))) line.isBeforeField = true;
  return lines;
}

function kindOf(text: string, isFirst: boolean): Line['kind'] {
  if (text.trim() === '') return 'blank';
  if (FIELD.test(text) || (isFirst && ENVELOPE.test(text))) return 'field';
  return !isFirst && /^[ \t]/.test(text) ? 'folded' : 'other';
}

function afterEmptyLines(file: Buffer): number {
  let start = 0;
  while (file[start] === 0x0d || file[start] === LINE_FEED) start += 1;
  return start;
}
