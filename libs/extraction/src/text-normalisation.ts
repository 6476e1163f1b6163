/// <reference lib="es2024.string" />

/** A text this long is normalised line by line in pieces of about this size, which takes a fraction of the memory. */
const SLICE_LENGTH = 1024 * 1024;
/** Everything up to U+00FF is normal as it is. */
const BEYOND_LATIN_1 = /[^\0-\xff]/;
/**
 * What nobody sees: control characters, soft hyphens, zero-width spaces and joiners of words, marks and overrides of
 * direction, byte order marks, tags. The joiners U+200C and U+200D stay: words and emoji are spelled with them.
 */
const INVISIBLE = /[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/u; // prettier-ignore
const ALL_INVISIBLE = new RegExp(INVISIBLE, 'gu');
/**
 * Pictures and fonts written into a text: the type is short, and what follows runs on without a space. It is one class
 * of characters: a choice between two is remembered at each step, and millions of steps are more than V8 can.
 */
const DATA_URI = /data:[\w.+-]{1,60}\/[\w.+-]{1,80}(?:;[\w.+-]{1,40}(?:=[\w.+-]{1,60})?){0,5}(?:;base64)?,[\w!$&*+,./:;=?@~%-]*/gi; // prettier-ignore

/**
 * What every extracted text has in common, so that positions mean the same everywhere: NFC, `\n` line ends, no NUL
 * (PostgreSQL refuses it), no lone surrogates (they cannot be written as UTF-8), nothing invisible, no data URIs.
 */
export function normaliseText(text: string): string {
  // NULs go first: one between the halves of `\r\n` or of a surrogate pair would hide them from the later steps.
  const withoutNul = text.includes('\0') ? text.replaceAll('\0', '') : text;
  const wellFormed = withoutNul.isWellFormed() ? withoutNul : withoutNul.toWellFormed();
  const withLineFeeds = wellFormed.includes('\r') ? wellFormed.replace(/\r\n?/g, '\n') : wellFormed;
  const visible = withoutDataUris(withoutInvisible(withLineFeeds));
  return BEYOND_LATIN_1.test(visible) ? composed(visible) : visible;
}

/** What is left may be nothing: such a text is no block. */
export function withoutInvisible(text: string): string {
  return INVISIBLE.test(text) ? text.replace(ALL_INVISIBLE, '') : text;
}

function withoutDataUris(text: string): string {
  return text.includes('data:') ? text.replace(DATA_URI, '') : text;
}

/** NFC. Slices end after a line feed, over which nothing is composed. */
function composed(text: string): string {
  if (text.length <= SLICE_LENGTH) return text.normalize('NFC');
  const slices: string[] = [];
  for (let start = 0; start < text.length;) {
    const lineFeed = text.indexOf('\n', start + SLICE_LENGTH);
    const end = lineFeed < 0 ? text.length : lineFeed + 1;
    const slice = text.slice(start, end);
    slices.push(BEYOND_LATIN_1.test(slice) ? slice.normalize('NFC') : slice);
    start = end;
  }
  return slices.join('');
}

/** True for what `String.prototype.trim` removes: the white space that may lie between blocks. */
export function isWhiteSpace(codeUnit: number): boolean {
  if (codeUnit <= 0x20) return codeUnit === 0x20 || (codeUnit >= 0x09 && codeUnit <= 0x0d);
  if (codeUnit < 0xa0) return false;
  return (
    codeUnit === 0xa0 ||
    codeUnit === 0x1680 ||
    (codeUnit >= 0x2000 && codeUnit <= 0x200a) ||
    codeUnit === 0x2028 ||
    codeUnit === 0x2029 ||
    codeUnit === 0x202f ||
    codeUnit === 0x205f ||
    codeUnit === 0x3000 ||
    codeUnit === 0xfeff
  );
}

/** Cuts a text to at most `maxCodeUnits` and never through a surrogate pair. */
export function cutText(text: string, maxCodeUnits: number): string {
  if (text.length <= maxCodeUnits) return text;
  const last = text.charCodeAt(maxCodeUnits - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? maxCodeUnits - 1 : maxCodeUnits);
}
