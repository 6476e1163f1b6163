import { IngestionFailure } from '@vectorlane/errors';
import type { PdfiumPage } from './pdf-file';
import { isPlausibleText } from './pdf-plausible';
import type { Pdfium } from './pdfium';

/** The characters of a page with their places, turned so that every one of them reads from left to right. */

export type Turns = 0 | 1 | 2 | 3;

/** Lengths are in points of 1/72 inch, `y` grows downwards. */
export interface Character {
  text: string;
  readonly x0: number;
  readonly x1: number;
  /** Of the base line. */
  readonly y: number;
  readonly size: number;
  /** Quarter turns by which the text stands, clockwise; beyond these a number for each other angle. */
  readonly turns: number;
  /** The same for the same font of a document. */
  readonly font: string;
  /** Element of the content that draws it; a word is often one. */
  readonly object: number;
  /** What stands between the character before and this one. */
  space: 'none' | 'drawn' | 'guessed' | 'line';
}

export interface PageCharacters {
  readonly characters: readonly Character[];
  /** Characters for which the file tells no letter. */
  readonly unreadable: number;
  readonly height: number;
}

/** Marks fonts whose letters are all of one width. */
export const FIXED_PITCH = 'fixed-pitch ';

const MAX_CHARACTERS = 500_000;
const FIXED_PITCH_FLAG = 1;
/** PDFium's own marks for a hyphen that divides a word at the end of a line. */
const DIVIDING_HYPHENS: ReadonlySet<number> = new Set([0x02, 0xfffe]);
const UNKNOWN: ReadonlySet<number> = new Set([0, 0xfffd, 0xfffe, 0xffff]);
/** Bullets of the fonts Symbol and Wingdings, which come as private characters. */
const PRIVATE_BULLETS: ReadonlySet<number> = new Set([0xf0a7, 0xf0b7, 0xf0d8, 0xf0fc, 0xf076, 0xf0a8]);
/** In sizes of the font: how far apart the letters of vertical writing stand below each other, and sideways at most. */
const MIN_DOWN = 0.3;
const MAX_DOWN = 1.3;
const MAX_SIDEWAYS = 0.2;
/** Letters that each are an element of their own have to be this many to be vertical writing. */
const MIN_STACK = 4;

/** Text that stands along one direction, as the page shows it. */
interface Style {
  readonly object: number;
  readonly font: string;
  readonly size: number;
  /** From one letter to the next, as a unit vector on the page. */
  readonly dx: number;
  readonly dy: number;
}

interface Glyph {
  readonly text: string;
  /** Of its origin, and of its box, on the page. */
  readonly x: number;
  readonly y: number;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly style: Style;
  readonly space: Character['space'];
  /** The file does not tell the letter; this is what its code would be. */
  readonly isDoubtful: boolean;
}

/** @throws IngestionFailure `TOO_LARGE` */
export function readCharacters(page: PdfiumPage, fonts: FontNames): PageCharacters {
  const { pdfium } = page;
  const view = viewOf(page);
  const textPage = pdfium.call.FPDFText_LoadPage(page.page);
  if (textPage === 0) return { characters: [], unreadable: 0, height: view.height };
  try {
    const { glyphs, unreadable } = new GlyphReader(pdfium, textPage, view, fonts).read();
    const told = withoutNonsense(glyphs);
    return {
      characters: standing(told),
      unreadable: unreadable + glyphs.length - told.length,
      height: view.height,
    };
  } finally {
    pdfium.call.FPDFText_ClosePage(textPage);
  }
}

/** From the coordinates of a page's content to those of the page as it is shown. */
export interface View {
  readonly width: number;
  readonly height: number;
  point(x: number, y: number): readonly [number, number];
  /** Of a vector. */
  direction(dx: number, dy: number): readonly [number, number];
}

