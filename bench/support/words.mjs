// Texts as words, and how much of one is in another.

const WORD = /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Thai}|[\p{L}\p{M}\p{N}]+/gu;
/** Longer texts are compared in their order as far as this. */
const ORDERED_WORDS = 4_000;

/** Of a number as it is shown: a sign between thousands is no end of it. */
const THOUSANDS = /(?<=\d),(?=\d{3}(?!\d))/g;

/** Soft hyphens, marks of direction and the like are no ends of words, whether a reader keeps them or not. */
const INVISIBLE = /\p{Cf}/gu;

/** Of a word that a line cuts: some readers join it, some print the line. */
const LINE_HYPHEN = /(?<=\p{L})[-\u2010\u00ad][^\S\n]*\n\s*(?=\p{Ll})/gu;

/** With a letter that a reader could not decode, or an entity of HTML that it left: no word of a file. */
const DAMAGED = /[\p{L}\p{M}\p{N}]*(?:\ufffd|&#?\w{1,10};)(?:[\p{L}\p{M}\p{N}\ufffd]|&#?\w{1,10};)*/gu;

/** @param {string} text @returns {string[]} */
export const wordsOf = (text) =>
  text
    .replace(DAMAGED, ' ')
    .normalize('NFKC')
    .replace(LINE_HYPHEN, '')
    .replace(INVISIBLE, '')
    .replace(THOUSANDS, '')
    .toLowerCase()
    .match(WORD) ?? [];

/** @typedef {Map<string, number>} Bag */

/** @param {string[]} words @returns {Bag} */
export function bagOf(words) {
  const bag = new Map();
  for (const word of words) bag.set(word, (bag.get(word) ?? 0) + 1);
  return bag;
}

/**
 * Words, each as often as at least two found it; with one reader alone, what it found.
 * @param {Bag[]} bags
 * @returns {Bag}
 */
export function agreed(bags) {
  const words = new Set(bags.flatMap((bag) => [...bag.keys()]));
  const result = new Map();
  for (const word of words) {
    const counts = bags.map((bag) => bag.get(word) ?? 0).toSorted((left, right) => right - left);
    const count = counts[Math.min(1, counts.length - 1)];
    if (count > 0) result.set(word, count);
  }
  return result;
}

/** Each word as often as any found it. @param {Bag[]} bags @returns {Bag} */
export function union(bags) {
  const result = new Map();
  for (const bag of bags) for (const [word, count] of bag) result.set(word, Math.max(count, result.get(word) ?? 0));
  return result;
}

/** @param {Bag} bag */
export const sizeOf = (bag) => [...bag.values()].reduce((sum, count) => sum + count, 0);

/** Words of `wanted` that `found` has. @param {Bag} wanted @param {Bag} found */
export const common = (wanted, found) =>
  [...wanted].reduce((sum, [word, count]) => sum + Math.min(count, found.get(word) ?? 0), 0);

/** Words of `wanted` that `found` lacks, most frequent first. @param {Bag} wanted @param {Bag} found */
export const lacking = (wanted, found) =>
  [...wanted]
    .map(([word, count]) => /** @type {const} */ ([word, count - (found.get(word) ?? 0)]))
    .filter(([, count]) => count > 0)
    .toSorted(([, left], [, right]) => right - left);

/**
 * Longest common subsequence, as a share of the words that both have.
 * @param {string[]} left
 * @param {string[]} right
 */
export function orderOf(left, right) {
  const [first, second] = [left.slice(0, ORDERED_WORDS), right.slice(0, ORDERED_WORDS)];
  const both = common(bagOf(first), bagOf(second));
  if (both === 0) return 1;
  let row = new Uint16Array(second.length + 1);
  for (const word of first) {
    const next = new Uint16Array(second.length + 1);
    for (let index = 0; index < second.length; index += 1) {
      next[index + 1] = second[index] === word ? row[index] + 1 : Math.max(row[index + 1], next[index]);
    }
    row = next;
  }
  return row[second.length] / both;
}
