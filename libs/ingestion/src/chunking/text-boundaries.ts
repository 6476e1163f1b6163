/**
 * Where a text may be cut. Works on positions of a large text and never copies it: every question looks at a bounded
 * neighbourhood of one position, so that a chunker asking them from left to right stays linear.
 */

const COMBINING = /^[\p{M}\u{1F3FB}-\u{1F3FF}]$/u;
const LINE_FEED = 0x0a;
const ZERO_WIDTH_JOINER = 0x200d;
const LOOK_BACK_UNITS = 64;

/** The same set as `\s` and `trim`, as a test of one code unit. */
export function isWhiteSpace(code: number): boolean {
  if (code < 0xa0) return code === 0x20 || (code >= 0x09 && code <= 0x0d);
  return (
    code === 0xa0 ||
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000 ||
    code === 0xfeff
  );
}

/** First position at or after `from` that is not white space, or `limit`. */
export function skipWhiteSpace(text: string, from: number, limit: number): number {
  let position = from;
  while (position < limit && isWhiteSpace(text.charCodeAt(position))) position++;
  return position;
}

/** `end` moved back over white space, down to `start` at most. */
export function trimEnd(text: string, start: number, end: number): number {
  let position = end;
  while (position > start && isWhiteSpace(text.charCodeAt(position - 1))) position--;
  return position;
}

/** Whether a cut here would part the two halves of a surrogate pair. */
export function isInsideSurrogatePair(text: string, position: number): boolean {
  const next = text.charCodeAt(position);
  if (!(next >= 0xdc00 && next <= 0xdfff)) return false;
  const previous = text.charCodeAt(position - 1);
  return previous >= 0xd800 && previous <= 0xdbff;
}

/** Whether a cut here would part what a reader sees as one sign: a pair, a letter and its marks, a joined emoji. */
export function isInsideGrapheme(text: string, position: number): boolean {
  if (position <= 0 || position >= text.length) return false;
  const next = text.charCodeAt(position);
  if (next < 0x300) return false;
  if (isInsideSurrogatePair(text, position)) return true;
  if (next === ZERO_WIDTH_JOINER || text.charCodeAt(position - 1) === ZERO_WIDTH_JOINER) return true;
  return COMBINING.test(String.fromCodePoint(text.codePointAt(position) ?? next));
}

/**
 * The nearest place at or before `position` where a cut parts no sign, and in any case one after `after` that parts no
 * surrogate pair: a letter under a thousand marks is cut between two of them.
 */
export function nearestCut(text: string, position: number, after: number): number {
  const lowest = Math.max(after, position - LOOK_BACK_UNITS);
  for (let cut = position; cut > lowest; cut--) if (!isInsideGrapheme(text, cut)) return cut;
  if (!isInsideSurrogatePair(text, position)) return position;
  return position - 1 > after ? position - 1 : position + 1;
}

/** Whether words are not separated by spaces around here: Han, kana and their punctuation. */
function isUnspacedScript(code: number): boolean {
  return (
    (code >= 0x3001 && code <= 0x30ff) ||
    (code >= 0x3400 && code <= 0x9fff) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xff01 && code <= 0xff9f) ||
    (code >= 0xd840 && code <= 0xd888)
  );
}

/** Signs that no line may begin with: 、。」 and their like. */
const NEVER_FIRST = new Set(
  Array.from('、。，．！？；：」』）】〉》〕］｝”’…ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ'),
);

/** Whether a word may begin or end at `position`: beside white space, or between two signs of an unspaced script. */
export function isWordBorder(text: string, position: number): boolean {
  const next = text.charCodeAt(position);
  const previous = text.charCodeAt(position - 1);
  if (isWhiteSpace(previous) || isWhiteSpace(next)) return true;
  if (!isUnspacedScript(next) && !isUnspacedScript(previous)) return false;
  return !NEVER_FIRST.has(text.charAt(position)) && !isInsideGrapheme(text, position);
}

/** Last word border in (`after`, `upTo`], or -1. */
export function lastWordBorder(text: string, after: number, upTo: number): number {
  for (let position = upTo; position > after; position--) if (isWordBorder(text, position)) return position;
  return -1;
}

/** First place in [`from`, `before`) where a word begins, or -1. */
export function firstWordStart(text: string, from: number, before: number): number {
  for (let position = from; position < before; position++) {
    if (!isWhiteSpace(text.charCodeAt(position)) && isWordBorder(text, position)) return position;
  }
  return -1;
}

/** Last start of a line in (`after`, `upTo`], or -1. Looks no further back than `after`: the text may be one line. */
export function lastLineStart(text: string, after: number, upTo: number): number {
  for (let position = upTo; position > after; position--) {
    if (text.charCodeAt(position - 1) === LINE_FEED) return position;
  }
  return -1;
}