export function viewOf({ pdfium, page }: PdfiumPage): View {
  const { call, scratch } = pdfium;
  call.FPDF_GetPageBoundingBox(page, scratch);
  const [left, top, right, bottom] = rectangle(pdfium, scratch);
  const rotation = call.FPDFPage_GetRotation(page);
  const [width, height] = rotation % 2 === 0 ? [right - left, top - bottom] : [top - bottom, right - left];
  const views: readonly Pick<View, 'point' | 'direction'>[] = [
    { point: (x, y) => [x - left, top - y], direction: (dx, dy) => [dx, -dy] },
    { point: (x, y) => [y - bottom, x - left], direction: (dx, dy) => [dy, dx] },
    { point: (x, y) => [right - x, y - bottom], direction: (dx, dy) => [-dx, dy] },
    { point: (x, y) => [top - y, right - x], direction: (dx, dy) => [-dy, -dx] },
  ];
  const shown = views[rotation] ?? views[0];
  if (shown === undefined) throw new Error('a page has four ways to stand');
  return { width, height, ...shown };
}

/** `FS_RECTF`: left, top, right, bottom. */
export function rectangle(pdfium: Pdfium, pointer: number): readonly [number, number, number, number] {
  const [left = 0, top = 0, right = 0, bottom = 0] = [0, 4, 8, 12].map((offset) => pdfium.float(pointer + offset));
  return [Math.min(left, right), Math.max(top, bottom), Math.max(left, right), Math.min(top, bottom)];
}

/** Names of the fonts of a document, by the pointers that PDFium knows them by. */
export class FontNames {
  private readonly names = new Map<number, string>();

  /** Fonts are forgotten with their page, and their pointers go to others. */
  forget(): void {
    this.names.clear();
  }

  of(pdfium: Pdfium, object: number): string {
    const font = pdfium.call.FPDFTextObj_GetFont(object);
    const known = this.names.get(font);
    if (known !== undefined) return known;
    const base = pdfium.utf8((buffer, length) => pdfium.call.FPDFFont_GetBaseFontName(font, buffer, length));
    const isFixed = (pdfium.call.FPDFFont_GetFlags(font) & FIXED_PITCH_FLAG) !== 0 || /courier|mono\b/i.test(base);
    const name = (isFixed ? FIXED_PITCH : '') + (base === '' ? `font ${font}` : base);
    this.names.set(font, name);
    return name;
  }
}

class GlyphReader {
  private readonly glyphs: Glyph[] = [];
  private unreadable = 0;
  private style: Style | undefined;

  constructor(
    private readonly pdfium: Pdfium,
    private readonly textPage: number,
    private readonly view: View,
    private readonly fonts: FontNames,
  ) {}

  read(): { glyphs: readonly Glyph[]; unreadable: number } {
    const { call } = this.pdfium;
    const count = call.FPDFText_CountChars(this.textPage);
    if (count > MAX_CHARACTERS) {
      throw new IngestionFailure('TOO_LARGE', 'A page of this PDF holds more text than can be taken.');
    }
    let space: Character['space'] = 'line';
    let high = 0;
    for (let index = 0; index < count; index += 1) {
      const code = call.FPDFText_GetUnicode(this.textPage, index);
      if (call.FPDFText_IsGenerated(this.textPage, index) !== 0) {
        if (code === 0x0a || code === 0x0d) space = 'line';
        else if (space === 'none') space = 'guessed';
        continue;
      }
      // Halves of one character.
      if (code >= 0xd800 && code <= 0xdbff) {
        high = code;
        continue;
      }
      const isLow = code >= 0xdc00 && code <= 0xdfff;
      const whole = isLow && high !== 0 ? 0x10000 + ((high - 0xd800) << 10) + (code - 0xdc00) : code;
      high = 0;
      const isDoubtful = code !== 0x20 && call.FPDFText_HasUnicodeMapError(this.textPage, index) === 1;
      const isHyphen = DIVIDING_HYPHENS.has(whole) && call.FPDFText_IsHyphen(this.textPage, index) === 1;
      if ((isUnknown(whole) && !isHyphen) || (isDoubtful && (whole < 0x20 || textOf(whole) === ''))) {
        this.unreadable += 1;
        continue;
      }
      const text = textOf(whole);
      if (text === '') continue;
      if (/^\s$/.test(text)) {
        if (space !== 'line') space = 'drawn';
        continue;
      }
      const glyph = this.glyph(text, index, { space, isDoubtful });
      if (glyph === undefined) continue;
      this.glyphs.push(glyph);
      space = 'none';
    }
    return { glyphs: this.glyphs, unreadable: this.unreadable };
  }

