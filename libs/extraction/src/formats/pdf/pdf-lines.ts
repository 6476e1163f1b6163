import { splitBands } from './pdf-bands';
import { type CellColumns, cellColumns, splitAtCells } from './pdf-cells';
import { columnGutters } from './pdf-columns';
import type { PageRuns } from './pdf-runs';
import { joinRuns, joinWords, type Segment, SEGMENT_GAP, weighFont } from './pdf-segments';
import type { Tag } from './pdf-tags';

/** Segments joined to lines in the order in which they are read, column after column. */

export interface Line {
  readonly text: string;
  readonly x0: number;
  readonly x1: number;
  readonly y: number;
  readonly size: number;
  /** Lines of one flow stand above each other in one column. */
  readonly flow: number;
  /** How many cells of a table it is made of; 1 where it is none. */
  readonly cells: number;
  /** What stands in them, where there are several. */
  readonly row?: readonly Cell[];
  /** Of a text that reads across the page, as running heads do. */
  readonly across: boolean;
  /** The font of (nearly) all of it; empty where there are several. */
  readonly font: string;
  /** Where all of it is of one element of a tagged file. */
  readonly tag: Tag | undefined;
}

export interface Cell {
  readonly text: string;
  readonly x0: number;
  readonly x1: number;
}

/** In parts of the font's size. */
const SAME_ROW = 0.4;
/** What is as narrow as a page number and stands this far from all other text is read before or after the columns. */
const MAX_APART_WIDTH = 9;
const MIN_APART = 1.8;
/** Of the characters, with spaces between words that count for none. */
const ONE_FONT = 0.7;
const LIST_MARKER = /^(?:[•◦▪●○■‣⁃∙·–—*-]|\(?(?:\d{1,3}|\p{L}|[ivxlc]{1,5})[.)])$/u;

export function readLines({ directions }: PageRuns): Line[] {
  const lines: Line[] = [];
  directions.forEach((runs, turns) => {
    const segments = joinRuns(runs);
    const rightToLeft = lettersOf(segments, true) > lettersOf(segments, false);
    for (const flow of flows(segments).flatMap((found) => splitBands(rows(found)))) {
      const number = (lines.at(-1)?.flow ?? 0) + 1;
      const cells = cellColumns(flow);
      for (const row of flow)
        lines.push(lineOf(splitAtCells(row, cells), { flow: number, across: turns === 0, rightToLeft }, cells));
    }
  });
  return lines;
}

/**
 * Splits a page at what spans its columns (titles, wide figures): above it each column is read to its end, then it,
 * then the columns below.
 */
function flows(segments: readonly Segment[]): Segment[][] {
  const gutters = columnGutters(segments);
  if (gutters.length === 0) return segments.length === 0 ? [] : [[...segments]];
  const read: Segment[][] = [];
  let columns: Segment[][] = [];
  let spanning: Segment[] = [];
  const flush = (): void => {
    read.push(...[spanning, ...columns].filter((flow) => flow.length > 0));
    columns = [];
    spanning = [];
  };
  const rightToLeft = segments.filter((segment) => segment.rightToLeft).length * 2 > segments.length;
  const sorted = segments.toSorted((a, b) => a.y - b.y);
  const apart = new Set([...standingApart(sorted), ...standingApart(sorted.toReversed())]);
  for (const segment of sorted) {
    const crosses = gutters.some((x) => segment.x0 < x - segment.size / 2 && segment.x1 > x + segment.size / 2);
    if (crosses || apart.has(segment)) {
      if (columns.length > 0) flush();
      spanning.push(segment);
      continue;
    }
    const passed = gutters.filter((x) => (segment.x0 + segment.x1) / 2 > x).length;
    const column = rightToLeft ? gutters.length - passed : passed;
    if (columns.length === 0) columns = Array.from({ length: gutters.length + 1 }, () => []);
    columns[column]?.push(segment);
  }
  flush();
  return read;
}

/** The first row, where it is short and clearly apart from the next: a page number, at the head or at the foot. */
function standingApart(sorted: readonly Segment[]): readonly Segment[] {
  const [edge] = sorted;
  if (edge === undefined) return [];
  const next = sorted.findIndex(({ y }) => Math.abs(y - edge.y) > SAME_ROW * edge.size);
  const row = sorted.slice(0, next);
  const distance = Math.abs((sorted[next]?.y ?? edge.y) - edge.y);
  const isShort = row.every(({ x0, x1, size }) => x1 - x0 < MAX_APART_WIDTH * size);
  return next > 0 && isShort && distance > MIN_APART * edge.size ? row : [];
}

