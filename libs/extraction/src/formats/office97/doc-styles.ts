import { changesIn } from './doc-file';

/** What styles of a Word document say of its paragraphs, by [MS-DOC] 2.9.271 (STSH) and 2.9.260 (STD). */

export interface DocStyle {
  /** Of a heading, 1 is outermost. */
  readonly level: number | undefined;
  /** Whether it is one of the styles for bullets and numbers, even where it names no list. */
  readonly isItem: boolean;
  /** Number of the list that its paragraphs are of, and their level in it. */
  readonly list: number | undefined;
  readonly ilvl: number | undefined;
}

/** Codes of the changes that put a paragraph in a list. */
export const LIST_CHANGE = { list: 0x460b, ilvl: 0x260a } as const;

const PLAIN: DocStyle = { level: undefined, isItem: false, list: undefined, ilvl: undefined };
const NONE = 0xfff;
/** Numbers of the built-in styles. */
const TITLE = 62;
const LIST_BULLETS: ReadonlySet<number> = new Set([48, 49, 54, 55, 56, 57, 58, 59, 60, 61]);
const MAX_STYLES = 4_096;
const MAX_ANCESTORS = 16;
const OF_PARAGRAPHS = 1;

interface OwnStyle {
  readonly builtIn: number;
  readonly base: number;
  readonly list?: number;
  readonly ilvl?: number;
}

export class DocStyles {
  private readonly own: OwnStyle[] = [];
  private readonly resolved = new Map<number, DocStyle>();

  constructor(sheet: Buffer | undefined) {
    if (sheet === undefined || sheet.length < 6) return;
    const count = Math.min(sheet.readUInt16LE(2), MAX_STYLES);
    const baseBytes = sheet.readUInt16LE(4);
    let at = 2 + sheet.readUInt16LE(0);
    for (let style = 0; style < count && at + 2 <= sheet.length; style += 1) {
      const size = sheet.readUInt16LE(at);
      this.own.push(ownStyle(sheet.subarray(at + 2, at + 2 + size), baseBytes));
      at += 2 + size + (size % 2);
    }
  }

  /** A style made by somebody is what the one is that it was made from. */
  get(style: number): DocStyle {
    const known = this.resolved.get(style);
    if (known !== undefined) return known;
    const found = this.resolve(style);
    if (style < this.own.length) this.resolved.set(style, found);
    return found;
  }

  private resolve(style: number): DocStyle {
    let found = PLAIN;
    let current = style;
    for (let steps = 0; steps < MAX_ANCESTORS; steps += 1) {
      const own = this.own[current];
      if (own === undefined) break;
      found = { ...found, list: found.list ?? own.list, ilvl: found.ilvl ?? own.ilvl };
      if (!found.isItem && found.level === undefined) found = { ...found, ...kindOf(own.builtIn) };
      current = own.base;
    }
    return found;
  }
}

function kindOf(builtIn: number): Pick<DocStyle, 'level' | 'isItem'> {
  if (builtIn >= 1 && builtIn <= 9) return { level: Math.min(builtIn, 6), isItem: false };
  if (builtIn === TITLE) return { level: 1, isItem: false };
  return { level: undefined, isItem: LIST_BULLETS.has(builtIn) };
}

/** @param baseBytes how long what every style has is in this file; its name and changes stand behind */
function ownStyle(bytes: Buffer, baseBytes: number): OwnStyle {
  if (bytes.length < 4) return { builtIn: NONE, base: NONE };
  const [builtIn, kind] = [bytes.readUInt16LE(0) & 0xfff, bytes.readUInt16LE(2)];
  const own = { builtIn, base: kind >> 4 };
  if ((kind & 0xf) !== OF_PARAGRAPHS || bytes.length < baseBytes + 2) return own;
  const name = bytes.readUInt16LE(baseBytes);
  // The length of the changes counts the number of the style, which stands before them.
  const at = baseBytes + 2 + (name + 1) * 2;
  if (at + 4 > bytes.length) return own;
  return { ...own, ...listIn(bytes.subarray(at + 4, at + 2 + bytes.readUInt16LE(at))) };
}

function listIn(changes: Buffer): Pick<OwnStyle, 'list' | 'ilvl'> {
  let found: Pick<OwnStyle, 'list' | 'ilvl'> = {};
  for (const [code, value] of changesIn(changes)) {
    if (code === LIST_CHANGE.list) found = { ...found, list: value };
    else if (code === LIST_CHANGE.ilvl) found = { ...found, ilvl: value };
  }
  return found;
}
