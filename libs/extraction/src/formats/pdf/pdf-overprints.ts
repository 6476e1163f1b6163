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
  const places = new Places();
  return characters.filter((character) => {
    const { text, x0, x1, size, turns } = character;
    const near = Math.min(MAX_SHIFT * size, 0.7 * Math.max(x1 - x0, 0));
    const kind = `${text} ${turns}`;
    const others = places.around(kind, character, near, MAX_DROP * size);
    if (others.some((other) => Math.abs(other.x0 - x0) <= near && !isOfOneGlyph(other, character))) return false;
    places.add(kind, character);
    return true;
  });
}

/**
 * What is of one kind, by where it stands: each is compared with its neighbours alone. No page has more of a kind in
 * one place than are compared.
 */
class Places {
  private static readonly MOST_IN_ONE = 64;
  private readonly cells = new Map<string, Character[]>();

  add(kind: string, character: Character): void {
    const unit = unitOf(character);
    const cell = cellOf(kind, unit, Math.floor(character.x0 / unit), Math.floor(character.y / unit));
    const here = this.cells.get(cell);
    if (here === undefined) this.cells.set(cell, [character]);
    else if (here.length < Places.MOST_IN_ONE) here.push(character);
  }

  /** Those of about the same size that stand no further away, and a few that do in x; a reach is less than a size. */
  around(kind: string, { x0, y, ...of }: Character, reachX: number, reachY: number): readonly Character[] {
    const unit = unitOf(of);
    const found: Character[] = [];
    for (let column = Math.floor((x0 - reachX) / unit); column <= Math.floor((x0 + reachX) / unit); column += 1) {
      for (let row = Math.floor((y - reachY) / unit); row <= Math.floor((y + reachY) / unit); row += 1) {
        const here = this.cells.get(cellOf(kind, unit, column, row)) ?? [];
        for (const other of here) if (Math.abs(other.y - y) <= reachY) found.push(other);
      }
    }
    return found;
  }
}

const unitOf = ({ size }: Pick<Character, 'size'>): number => Math.max(1, Math.round(size));
const cellOf = (kind: string, ...numbers: readonly number[]): string => `${kind} ${numbers.join(' ')}`;

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
  const seen = new Places();
  const shadows = new Set<number>();
  for (const [object, letters] of elements) {
    const [first] = letters;
    if (first === undefined || letters.length < MIN_SHADOWED) continue;
    const text = letters.map((letter) => letter.text).join('');
    const reach = MAX_SHADOW * first.size;
    const others = seen.around(text, first, reach, reach);
    if (others.some((other) => Math.abs(other.x0 - first.x0) <= reach)) shadows.add(object);
    else seen.add(text, first);
  }
  return shadows.size === 0 ? characters : characters.filter(({ object }) => !shadows.has(object));
}
