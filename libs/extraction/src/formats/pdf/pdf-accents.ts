import type { Character } from './pdf-characters';

/** Accents that old typesetters set as glyphs of their own, put on the letters they stand over. */

/** Accents as characters that stand alone, with the marks that combine. */
const MARKS: ReadonlyMap<string, string> = new Map([
  ['`', '\u0300'],
  ['\u00b4', '\u0301'],
  ['\u02c6', '\u0302'],
  ['\u02dc', '\u0303'],
  ['\u00af', '\u0304'],
  ['\u02d8', '\u0306'],
  ['\u02d9', '\u0307'],
  ['\u00a8', '\u0308'],
  ['\u02da', '\u030a'],
  ['\u02dd', '\u030b'],
  ['\u02c7', '\u030c'],
  ['\u00b8', '\u0327'],
  ['\u02db', '\u0328'],
]);
/** All in sizes of the font: an accent and its letter share their place, or the accent is a quotation mark. */
const MIN_OVERLAP = 0.1;
const MAX_OVERLAP = 1.2;
const MAX_RAISE = 0.5;

/** Characters in the order in which they are drawn, with each accent joined to the letter that it overlaps. */
export function composeAccents(characters: readonly Character[]): readonly Character[] {
  if (!characters.some(({ text }) => MARKS.has(text))) return characters;
  const composed: Character[] = [];
  for (const character of characters) {
    const before = composed.at(-1);
    const joined = before && compose(before, character);
    if (joined === undefined) composed.push(character);
    else composed[composed.length - 1] = joined;
  }
  return composed;
}

/** @returns undefined when they are not one letter */
function compose(before: Character, character: Character): Character | undefined {
  const accentFirst = MARKS.has(before.text);
  const [accent, letter] = accentFirst ? [before, character] : [character, before];
  const mark = MARKS.get(accent.text);
  if (mark === undefined || before.turns !== character.turns || !isOver(accent, letter)) return undefined;
  const base = letter.text === '\u0131' ? 'i' : letter.text === '\u0237' ? 'j' : letter.text;
  const whole = (base + mark).normalize('NFC');
  if (!/^\p{L}$/u.test(base) || whole === base || [...whole].length > 1) return undefined;
  // An accent on a capital is raised above its line.
  return { ...letter, text: whole, space: before.space };
}

function isOver(accent: Character, letter: Character): boolean {
  const size = Math.max(accent.size, letter.size);
  const shared = Math.min(accent.x1, letter.x1) - Math.max(accent.x0, letter.x0);
  return (
    shared >= MIN_OVERLAP * size && shared <= MAX_OVERLAP * size && Math.abs(accent.y - letter.y) <= MAX_RAISE * size
  );
}
