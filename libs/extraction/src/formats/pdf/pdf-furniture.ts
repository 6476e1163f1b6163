import type { Line } from './pdf-lines';

/** Running heads, running feet and page numbers: what is printed on most pages and belongs to none. */

export interface PdfPage {
  readonly number: number;
  readonly height: number;
  readonly lines: readonly Line[];
}

/** With fewer pages nothing can be told from a title that happens to come again. */
const MIN_PAGES = 4;
/** Of all pages with text; 40 % as heads of left and of right pages may differ. */
const MIN_SHARE = 0.4;
const MIN_TIMES = 3;
/** Looked at from the top and from the bottom of a page. */
const EDGE_LINES = 2;
const EDGE_SHARE = 0.15;
const MAX_LENGTH = 200;
/** Points by which a line may move from page to page. */
const POSITION_STEP = 6;
/** Of its places, those where a number must go with the page, or the words be the same. */
const MIN_REGULAR = 0.6;

interface Place {
  readonly page: number;
  readonly line: Line;
}

/**
 * The pages without what repeats at their edges. Words are kept where they stand first, so that they can be found; page
 * numbers are dropped everywhere.
 */
export function withoutFurniture(pages: readonly PdfPage[]): readonly PdfPage[] {
  const withText = pages.filter(({ lines }) => lines.length > 0).length;
  if (withText < MIN_PAGES) return pages;
  const places = new Map<string, Place[]>();
  for (const page of pages) {
    for (const line of edgeLines(page)) {
      const key = keyOf(line, page.height);
      const known = places.get(key);
      if (known === undefined) places.set(key, [{ page: page.number, line }]);
      else known.push({ page: page.number, line });
    }
  }
  const dropped = new Set<Line>();
  for (const found of places.values()) {
    if (found.length < Math.max(MIN_TIMES, MIN_SHARE * withText) || !isRegular(found)) continue;
    const hasWords = /\p{L}{3}/u.test(found[0]?.line.text.replace(/\bpage\b/giu, '') ?? '');
    for (const { line } of hasWords ? found.slice(1) : found) dropped.add(line);
  }
  if (dropped.size === 0) return pages;
  return pages.map((page) => ({ ...page, lines: page.lines.filter((line) => !dropped.has(line)) }));
}

function edgeLines({ lines, height }: PdfPage): Line[] {
  const across = lines.filter((line) => line.across && line.text.length <= MAX_LENGTH).sort((a, b) => a.y - b.y);
  const top = across.slice(0, EDGE_LINES).filter(({ y }) => y < EDGE_SHARE * height);
  const bottom = across.slice(-EDGE_LINES).filter(({ y }) => y > (1 - EDGE_SHARE) * height);
  return [...top, ...bottom];
}

function keyOf({ text, y }: Line, height: number): string {
  // A page of another size has its foot at the same distance from its lower edge.
  const position = y * 2 < height ? y : y - height;
  return `${Math.round(position / POSITION_STEP)} ${text.replace(/\d+/g, '#').replace(/\s+/g, '')}`;
}

/** A table that begins each page with other numbers looks alike once its digits are left out, but follows no page. */
function isRegular(places: readonly Place[]): boolean {
  const enough = MIN_REGULAR * places.length;
  if (mostCommonCount(places.map(({ line }) => line.text)) >= enough) return true;
  const offsets = places.map(({ page, line }) =>
    (line.text.match(/\d{1,9}/g) ?? []).map((digits) => Number(digits) - page),
  );
  const numbers = offsets[0]?.length ?? 0;
  for (let index = 0; index < numbers; index += 1) {
    if (mostCommonCount(offsets.map((found) => found[index])) >= enough) return true;
  }
  return false;
}

function mostCommonCount(values: readonly unknown[]): number {
  const counts = new Map<unknown, number>();
  let most = 0;
  for (const value of values) {
    const count = (counts.get(value) ?? 0) + 1;
    counts.set(value, count);
    most = Math.max(most, count);
  }
  return most;
}
