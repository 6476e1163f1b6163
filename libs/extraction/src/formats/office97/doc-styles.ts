/** What styles of a Word document say of its paragraphs, by [MS-DOC] 2.9.271 (STSH). */

export interface DocStyle {
  /** Of a heading, 1 is outermost. */
  readonly level: number | undefined;
  readonly isItem: boolean;
}

const PLAIN: DocStyle = { level: undefined, isItem: false };
const NONE = 0xfff;
/** Numbers of the built-in styles. */
const TITLE = 62;
const LIST_BULLETS: ReadonlySet<number> = new Set([48, 49, 54, 55, 56, 57, 58, 59, 60, 61]);
const MAX_STYLES = 4_096;

export class DocStyles {
  private readonly builtIn: number[] = [];
  private readonly base: number[] = [];

  constructor(sheet: Buffer | undefined) {
    if (sheet === undefined || sheet.length < 6) return;
    const count = Math.min(sheet.readUInt16LE(2), MAX_STYLES);
    let at = 2 + sheet.readUInt16LE(0);
    for (let style = 0; style < count && at + 2 <= sheet.length; style += 1) {
      const size = sheet.readUInt16LE(at);
      const isThere = size >= 4 && at + 6 <= sheet.length;
      this.builtIn.push(isThere ? sheet.readUInt16LE(at + 2) & 0xfff : NONE);
      this.base.push(isThere ? sheet.readUInt16LE(at + 4) >> 4 : NONE);
      at += 2 + size + (size % 2);
    }
  }

  /** A style made by somebody is what the one is that it was made from. */
  get(style: number): DocStyle {
    let current = style;
    for (let steps = 0; steps < 16 && current < this.builtIn.length; steps += 1) {
      const number = this.builtIn[current] ?? NONE;
      if (number >= 1 && number <= 9) return { level: Math.min(number, 6), isItem: false };
      if (number === TITLE) return { level: 1, isItem: false };
      if (LIST_BULLETS.has(number)) return { level: undefined, isItem: true };
      current = this.base[current] ?? NONE;
    }
    return PLAIN;
  }
}
