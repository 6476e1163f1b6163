import { IngestionFailure } from '@vectorlane/errors';
import type { ExtractionSource } from './text-extractor';

/**
 * Bytes to text when nobody can be trusted to say which charset it is. In this order: byte order mark, what the
 * uploader declared, what the file says of itself, the look of UTF-16, UTF-8, and at last windows-1252, in which every
 * byte means something.
 */

/** A string of Node ends near 512 Mi code units; what comes close is refused rather than met as a crash. */
const MAX_TEXT_BYTES = 256 * 1024 * 1024;
/** HTML asks for the declaration within 1,024 bytes; real pages need more. */
const DECLARATION_BYTES = 4_096;
const UTF16_SAMPLE_BYTES = 4_096;

/** Which declaration inside of the file counts. */
export type DeclaringFormat = 'html' | 'none';

/**
 * The text as it was written, without its byte order mark; not yet normalised.
 * @throws IngestionFailure `TOO_LARGE` above 256 MiB
 */
export function decodeText(source: ExtractionSource, declaring: DeclaringFormat = 'none'): string {
  const { bytes } = source;
  if (bytes.byteLength > MAX_TEXT_BYTES) {
    throw new IngestionFailure('TOO_LARGE', 'A text file may have at most 256 MiB. Split it into smaller files.');
  }
  const marked = byteOrderMark(bytes);
  if (marked !== undefined) return new TextDecoder(marked).decode(bytes);

  const declared = source.declaredCharset === undefined ? undefined : knownCharset(source.declaredCharset);
  const inside = declaring === 'html' ? declaredInside(bytes) : undefined;
  for (const charset of [declared, inside, guessUtf16(bytes)]) {
    // Two declarations are not believed. A UTF-8 that is not valid is none; and windows-1252, to which `us-ascii` and
    // `latin1` resolve and which programs put where they know nothing, hardly ever happens to be valid UTF-8.
    if (charset !== undefined && charset !== 'utf-8' && charset !== 'windows-1252') {
      return new TextDecoder(charset).decode(bytes);
    }
  }
  return decodeUtf8(bytes) ?? decodeWindows1252(bytes);
}

/**
 * The UTF-16 that these bytes look like, if any: at least its white space and digits have a zero in one place of two.
 */
export function guessUtf16(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  const sample = bytes.subarray(0, Math.min(bytes.length, UTF16_SAMPLE_BYTES) & ~1);
  const units = sample.length / 2;
  if (units < 2) return undefined;
  // A few bytes prove nothing unless nearly all of them agree; letters of other scripts have no zero at all.
  const wanted = units * (units < 64 ? 0.4 : 0.1);
  const little = latinUnits(sample, 1);
  const big = latinUnits(sample, 0);
  if (little > wanted && big < units * 0.01) return 'utf-16le';
  if (big > wanted && little < units * 0.01) return 'utf-16be';
  return undefined;
}

/** Code units whose high byte, at `high` of each pair, is zero; none when one of them is no character of a text. */
function latinUnits(sample: Uint8Array, high: 0 | 1): number {
  let found = 0;
  for (let index = 0; index < sample.length; index += 2) {
    if (sample[index + high] !== 0) continue;
    const low = sample[index + 1 - high] ?? 0;
    if (low < 0x09 || (low > 0x0d && low < 0x20)) return 0;
    found += 1;
  }
  return found;
}

/** The charset whose byte order mark these bytes begin with. */
export function byteOrderMark(bytes: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return undefined;
}

/** The WHATWG name of a label (`latin1` is `windows-1252`), or nothing when it is not one. */
function knownCharset(label: string): string | undefined {
  try {
    return new TextDecoder(label.trim()).encoding;
  } catch {
    return undefined; // A RangeError is how an unknown label is told; it is then as if none were given.
  }
}

function declaredInside(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, DECLARATION_BYTES)).toString('latin1');
  const label =
    /<meta\b[^>]{0,500}?\bcharset\s*=\s*["']?\s*([\w:.-]+)/i.exec(head)?.[1] ??
    /^\s*<\?xml\b[^>]{0,200}?\bencoding\s*=\s*["']([\w:.-]+)/i.exec(head)?.[1];
  const charset = label === undefined ? undefined : knownCharset(label);
  // A declaration that can be read byte by byte cannot be UTF-16; the HTML standard reads UTF-8 instead.
  return charset?.startsWith('utf-16') ? 'utf-8' : charset;
}

/** UTF-8, also with a few damaged characters, but not when they are so many that it is likely something else. */
function decodeUtf8(bytes: Uint8Array): string | undefined {
  const text = new TextDecoder('utf-8').decode(bytes);
  if (!text.includes('\ufffd')) return text;
  const damaged = count(text, /\ufffd/g);
  const intact = count(text, /[^\0-\x7f\ufffd]/g);
  return intact > damaged * 4 ? text : undefined;
}

function count(text: string, pattern: RegExp): number {
  let found = 0;
  pattern.lastIndex = 0;
  while (pattern.test(text)) found += 1;
  return found;
}

/** Positions 0x80 to 0x9F of windows-1252 (WHATWG index); the five unused ones stay the control characters they are. */
const WINDOWS_1252_HIGH =
  '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f' +
  '\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178';

/** By hand: TextDecoder of Node 20.20 reads windows-1252 as ISO 8859-1, so that quotes and the euro sign are lost. */
function decodeWindows1252(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString('latin1')
    .replace(/[\x80-\x9f]/g, (character) => WINDOWS_1252_HIGH.charAt(character.charCodeAt(0) - 0x80));
}