  private glyph(text: string, index: number, traits: Pick<Glyph, 'space' | 'isDoubtful'>): Glyph | undefined {
    const { call, scratch } = this.pdfium;
    const { textPage, pdfium, view } = this;
    const style = this.styleOf(index);
    call.FPDFText_GetCharOrigin(textPage, index, scratch, scratch + 8);
    const [x, y] = view.point(pdfium.double(scratch), pdfium.double(scratch + 8));
    call.FPDFText_GetLooseCharBox(textPage, index, scratch);
    const [left, top, right, bottom] = rectangle(pdfium, scratch);
    const [x0, y0] = view.point(left, top);
    const [x1, y1] = view.point(right, bottom);
    if (![x, y, x0, y0, x1, y1, style.size].every(Number.isFinite)) return undefined;
    return {
      text,
      x,
      y,
      left: Math.min(x0, x1),
      top: Math.min(y0, y1),
      right: Math.max(x0, x1),
      bottom: Math.max(y0, y1),
      style,
      ...traits,
    };
  }

  /** Fonts, sizes and directions change with the element, not with the letter. */
  private styleOf(index: number): Style {
    const { pdfium, textPage } = this;
    const { call, scratch } = pdfium;
    const object = call.FPDFText_GetTextObject(textPage, index);
    if (this.style !== undefined && this.style.object === object) return this.style;
    call.FPDFText_GetMatrix(textPage, index, scratch);
    const [a = 1, b = 0, c = 0, d = 1] = [0, 4, 8, 12].map((offset) => pdfium.float(scratch + offset));
    const given = call.FPDFText_GetFontSize(textPage, index);
    const size = Math.abs(given) * (Math.hypot(c, d) || 1);
    // A size below zero turns the text upside down.
    const length = (Math.hypot(a, b) || 1) * (given < 0 ? -1 : 1);
    const [dx, dy] = this.view.direction(a / length, b / length);
    this.style = { object, font: object === 0 ? '' : this.fonts.of(pdfium, object), size: size || 1, dx, dy };
    return this.style;
  }
}

