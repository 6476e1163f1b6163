import { IngestionFailure } from '@vectorlane/errors';
import { decodeCharset } from '../../charset/charset-detection';
import { type DeclaringFormat, decodeText } from '../../charset/text-decoding';

/**
 * Text of a part, by the charset that it declares where the bytes are of it. Programs of mail know what they write, but
 * for `us-ascii`, which they put where they know nothing, and UTF-8 under the name of an older charset.
 * @param declaring where a part without a charset may declare one inside
 * @throws IngestionFailure `TOO_LARGE`
 */
export function decodePart(bytes: Uint8Array, label: string | undefined, declaring: DeclaringFormat = 'none'): string {
  const charset = label === undefined ? undefined : charsetOf(label);
  if (charset === undefined) return guessed(bytes, declaring);
  if (charset === 'utf-7') return decodeCharset(bytes, charset);
  if (charset === 'windows-1252' || BEYOND_WHATWG.test(charset)) {
    return strictly(bytes, 'utf-8') ?? decodeCharset(bytes, charset);
  }
  const text = strictly(bytes, charset) ?? strictly(bytes, 'utf-8');
  if (text !== undefined) return text;
  const damaged = decodeCharset(bytes, charset);
  return charset === 'utf-8' && !isMostlyWhole(damaged) ? guessed(bytes, declaring) : damaged;
}

/** UTF-8 in which not more characters are damaged than are whole. */
function isMostlyWhole(text: string): boolean {
  const count = (pattern: RegExp): number => text.match(pattern)?.length ?? 0;
  return count(/\ufffd/g) <= count(/[^\0-\x7f\ufffd]/g);
}

/** Names of mail that are none of the web, by their letters and digits. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ['cp932', 'shift_jis'], ['shiftjis', 'shift_jis'], ['eucjp', 'euc-jp'], ['cp51932', 'euc-jp'],
  ['iso2022jp1', 'iso-2022-jp'], ['iso2022jp2', 'iso-2022-jp'], ['cp50220', 'iso-2022-jp'],
  ['cp50221', 'iso-2022-jp'], ['cp50222', 'iso-2022-jp'], ['cp936', 'gb18030'], ['windows936', 'gb18030'],
  ['cp949', 'euc-kr'], ['uhc', 'euc-kr'], ['cp950', 'big5'], ['windows950', 'big5'], ['cp874', 'windows-874'],
  ['tis620', 'windows-874'], ['iso88598e', 'iso-8859-8'], ['cp437', 'cp437'], ['ibm437', 'cp437'],
  ['utf7', 'utf-7'], ['unicode11utf7', 'utf-7'], ['cp850', 'cp850'], ['ibm850', 'cp850'], ['cp852', 'cp852'],
  ['ibm852', 'cp852'],
]); // prettier-ignore

const BEYOND_WHATWG = /^cp/;
const SAYS_NOTHING = /^(?:us-)?ascii$|^x-user-defined$/i;

function charsetOf(label: string): string | undefined {
  const name = label.trim();
  if (SAYS_NOTHING.test(name)) return undefined;
  try {
    return new TextDecoder(name).encoding;
  } catch {
    // A RangeError is how an unknown label is told.
    return OTHER_NAMES.get(name.toLowerCase().replace(/^x-|[\s._-]/g, ''));
  }
}

function guessed(bytes: Uint8Array, declaring: DeclaringFormat): string {
  try {
    return decodeText({ bytes, filename: '' }, declaring);
  } catch (error) {
    // Of mail, a part of wrong letters is less than its other parts.
    if (!(error instanceof IngestionFailure && error.code === 'UNKNOWN_CHARSET')) throw error;
    return decodeCharset(bytes, 'windows-1252');
  }
}

function strictly(bytes: Uint8Array, charset: string): string | undefined {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch {
    return undefined; // A TypeError is how invalid bytes are told.
  }
}
