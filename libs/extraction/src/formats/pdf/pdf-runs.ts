import { composeAccents } from './pdf-accents';
import type { Character, PageCharacters } from './pdf-characters';
import { clustersOf, inLogicalOrder, RIGHT_TO_LEFT } from './pdf-direction';
import { withoutOverprints } from './pdf-overprints';
import type { Tag } from './pdf-tags';

/** Characters joined to runs: words, or parts of words, in one font and one element of the structure. */

/** Lengths are in points of 1/72 inch, `y` grows downwards. */
export interface Run {
  readonly text: string;
  readonly x0: number;
  readonly x1: number;
  /** Of the base line. */
  readonly y: number;
  readonly size: number;
  readonly rightToLeft: boolean;
  /** White space stands before it. */
  readonly spaced: boolean;
  /** The same for the same font of a document; empty where it is not known. */
  readonly font: string;
  readonly tag?: Tag;
}

export interface PageRuns {
  /** Runs by the direction they read in: across, those turned by a quarter, a half, three quarters; other angles. */
  readonly directions: readonly (readonly Run[])[];
  readonly height: number;
}

/** In sizes of the font: letters this far apart are of one word as long as PDFium sees no space between them. */
const MAX_GAP = 0.5;
const MAX_OVERLAP = 0.5;
const MAX_SHIFT = 0.05;
/** Spaces that are seen and not drawn are none where a line draws its spaces and places each letter by itself. */
const LETTER_GAP = 0.35;

/** @param tagOf the element of the structure that an element of the content belongs to */
export function joinCharacters(
  { characters, height }: PageCharacters,
  tagOf: (object: number) => Tag | undefined,
): PageRuns {
  const directions: Run[][] = [[], [], [], []];
  const drawn = composeAccents(withoutOverprints(characters));
  const letterByLetter = linesSetByLetter(drawn);
  let word: Character[] = [];
  let tag: Tag | undefined;
  const close = (): void => {
    const [first] = word;
    if (first !== undefined) {
      const spaced = first.space === 'drawn' || first.space === 'guessed';
      (directions[first.turns] ??= []).push(runOf(word, spaced, tag));
    }
    word = [];
  };
  drawn.forEach((character, index) => {
    const before = word.at(-1);
    const next = before?.object === character.object ? tag : tagOf(character.object);
    if (before !== undefined && (next !== tag || !continues(before, character, letterByLetter.has(index)))) close();
    tag = next;
    word.push(character);
  });
  close();
  // Directions that no text has are holes so far.
  return { directions: Array.from(directions, (runs: Run[] | undefined) => runs ?? []), height };
}

function continues(before: Character, character: Character, setByLetter: boolean): boolean {
  const { size, turns, font } = character;
  if (before.turns !== turns || before.font !== font || Math.abs(before.size - size) > 0.01 * size) return false;
  if (Math.abs(before.y - character.y) > MAX_SHIFT * size) return false;
  if (before.object === character.object && before.x0 === character.x0) return true;
  const gap = Math.max(character.x0 - before.x1, before.x0 - character.x1);
  if (character.space !== 'none') {
    if (!(setByLetter && character.space === 'guessed' && gap <= LETTER_GAP * size)) return false;
  }
  return gap >= -MAX_OVERLAP * size && gap <= MAX_GAP * size;
}

/** Of the steps from letter to letter: so many of one length make a pitch. */
const SAME_STEPS = 0.8;
const SAME_STEP = 1.06;

/** Indices of characters in lines that place every letter by itself, and draw their spaces or keep one pitch. */
function linesSetByLetter(characters: readonly Character[]): ReadonlySet<number> {
  const found = new Set<number>();
  for (let start = 0; start < characters.length;) {
    let end = start + 1;
    while (end < characters.length && characters[end]?.space !== 'line') end += 1;
    const line = characters.slice(start, end);
    const byLetter = line.every(({ object }, index) => index === 0 || object !== line[index - 1]?.object);
    if (byLetter && (line.some(({ space }) => space === 'drawn') || hasPitch(line))) {
      line.forEach((_, index) => found.add(start + index));
    }
    start = end;
  }
  return found;
}

function hasPitch(line: readonly Character[]): boolean {
  const steps = line.slice(1).map(({ x0 }, index) => x0 - (line[index]?.x0 ?? 0));
  const usual = steps.toSorted((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0;
  const same = steps.filter((step) => step <= usual * SAME_STEP && usual <= step * SAME_STEP).length;
  return steps.length > 2 && same >= SAME_STEPS * steps.length;
}

function runOf(word: readonly Character[], spaced: boolean, tag: Tag | undefined): Run {
  const [first] = word;
  if (first === undefined) throw new Error('a run has at least one character');
  const rightToLeft = word.some(({ text }) => RIGHT_TO_LEFT.test(text));
  const text = rightToLeft ? inLogicalOrder(clustersOf(word)) : word.map((character) => character.text).join('');
  return {
    text: withLettersForShapes(text),
    x0: Math.min(...word.map(({ x0 }) => x0)),
    x1: Math.max(...word.map(({ x1 }) => x1)),
    y: first.y,
    size: first.size,
    rightToLeft,
    spaced,
    font: first.font,
    ...(tag && { tag }),
  };
}

/** Glyphs that fonts name by their shape: ligatures, Arabic by position, radicals for ideographs. */
const SHAPES = /[\u2e9f\u2ef3\u2f00-\u2fd5\ufb00-\ufc5d\ufc64-\ufdfb\ufe80-\ufefc]+/g;

export function withLettersForShapes(text: string): string {
  return text.replace(SHAPES, (shapes) => shapes.normalize('NFKC'));
}
