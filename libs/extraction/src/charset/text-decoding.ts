import { IngestionFailure } from '@vectorlane/errors';
import type { ExtractionSource } from '../text-extractor';
import { decodeCharset, detectCharset } from './charset-detection';

/**
 * Bytes to text when nobody can be trusted to say which charset it is. In this order: byte order mark, the look of
 * UTF-16, UTF-8 that is valid, a declaration that fits the bytes, UTF-8 with a little damage, and detection. What none
 * of them explains is refused: a text of wrong letters is worse than none.
 */

/** A string of Node ends near 512 Mi code units; what comes close is refused rather than met as a crash. */
const MAX_TEXT_BYTES = 256 * 1024 * 1024;
/** HTML asks for the declaration within 1,024 bytes; pages have it later too, behind scripts and styles. */
const DECLARATION_BYTES = 256 * 1024;
const UTF16_SAMPLE_BYTES = 4_096;

/** Which declaration inside of the file counts. */
export type DeclaringFormat = 'html' | 'xml' | 'none';

/**
 * The text as it was written, without its byte order mark; not yet normalised.
 * @throws IngestionFailure `TOO_LARGE` above 256 MiB, `UNKNOWN_CHARSET`
 */
export function decodeText(source: ExtractionSource, declaring: DeclaringFormat = 'none'): string {
  const { bytes } = source;
  if (bytes.byteLength > MAX_TEXT_BYTES) {
    throw new IngestionFailure('TOO_LARGE', 'A text file may have at most 256 MiB. Split it into smaller files.');
  }
  const marked = byteOrderMark(bytes) ?? guessUtf16(bytes);
  if (marked !== undefined) return new TextDecoder(marked).decode(bytes);
  return (
    decodeIso2022Jp(bytes) ??
    decodeStrictly(bytes, 'utf-8') ??
    decodeDeclared(bytes, source.declaredCharset) ??
    decodeDeclared(bytes, declaring === 'none' ? undefined : declaredInside(bytes, declaring)) ??
    decodeDamagedUtf8(bytes) ??
    decodeDetected(bytes)
  );
}

/** Undefined when the bytes are not valid in this charset. */
function decodeStrictly(bytes: Uint8Array, charset: string): string | undefined {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch {
    return undefined; // A TypeError is how invalid bytes are told.
  }
}

/** The one charset in use that is ASCII to look at: it says by escape sequences which letters are meant. */
function decodeIso2022Jp(bytes: Uint8Array): string | undefined {
  const escape = bytes.indexOf(0x1b);
  if (escape < 0 || (bytes[escape + 1] !== 0x24 && bytes[escape + 1] !== 0x28)) return undefined;
  return decodeStrictly(bytes, 'iso-2022-jp');
}

/** By a declaration, if it is known and fits. */
function decodeDeclared(bytes: Uint8Array, label: string | undefined): string | undefined {
  const charset = label === undefined ? undefined : knownCharset(label);
  if (charset === undefined || charset === 'utf-8' || charset === 'replacement') return undefined;
  // `us-ascii` and `latin1` resolve to it too, and programs put it where they know nothing: anything likely is
  // likelier.
  if (charset === 'windows-1252') return decodeDetected(bytes, charset);
  return charset === 'x-user-defined' ? undefined : decodeStrictly(bytes, charset);
}

/** @param fallback what is taken when nothing is likely @throws IngestionFailure `UNKNOWN_CHARSET` without one */
function decodeDetected(bytes: Uint8Array, fallback?: string): string {
  const charset = detectCharset(bytes)?.charset ?? fallback;
  if (charset !== undefined) return decodeCharset(bytes, charset);
  throw new IngestionFailure(
    'UNKNOWN_CHARSET',
    'It cannot be told in which character set this file is. Save it as UTF-8, or upload it with its charset in the ' +
      'Content-Type, as in "text/plain; charset=koi8-r".',
  );
}

/**
 * The UTF-16 that these bytes look like, if any: at least its white space and digits have a zero in one place
 * of two.
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

/** The charset that a page or an XML file gives for itself; comments, scripts and styles are not part of it. */
function declaredInside(bytes: Uint8Array, declaring: 'html' | 'xml'): string | undefined {
  const head = Buffer.from(bytes.subarray(0, DECLARATION_BYTES)).toString('latin1');
  const label =
    /^\s*<\?xml\b[^>]{0,200}?\bencoding\s*=\s*["']([\w:.-]+)/i.exec(head)?.[1] ??
    (declaring === 'html' ? metaCharset(withoutHidden(head)) : undefined);
  const charset = label === undefined ? undefined : knownCharset(label);
  // A declaration that can be read byte by byte cannot be UTF-16.
  return charset?.startsWith('utf-16') ? undefined : charset;
}

function metaCharset(head: string): string | undefined {
  return /<meta\b[^>]{0,500}?\bcharset\s*=\s*["']?\s*([\w:.-]+)/i.exec(head)?.[1];
}

/** Without comments, scripts and styles, whose content may look like anything. */
function withoutHidden(head: string): string {
  let rest = head;
  let shown = '';
  for (;;) {
    const start = /<!--|<script\b|<style\b/i.exec(rest);
    if (start === null) return shown + rest;
    shown += rest.slice(0, start.index);
    const inside = rest.slice(start.index + 4);
    const end = start[0] === '<!--' ? /-->/.exec(inside) : /<\/(?:script|style)/i.exec(inside);
    if (end === null) return shown;
    rest = inside.slice(end.index + end[0].length);
  }
}

/** UTF-8 with a few damaged characters, but not when they are so many that it is likely something else. */
function decodeDamagedUtf8(bytes: Uint8Array): string | undefined {
  const text = new TextDecoder('utf-8').decode(bytes);
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
