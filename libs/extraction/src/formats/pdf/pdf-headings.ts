import type { PdfPage } from './pdf-furniture';
import type { Paragraph } from './pdf-paragraphs';
import { FIXED_PITCH } from './pdf-characters';

/** Tells headings from text: what the outline names, and short paragraphs that are clearly larger than the text. */

const MAX_LEVEL = 6;
const CLEARLY_LARGER = 1.15;
const MAX_LENGTH = 200;
const MAX_LINES = 3;
/** Headings that make up more of the document than this are no headings; short files may be half a title. */
const MAX_SHARE = 0.2;
const MAX_SHARE_OF_SHORT = 0.6;
const SHORT_DOCUMENT = 2_000;
/** Where fonts alone tell them, which is a weaker sign. */
const MAX_SHARE_BY_FONT = 0.35;
const MAX_LENGTH_BY_FONT = 120;
const MAX_LINES_BY_FONT = 2;
const MAX_TITLES_IN_A_ROW = 3;
/** Characters of a paragraph that can be what a heading titles. */
const MIN_TEXT = 40;
/** Sizes nearer than this are of one level. */
const SIZE_STEP = 0.5;

/** Font size of most characters, in points. */
export function bodySize(pages: readonly PdfPage[]): number {
  const characters = new Map<number, number>();
  for (const { lines } of pages) {
    for (const { size, text } of lines) characters.set(stepOf(size), (characters.get(stepOf(size)) ?? 0) + text.length);
  }
  return [...characters].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0]?.[0] ?? 0;
}

/** @returns for each paragraph that is a heading its level, 1 being outermost */
export function headingLevels(
  paragraphs: readonly Paragraph[],
  body: number,
  bodyFonts: ReadonlySet<string>,
): ReadonlyMap<Paragraph, number> {
  const levels = new Map<Paragraph, number>();
  const levelOfSize = new Map<number, number>();
  for (const paragraph of paragraphs) {
    if (paragraph.level === undefined) continue;
    levels.set(paragraph, paragraph.level);
    const step = stepOf(paragraph.size);
    levelOfSize.set(step, Math.min(levelOfSize.get(step) ?? MAX_LEVEL, paragraph.level));
  }
  let titles = paragraphs.filter((paragraph) => !levels.has(paragraph) && looksLikeTitle(paragraph, body));
  if (!isPlausible(titles, paragraphs)) return levels;
  // Where the file names its headings, those of the text's size are among them.
  if (levels.size === 0) {
    const known = new Set(titles);
    const inFont = paragraphs.filter(
      (paragraph, index) =>
        known.has(paragraph) ||
        (standsOutByFont(paragraph, body, bodyFonts) && titlesText(index, paragraphs, body, bodyFonts)),
    );
    if (isPlausible(inFont, paragraphs, MAX_SHARE_BY_FONT)) titles = inFont;
  }
  titles = withoutTitleMatter(titles, paragraphs, levels, body);
  // Between the sizes that the file has put in order, each further one is a level below the next larger.
  let above = 0;
  for (const step of [...new Set([...levelOfSize.keys(), ...titles.map(({ size }) => stepOf(size))])].sort(
    (a, b) => b - a,
  )) {
    above = levelOfSize.get(step) ?? Math.min(above + 1, MAX_LEVEL);
    levelOfSize.set(step, above);
  }
  for (const paragraph of titles) {
    const level = levelOfSize.get(stepOf(paragraph.size)) ?? MAX_LEVEL;
    levels.set(paragraph, Math.min(level + depthOf(paragraph, titles), MAX_LEVEL));
  }
  return levels;
}

/** Sections numbered 1.1 below those numbered 1, where all are set alike. */
function depthOf({ text, size }: Paragraph, titles: readonly Paragraph[]): number {
  const dots = (numbered: string): number => (NUMBERING.exec(numbered)?.[0].match(/\.\d/g) ?? []).length;
  const depth = dots(text);
  if (depth === 0) return 0;
  const alike = titles.filter((title) => stepOf(title.size) === stepOf(size) && NUMBERING.test(title.text));
  return depth - Math.min(...alike.map((title) => dots(title.text)));
}

/** The numbers of a section, and what they are followed by. */
const NUMBERING = /^\d{1,2}(?:\.\d{1,2}){0,4}\.?\s+\p{L}/u;