function isUnknown(code: number): boolean {
  if (UNKNOWN.has(code) || code < 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return true;
  // Icons, or letters of a font that tells nobody what they are.
  return code >= 0xe000 && code <= 0xf8ff && !PRIVATE_BULLETS.has(code);
}

/** Fonts whose codes are no letters are left out. */
function withoutNonsense(glyphs: readonly Glyph[]): readonly Glyph[] {
  const doubtful = new Map<string, string[]>();
  for (const { isDoubtful, style, text, space } of glyphs) {
    if (!isDoubtful) continue;
    const said = doubtful.get(style.font) ?? [];
    said.push(space === 'none' ? '' : ' ', text);
    doubtful.set(style.font, said);
  }
  if (doubtful.size === 0) return glyphs;
  const nonsense = new Set([...doubtful].filter(([, said]) => !isPlausibleText(said.join(''))).map(([font]) => font));
  return glyphs.filter(({ isDoubtful, style }) => !(isDoubtful && nonsense.has(style.font)));
}

/** Without control characters, and with letters and signs for what fonts keep for themselves. */
function textOf(code: number): string {
  if (DIVIDING_HYPHENS.has(code)) return '-';
  if (PRIVATE_BULLETS.has(code)) return '•';
  if (code === 0x09 || code === 0x0a || code === 0x0d) return ' ';
  if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return '';
  return String.fromCodePoint(code);
}

/** Characters as they stand, those of vertical writing as if they were turned by a quarter. */
function standing(glyphs: readonly Glyph[]): Character[] {
  const vertical = verticalOnes(glyphs);
  return glyphs.map((glyph, index) => {
    const { dx, dy } = glyph.style;
    if (Math.min(Math.abs(dx), Math.abs(dy)) > SLANT) return slanted(glyph, glyphs[index + 1]);
    const turns = vertical.has(glyph) ? quarterTurns(-dy, dx) : quarterTurns(dx, dy);
    const { text, style, space } = glyph;
    return { text, ...turned(glyph, turns), size: style.size, turns, font: style.font, object: style.object, space };
  });
}

/** Of a unit vector: text that is turned by more than this from the upright is read along its own line. */
const SLANT = 0.05;
/** Angles nearer than this are of one direction. */
const ANGLE_STEP = Math.PI / 60;
/** In sizes of the font, where no letter follows that shows it. */
const USUAL_WIDTH = 0.5;
const MAX_WIDTH = 1.2;

/** A letter of a line that is neither level nor upright, as if its page was turned for it. */
function slanted({ text, x, y, style, space }: Glyph, next: Glyph | undefined): Character {
  const { dx, dy, size, font, object } = style;
  const x0 = x * dx + y * dy;
  const to = next?.style.object === object ? next.x * dx + next.y * dy : Number.POSITIVE_INFINITY;
  const x1 = to > x0 && to <= x0 + MAX_WIDTH * size ? to : x0 + USUAL_WIDTH * size;
  const turns = FIRST_SLANTED + Math.round((Math.atan2(dy, dx) + Math.PI) / ANGLE_STEP);
  return { text, x0, x1, y: y * dx - x * dy, size, turns, font, object, space };
}

const FIRST_SLANTED = 4;

/** Clockwise, from the way the text runs. */
export function quarterTurns(dx: number, dy: number): Turns {
  if (Math.abs(dx) >= Math.abs(dy)) return dx >= 0 ? 0 : 2;
  return dy > 0 ? 1 : 3;
}

/** A point of the page as it stands once text with these turns is turned to read from left to right. */
export function turnedPoint(x: number, y: number, turns: Turns): readonly [number, number] {
  if (turns === 0) return [x, y];
  if (turns === 1) return [y, -x];
  return turns === 2 ? [-x, -y] : [-y, x];
}

function turned({ x, y, left, top, right, bottom }: Glyph, turns: Turns): Pick<Character, 'x0' | 'x1' | 'y'> {
  if (turns === 0) return { x0: left, x1: right, y };
  if (turns === 1) return { x0: top, x1: bottom, y: -x };
  return turns === 2 ? { x0: -right, x1: -left, y: -y } : { x0: -bottom, x1: -top, y: x };
}

/** Letters that stand upright below each other: no file says so, but their places do. */
function verticalOnes(glyphs: readonly Glyph[]): ReadonlySet<Glyph> {
  const found = new Set<Glyph>();
  for (let start = 0; start < glyphs.length;) {
    let end = start + 1;
    while (end < glyphs.length && isBelow(glyphs[end - 1], glyphs[end])) end += 1;
    const stack = glyphs.slice(start, end);
    const isOneElement = stack.length > 1 && stack.every(({ style }) => style.object === stack[0]?.style.object);
    if (isOneElement || (stack.length >= MIN_STACK && stack.every(({ text }) => UPRIGHT.test(text)))) {
      for (const glyph of stack) found.add(glyph);
    }
    start = end;
  }
  return found;
}

/** Written in columns by those who write so. */
const UPRIGHT = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff00-\uffef\ufe10-\ufe4f]$/u; // prettier-ignore

function isBelow(before: Glyph | undefined, glyph: Glyph | undefined): boolean {
  if (before === undefined || glyph === undefined) return false;
  const { size, dx, dy } = glyph.style;
  const along = (glyph.x - before.x) * dx + (glyph.y - before.y) * dy;
  const down = (glyph.y - before.y) * dx - (glyph.x - before.x) * dy;
  return Math.abs(along) <= MAX_SIDEWAYS * size && down >= MIN_DOWN * size && down <= MAX_DOWN * size;
}
