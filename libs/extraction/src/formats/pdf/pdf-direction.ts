import type { Character } from './pdf-characters';

/** Words that are read from right to left: from the order in which they stand to the order in which they are read. */

export const RIGHT_TO_LEFT =
  /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Samaritan}\p{Script=Mandaic}\p{Script=Adlam}]/u;
/** What keeps its order within a word of the other direction. */
const LEFT_TO_RIGHT = /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{N}]/u;
const WITHIN_NUMBER = /^[.,:/%+-]$/;

/** The letters of one glyph, in the order in which they are read. */
export interface Cluster {
  readonly text: string;
  readonly x: number;
}

/** What all glyphs of a font that names several letters by one shape stand for, and what they would be turned round. */
const LIGATURES: ReadonlySet<string> = new Set(
  [...Array(0xfefd - 0xfb50).keys()]
    .map((offset) => String.fromCodePoint(0xfb50 + offset).normalize('NFKC'))
    .filter((letters) => [...letters].length > 1),
);

/** PDFium gives each letter of a glyph by itself, with the place of the glyph. */
export function clustersOf(word: readonly Character[]): Cluster[] {
  const clusters: { letters: string[]; x: number; object: number }[] = [];
  for (const { text, x0, object } of word) {
    const last = clusters.at(-1);
    const isMark = /^\p{M}$/u.test(text);
    if (last !== undefined && (isMark || (last.object === object && Math.abs(last.x - x0) < 0.01)))
      last.letters.push(text);
    else clusters.push({ letters: [text], x: x0, object });
  }
  return clusters.map(({ letters, x }) => ({ text: ofOneGlyph(letters), x }));
}

/**
 * PDFium turns round all that reads from right to left, the letters of one glyph too; but it has taken apart some
 * ligatures itself by then, and leaves those as they are.
 */
function ofOneGlyph(letters: readonly string[]): string {
  const [first = ''] = letters;
  if (letters.length < 2) return first;
  const marks = letters.filter((letter) => /^\p{M}$/u.test(letter));
  const bases = letters.filter((letter) => !/^\p{M}$/u.test(letter));
  if (bases.length < 2) return [...bases, ...marks].join('');
  const asGiven = letters.join('');
  const turned = letters.toReversed().join('');
  if (!RIGHT_TO_LEFT.test(asGiven)) return asGiven;
  return LIGATURES.has(asGiven) && !LIGATURES.has(turned) ? asGiven : turned;
}

/** @param clusters in any order; the places tell */
export function inLogicalOrder(clusters: readonly Cluster[]): string {
  const ordered = clusters.toSorted((a, b) => b.x - a.x).map(({ text }) => text);
  const read: string[] = [];
  for (let index = 0; index < ordered.length;) {
    let end = index;
    while (end < ordered.length && keepsOrder(ordered, end)) end += 1;
    if (end === index) {
      read.push(ordered[index] ?? '');
      index += 1;
      continue;
    }
    read.push(...ordered.slice(index, end).toReversed());
    index = end;
  }
  return read.join('');
}

function keepsOrder(ordered: readonly string[], index: number): boolean {
  const text = ordered[index] ?? '';
  if (LEFT_TO_RIGHT.test(text)) return true;
  const isBetween = LEFT_TO_RIGHT.test(ordered[index - 1] ?? '') && LEFT_TO_RIGHT.test(ordered[index + 1] ?? '');
  return WITHIN_NUMBER.test(text) && isBetween;
}
