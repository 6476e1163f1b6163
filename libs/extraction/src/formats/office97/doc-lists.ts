import { type ListLevel, MAX_LEVELS, MAX_MARK_LENGTH, type NumberedList } from '../list-numbers';

/** The lists of a Word document, by [MS-DOC] 2.9.131 (PlfLst, LSTF, LVL) and 2.9.132 (PlfLfo, LFO). */

const LIST_BYTES = 28;
const LEVEL_BYTES = 28;
const OVERRIDE_BYTES = 16;
const LEVEL_OVERRIDE_BYTES = 8;
/** Kinds of numbers by their codes; others are written in digits. */
const FORMATS: ReadonlyMap<number, string> = new Map([
  [1, 'upperRoman'], [2, 'lowerRoman'], [3, 'upperLetter'], [4, 'lowerLetter'], [22, 'decimalZero'], [23, 'bullet'],
  [255, 'none'],
]); // prettier-ignore

/** What paragraphs name by its number, from 1; one that is not there is a list without numbers. */
export class DocLists {
  private readonly definitions = new Map<number, readonly ListLevel[]>();
  private readonly lists: NumberedList[] = [];

  /**
   * What is cut off of them is left out.
   * @param formats the list of lists, with what stands behind it: their levels
   * @param overrides what paragraphs name: lists, and in what they are other
   */
  constructor(formats: Buffer, overrides: Buffer) {
    if (formats.length >= 2) this.define(new Cursor(formats));
    if (overrides.length >= 4) this.name(new Cursor(overrides));
  }

  get(number: number): NumberedList | undefined {
    return this.lists[number - 1];
  }

  private define(cursor: Cursor): void {
    const heads: (readonly [id: number, levels: number])[] = [];
    for (let left = cursor.number(2); left > 0 && cursor.has(LIST_BYTES); left -= 1) {
      const head = cursor.take(LIST_BYTES);
      heads.push([head.readInt32LE(0), (head.readUInt8(26) & 1) === 1 ? 1 : MAX_LEVELS]);
    }
    for (const [id, count] of heads) {
      const levels: ListLevel[] = [];
      while (levels.length < count) {
        const level = levelFrom(cursor);
        if (level === undefined) return;
        levels.push(level);
      }
      this.definitions.set(id, levels);
    }
  }

  private name(cursor: Cursor): void {
    const heads: (readonly [id: number, levels: number])[] = [];
    for (let left = cursor.number(4); left > 0 && cursor.has(OVERRIDE_BYTES); left -= 1) {
      const head = cursor.take(OVERRIDE_BYTES);
      heads.push([head.readInt32LE(0), head.readUInt8(12)]);
    }
    for (const [id, count] of heads) {
      // Of no use here: where the list was last used.
      if (cursor.has(4)) cursor.take(4);
      const levels = new Map<number, ListLevel>();
      const starts = new Map<number, number>();
      for (let left = count; left > 0 && cursor.has(LEVEL_OVERRIDE_BYTES); left -= 1) {
        const [start, flags] = [cursor.number(4), cursor.number(4)];
        const level = (flags & 0x20) === 0 ? undefined : levelFrom(cursor);
        if (level !== undefined) levels.set(flags & 0xf, level);
        if ((flags & 0x10) !== 0) starts.set(flags & 0xf, level?.start ?? start);
      }
      const defined = this.definitions.get(id);
      const level = (ilvl: number): ListLevel | undefined => levels.get(ilvl) ?? defined?.[ilvl];
      this.lists.push({ definition: String(id), level, starts });
    }
  }
}

/** How one level is numbered: what is said of it, then properties of its paragraphs and letters, then its text. */
function levelFrom(cursor: Cursor): ListLevel | undefined {
  if (!cursor.has(LEVEL_BYTES)) return undefined;
  const head = cursor.take(LEVEL_BYTES);
  cursor.take(head.readUInt8(24) + head.readUInt8(25));
  if (!cursor.has(2)) return undefined;
  const text = cursor.take(cursor.number(2) * 2).toString('utf16le');
  const flags = head.readUInt8(5);
  return {
    format: FORMATS.get(head.readUInt8(4)) ?? 'decimal',
    text: partsOf(text, head.subarray(6, 6 + MAX_LEVELS)),
    start: head.readInt32LE(0),
    restart: (flags & 0x08) === 0 ? undefined : head.readUInt8(26),
    legal: (flags & 0x04) !== 0,
  };
}

/** @param places of the numbers in the text, from 1: there stands, as a character, the level that each is of */
function partsOf(text: string, places: Buffer): readonly (string | number)[] {
  const parts: (string | number)[] = [];
  let done = 0;
  for (const place of places) {
    const level = text.charCodeAt(place - 1);
    if (place <= done || !(level < MAX_LEVELS)) break;
    parts.push(text.slice(done, place - 1), level);
    done = place;
  }
  return [...parts, text.slice(done, MAX_MARK_LENGTH)];
}

class Cursor {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  has(count: number): boolean {
    return this.at + count <= this.bytes.length;
  }

  take(count: number): Buffer {
    const taken = this.bytes.subarray(this.at, this.at + count);
    this.at += count;
    return taken;
  }

  number(bytes: 2 | 4): number {
    return this.take(bytes).readUIntLE(0, bytes);
  }
}
