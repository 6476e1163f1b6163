import type { Segment } from './pdf-segments';

/**
 * Short columns of running text within a page of one column. They look like a table of two cells a row, but for the
 * sentences, which go on from line to line.
 */

type Row = readonly Segment[];

/** In sizes of the font. */
const ALIGNED = 0.6;
const MAX_DISTANCE = 2;
const MIN_WIDTH = 9;
/** Of the columns of a band, and of its rows, which are looked at again from each row that begins none. */
const MAX_COLUMNS = 8;
const MAX_ROWS = 48;
/** Of the first distance of base lines. */
const SAME_DISTANCE = 1.25;
/** Lines of each column that go on with a sentence, and of all its lines but the first. */
const MIN_CONTINUED = 2;
const MIN_SHARE = 0.5;
const SENTENCE_END = /[.!?:;…][)\]"'”’»]*$/u;

/** @param rows from top to bottom; @returns rows that are read one after the other, each side of a band by itself */
export function splitBands(rows: readonly Row[]): Row[][] {
  const flows: Row[][] = [];
  let open: Row[] = [];
  for (let index = 0; index < rows.length;) {
    const band = bandAt(rows, index);
    if (band === undefined) {
      open.push(rows[index] ?? []);
      index += 1;
      continue;
    }
    if (open.length > 0) flows.push(open);
    open = [];
    flows.push(...band.columns.map((column) => column.map((segment) => [segment])));
    index += band.rows;
  }
  if (open.length > 0) flows.push(open);
  return flows;
}

function bandAt(rows: readonly Row[], start: number): { columns: Segment[][]; rows: number } | undefined {
  const first = (rows[start] ?? []).toSorted((a, b) => a.x0 - b.x0);
  if (first.length < 2 || first.length > MAX_COLUMNS || first.some(({ rightToLeft }) => rightToLeft)) return undefined;
  const columns: Segment[][] = first.map(() => []);
  let end = start;
  let distance = 0;
  for (; end < Math.min(rows.length, start + MAX_ROWS); end += 1) {
    const row = rows[end] ?? [];
    const step = end === start ? 0 : (row[0]?.y ?? 0) - (rows[end - 1]?.[0]?.y ?? 0);
    if (end === start + 1) distance = step;
    const size = first[0]?.size ?? 0;
    if (step > MAX_DISTANCE * size || step > SAME_DISTANCE * distance + ALIGNED) break;
    if (row.length > first.length) break;
    const places = row.map((segment) => columnOf(segment, first));
    if (places.includes(-1) || new Set(places).size < places.length) break;
    row.forEach((segment, index) => columns[places[index] ?? 0]?.push(segment));
  }
  return columns.every(isRunning) ? { columns, rows: end - start } : undefined;
}

function columnOf(segment: Segment, first: Row): number {
  const column = first.findIndex(({ x0 }) => Math.abs(segment.x0 - x0) <= ALIGNED * segment.size);
  const next = first[column + 1];
  return next !== undefined && segment.x1 > next.x0 - ALIGNED * segment.size ? -1 : column;
}

function isRunning(lines: readonly Segment[]): boolean {
  if (!lines.some(({ x0, x1, size }) => x1 - x0 >= MIN_WIDTH * size)) return false;
  const continued = lines.filter((line, index) => {
    const before = lines[index - 1];
    return before !== undefined && !SENTENCE_END.test(before.text) && /^\p{Ll}/u.test(line.text);
  }).length;
  return continued >= MIN_CONTINUED && continued >= MIN_SHARE * (lines.length - 1);
}
