import type { Character } from './pdf-characters';

/** Letters that are printed twice for a bold look or a shadow are read once. */

/** In sizes of the font: nearer to its like than two letters of a word can stand. */
const MAX_SHIFT = 0.15;
const MAX_DROP = 0.2;
/** The same for a whole line, whose letters cannot all stand beside their like by chance. */
const MAX_SHADOW = 0.5;
const MIN_SHADOWED = 4;

export function withoutOverprints(characters: readonly Character[]): readonly Character[] {
  const kept = withoutDoubles(characters);
  return withoutShadows(kept);
}

function withoutDoubles(characters: readonly Character[]): readonly Character[] {
  const places = new Map<string, Character[]>();
  const kept: Character[] = [];
  for (const character of characters) {
    const { text, x0, x1, y, size, turns } = character;
    const near = Math.min(MAX_SHIFT * size, 0.7 * Math.max(x1 - x0, 0));
    const cell = (offset: number): string => `${text} ${turns} ${Math.round(size)} ${Math.floor(x0 / size) + offset}`;
    const isDouble = [-1, 0, 1].some(
      (offset) =>
      places.get(cell(offset))?.some((other) => !isOfOneGlyph(other, character) && Math.abs(other.x0 - x0) <= near && Math.abs(other.y - y) <= MAX_DROP * size), // prettier-ignore
    );
    if (isDouble) continue;
    kept.push(character);
    const here = places.get(cell(0));
    if (here === undefined) places.set(cell(0), [character]);
    else here.push(character);
  }
  return kept;
}

/** The letters of a ligature have one place, and two of them may be the same. */
function isOfOneGlyph(a: Character, b: Character): boolean {
  return a.object === b.object && a.x0 === b.x0 && a.y === b.y;
}

/** Elements that repeat another one beside its letters. */
function withoutShadows(characters: readonly Character[]): readonly Character[] {
  const elements = new Map<number, Character[]>();
  for (const character of characters) {
    const known = elements.get(character.object);
    if (known === undefined) elements.set(character.object, [character]);
    else known.push(character);
  }
  const seen = new Map<string, Character[]>();
  const shadows = new Set<number>();
  for (const [object, letters] of elements) {
    const [first] = letters;
    if (first === undefined || letters.length < MIN_SHADOWED) continue;
    const text = letters.map((letter) => letter.text).join('');
    const reach = MAX_SHADOW * first.size;
    const others = seen.get(text) ?? [];
    if (others.some((other) => Math.abs(other.x0 - first.x0) <= reach && Math.abs(other.y - first.y) <= reach)) {
      shadows.add(object);
    } else {
      seen.set(text, [...others, first]);
    }
  }
  return shadows.size === 0 ? characters : characters.filter(({ object }) => !shadows.has(object));
}
