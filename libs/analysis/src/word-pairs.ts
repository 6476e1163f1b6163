import { UNSPACED_SCRIPTS } from './analyser';
import { foldText } from './folding';

/**
 * Which words of a text follow which, as a few bits: each pair of neighbours sets one. A text that holds a phrase has
 * every bit of the phrase, and of those that hold the same words in another order hardly one does, so that they can be
 * told apart without reading them.
 */
export const PAIR_BITS = 1_024;

const MARKS = /\p{M}+/gu;
const WORD = new RegExp(`[${UNSPACED_SCRIPTS}]|[^\\s${UNSPACED_SCRIPTS}]+`, 'gu');

/** Of all texts together. @returns `PAIR_BITS` zeros and ones */
export function pairsOf(texts: readonly string[]): string {
  const bits = new Uint8Array(PAIR_BITS);
  for (const text of texts) {
    let before: string | undefined;
    for (const [word] of foldText(text).replace(MARKS, '').matchAll(WORD)) {
      if (before !== undefined) bits[hash(before, word) % PAIR_BITS] = 1;
      before = word;
    }
  }
  return bits.join('');
}

/** FNV-1a. */
function hash(first: string, second: string): number {
  let value = 0x811c9dc5;
  const add = (unit: number): void => {
    value = Math.imul(value ^ unit, 0x01000193);
  };
  for (let index = 0; index < first.length; index += 1) add(first.charCodeAt(index));
  add(0x20);
  for (let index = 0; index < second.length; index += 1) add(second.charCodeAt(index));
  // The lowest bits alone mix too little.
  return (value ^ (value >>> 15)) >>> 0;
}