function looksLikeTitle({ kind, size, text, lines }: Paragraph, body: number): boolean {
  return (
    kind === 'paragraph' &&
    size >= body * CLEARLY_LARGER &&
    stepOf(size) > body &&
    lines <= MAX_LINES &&
    text.length <= MAX_LENGTH &&
    LETTERS.test(text) &&
    !/[.,;]$/.test(text)
  );
}

const LETTERS = /\p{L}.*\p{L}|\p{Lo}/u;
/** What stands below a figure or above a table is a caption. */
const CAPTION = /^(?:fig(?:ure|ura|\.)|table(?:au)?|tab(?:elle|ela|la|\.)|abb(?:ildung|\.))\s*\d/iu;

/** A short line in a font that the text is not set in, bold as a rule. */
function standsOutByFont(paragraph: Paragraph, body: number, bodyFonts: ReadonlySet<string>): boolean {
  const { kind, size, text, lines, cells, font } = paragraph;
  return (
    kind === 'paragraph' &&
    font !== '' &&
    !font.startsWith(FIXED_PITCH) &&
    !bodyFonts.has(font) &&
    stepOf(size) >= body &&
    cells === 1 &&
    lines <= MAX_LINES_BY_FONT &&
    text.length <= MAX_LENGTH_BY_FONT &&
    /\p{L}{2}|\p{Lo}/u.test(text) &&
    /^[\p{Lu}\p{Lt}\p{Lo}\d§«„“"¿¡(]/u.test(text) &&
    !/[.,;:!]$/.test(text) &&
    !CAPTION.test(text) &&
    !text.includes('://')
  );
}

/** Whether text follows, at most after the heading of a part of it. */
function titlesText(index: number, all: readonly Paragraph[], body: number, bodyFonts: ReadonlySet<string>): boolean {
  const title = all[index];
  const stands = (paragraph: Paragraph | undefined): boolean =>
    paragraph !== undefined && (standsOutByFont(paragraph, body, bodyFonts) || looksLikeTitle(paragraph, body));
  const isAlike = (paragraph: Paragraph | undefined): boolean => stands(paragraph) && paragraph?.font === title?.font;
  // Three in a row are a list, an address, a table.
  if (isAlike(all[index - 1]) && (isAlike(all[index - 2]) || isAlike(all[index + 1]))) return false;
  let next = index + 1;
  while (next <= index + MAX_TITLES_IN_A_ROW && stands(all[next])) next += 1;
  const text = all[next];
  return text !== undefined && next <= index + MAX_TITLES_IN_A_ROW && text.cells === 1 && text.text.length >= MIN_TEXT;
}

/**
 * Authors and dates below the title of the document are set large as well. They are told by standing before the first
 * text, below something larger, in a size and font that no later heading is set in.
 */
function withoutTitleMatter(
  titles: readonly Paragraph[],
  all: readonly Paragraph[],
  named: ReadonlyMap<Paragraph, number>,
  body: number,
): Paragraph[] {
  const isTitle = new Set(titles);
  const first = all.findIndex(
    (paragraph) =>
      named.has(paragraph) ||
      (!isTitle.has(paragraph) && paragraph.text.length >= MIN_TEXT && paragraph.size <= body * CLEARLY_LARGER),
  );
  const matter = new Set(all.slice(0, Math.max(0, first)).filter((paragraph) => isTitle.has(paragraph)));
  const largest = Math.max(0, ...[...matter].map(({ size }) => size));
  const later = new Set(titles.filter((title) => !matter.has(title)).map(styleOf));
  // Where no heading comes later, the last of them may be that of the text.
  const last = later.size === 0 && named.size === 0 ? [...matter].at(-1) : undefined;
  return titles.filter(
    (title) =>
      !matter.has(title) || stepOf(title.size) === stepOf(largest) || later.has(styleOf(title)) || title === last,
  );
}

function styleOf({ size, font }: Paragraph): string {
  return `${stepOf(size)} ${font}`;
}

function isPlausible(
  titles: readonly Paragraph[],
  all: readonly Paragraph[],
  shareOfShort = MAX_SHARE_OF_SHORT,
): boolean {
  const characters = (paragraphs: readonly Paragraph[]): number =>
    paragraphs.reduce((sum, { text }) => sum + text.length, 0);
  const total = characters(all);
  return characters(titles) <= total * (total < SHORT_DOCUMENT ? shareOfShort : MAX_SHARE);
}

function stepOf(size: number): number {
  return Math.round(size / SIZE_STEP) * SIZE_STEP;
}
