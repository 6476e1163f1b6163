import type { PdfPage } from './pdf-furniture';
import type { Line } from './pdf-lines';

/**
 * What is learnt of a whole document before its lines are joined: distances, fonts, spellings, and whether tags are
 * sound.
 */

export interface DocumentTraits {
  /** Distance of base lines in sizes of the font, within paragraphs. */
  readonly leading: number;
  /** Words that are written with a hyphen within a line, lower case. */
  readonly hyphenated: ReadonlySet<string>;
  /** Fonts that running text is set in. */
  readonly bodyFonts: ReadonlySet<string>;
  /** Levels of the headings that the file itself names, in its outline or by tags. */
  readonly levels: ReadonlyMap<Line, number>;
  /** Whether the tags of paragraphs can be trusted. */
  readonly tagged: boolean;
}

const USUAL_LEADING = 1.2;
const MIN_LEADING = 0.8;
export const MAX_LEADING = 3;
const DISTANCE_STEP = 0.05;
/** Of the most common distance; smaller ones that are this common are those within paragraphs. */
const COMMON = 0.25;
/** Of all characters; text in such a font is no exception. */
const BODY_FONT_SHARE = 0.25;
const MAX_HYPHENATED = 50_000;
/** Of the places where a sentence goes on in the next line, those that tags put into two paragraphs. */
const MAX_TORN = 0.2;
const MIN_TORN = 3;
/** Of the characters, those that tags may call headings, in a document of some length. */
const MAX_HEADINGS = 0.3;
const SHORT_DOCUMENT = 2_000;
const SAME_SIZE = 1.12;

export const SENTENCE_END = /[.!?:;…。！？：؟۔][)\]"'”’»」』]*$/u;

export function documentTraits(pages: readonly PdfPage[], outlineLevels: ReadonlyMap<Line, number>): DocumentTraits {
  const all = new Map<number, number>();
  const within = new Map<number, number>();
  const hyphenated = new Set<string>();
  const fonts = new Map<string, number>();
  let continued = 0;
  let torn = 0;
  let length = 0;
  let headings = 0;
  for (const { lines } of pages) {
    lines.forEach((line, index) => {
      const next = lines[index + 1];
      length += line.text.length;
      if (line.tag?.role === 'heading') headings += line.text.length;
      if (line.font !== '') fonts.set(line.font, (fonts.get(line.font) ?? 0) + line.text.length);
      if (next !== undefined && next.flow === line.flow && sameSize(line.size, next.size)) {
        const distance = Math.round((next.y - line.y) / line.size / DISTANCE_STEP) * DISTANCE_STEP;
        if (distance > MIN_LEADING && distance <= MAX_LEADING) {
          all.set(distance, (all.get(distance) ?? 0) + 1);
          if (goesOn(line, next)) {
            within.set(distance, (within.get(distance) ?? 0) + 1);
            continued += 1;
            if (line.tag && next.tag && line.tag.block !== next.tag.block) torn += 1;
          }
        }
      }
      for (const [word] of line.text.matchAll(/\p{L}+-\p{L}+/gu)) {
        if (hyphenated.size < MAX_HYPHENATED) hyphenated.add(word.toLowerCase());
      }
    });
  }
  const tagged = (torn < MIN_TORN || torn <= MAX_TORN * continued) && !(length > SHORT_DOCUMENT && headings > MAX_HEADINGS * length); // prettier-ignore
  return {
    leading: mostCommon(within) ?? smallestCommon(all) ?? USUAL_LEADING,
    hyphenated,
    bodyFonts: bodyFonts(fonts),
    levels: tagged ? withTaggedHeadings(pages, outlineLevels) : outlineLevels,
    tagged,
  };
}

export function sameSize(a: number, b: number): boolean {
  return Math.max(a, b) <= SAME_SIZE * Math.min(a, b);
}

/**
 * Whether a sentence goes on from one line to the next, as far as small letters tell, or letters that are all of a
 * size.
 */
export function goesOn(line: Line, next: Line): boolean {
  return line.cells === 1 && next.cells === 1 && !SENTENCE_END.test(line.text) && /^[\p{Ll}\p{Lo}]/u.test(next.text);
}

function mostCommon(distances: ReadonlyMap<number, number>): number | undefined {
  return [...distances].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0]?.[0];
}

function smallestCommon(distances: ReadonlyMap<number, number>): number | undefined {
  const most = Math.max(0, ...distances.values());
  const common = [...distances].filter(([, count]) => count >= COMMON * most);
  return common.sort((a, b) => a[0] - b[0])[0]?.[0];
}

function bodyFonts(fonts: ReadonlyMap<string, number>): ReadonlySet<string> {
  const ordered = [...fonts].sort((a, b) => b[1] - a[1]);
  const total = ordered.reduce((sum, [, characters]) => sum + characters, 0);
  return new Set(
    ordered.filter(([, characters], rank) => rank === 0 || characters >= BODY_FONT_SHARE * total).map(([font]) => font),
  );
}

function withTaggedHeadings(pages: readonly PdfPage[], outlineLevels: ReadonlyMap<Line, number>): Map<Line, number> {
  const levels = new Map(outlineLevels);
  for (const { lines } of pages) {
    for (const line of lines) {
      const level = line.tag?.role === 'heading' ? line.tag.level : undefined;
      if (level !== undefined && !levels.has(line)) levels.set(line, level);
    }
  }
  return levels;
}