/** Segments by row, from top to bottom. */
function rows(segments: readonly Segment[]): Segment[][] {
  const found: Segment[][] = [];
  let y = Number.NEGATIVE_INFINITY;
  for (const segment of segments.toSorted((a, b) => a.y - b.y)) {
    const row = found.at(-1);
    const first = row?.[0];
    if (row === undefined || first === undefined || segment.y - y > SAME_ROW * Math.max(first.size, segment.size)) {
      found.push([segment]);
      y = segment.y;
    } else {
      row.push(segment);
    }
  }
  return found;
}

function lineOf(
  segments: readonly Segment[],
  { flow, across, rightToLeft }: { flow: number; across: boolean; rightToLeft: boolean },
  columns: CellColumns,
): Line {
  const ordered = inReadingOrder(segments, rightToLeft);
  const row: { text: string; x0: number; x1: number }[] = [];
  let size = 0;
  let weight = 0;
  const font = { font: ordered[0]?.font ?? '', fontWeight: 0 };
  ordered.forEach((segment, index) => {
    const before = ordered[index - 1];
    const cell = row.at(-1);
    if (before === undefined || cell === undefined) {
      row.push({ text: segment.text, x0: segment.x0, x1: segment.x1 });
    } else if (columns.parts(before, segment) && !(index === 1 && LIST_MARKER.test(before.text))) {
      row.push({ text: segment.text, x0: segment.x0, x1: segment.x1 });
    } else {
      const gap = Math.max(segment.x0 - before.x1, before.x0 - segment.x1);
      cell.text = joinWords(cell.text, segment.text, gap, segment.size, before.tag?.label === true);
      cell.x0 = Math.min(cell.x0, segment.x0);
      cell.x1 = Math.max(cell.x1, segment.x1);
    }
    weighFont(font, segment.font, segment.fontWeight);
    if (segment.text.length > weight) {
      weight = segment.text.length;
      size = segment.size;
    }
  });
  const [first] = ordered;
  const text = row.map((cell) => cell.text).join('\t');
  return {
    text: text.trim().replace(/ {2,}/g, ' '),
    x0: Math.min(...segments.map((segment) => segment.x0)),
    x1: Math.max(...segments.map((segment) => segment.x1)),
    y: segments[0]?.y ?? 0,
    size,
    flow,
    cells: row.length,
    ...(row.length > 1 && { row }),
    across,
    font: font.fontWeight >= ONE_FONT * text.length ? font.font : '',
    tag: ordered.every(({ tag }) => tag?.block === first?.tag?.block) ? first?.tag : undefined,
  };
}

/**
 * From left to right; in a right-to-left row from right to left, except for left-to-right words side by side in it.
 * @param rightToLeft most of the page is; a row of it that has any such letters begins at its right end
 */
function inReadingOrder(row: readonly Segment[], rightToLeft: boolean): Segment[] {
  const ordered = row.toSorted((a, b) => a.x0 - b.x0);
  const letters = lettersOf(row, true);
  if (letters === 0 || (!rightToLeft && letters <= lettersOf(row, false))) return ordered;
  const result: Segment[] = [];
  let foreign: Segment[] = [];
  // Words keep their order; numbers without words between them follow that of the line.
  const flush = (): void => {
    result.push(...(foreign.some(({ text }) => /\p{L}/u.test(text)) ? asOne(foreign.toReversed()) : foreign));
    foreign = [];
  };
  for (const segment of ordered.reverse()) {
    if (!segment.rightToLeft) {
      foreign.push(segment);
      continue;
    }
    flush();
    result.push(segment);
  }
  flush();
  return result;
}

/** Words of the other direction side by side, which are neighbours on the page and would not be in the line. */
function asOne(words: readonly Segment[]): Segment[] {
  const joined: Segment[] = [];
  for (const word of words) {
    const before = joined.at(-1);
    if (before === undefined || word.x0 - before.x1 > SEGMENT_GAP * word.size) {
      joined.push({ ...word });
      continue;
    }
    before.text = joinWords(before.text, word.text, word.x0 - before.x1, word.size, false);
    before.x1 = word.x1;
  }
  return joined;
}

function lettersOf(segments: readonly Segment[], rightToLeft: boolean): number {
  const found = segments.filter((segment) => segment.rightToLeft === rightToLeft);
  return found.reduce((sum, { text }) => sum + (text.match(/\p{L}/gu)?.length ?? 0), 0);
}
