import type { Segment } from './pdf-segments';

/** Finds the empty strips between columns of running text. */

/** Narrower text is a cell, a label or the end of a paragraph, and says nothing of columns. In sizes of the font. */
const MIN_COLUMN_WIDTH = 9;
/** Base lines this near are beside each other; columns need not share theirs. */
const BESIDE = 0.7;
const MIN_GUTTER = 0.7;
const MIN_VOTES = 4;
const MIN_SHARE = 0.15;
const MAX_GUTTERS = 4;

interface Gap {
  readonly from: number;
  readonly to: number;
}

/** @returns the middle of each strip, from left to right; empty for a page of one column */
export function columnGutters(segments: readonly Segment[]): number[] {
  const wide = segments.filter(({ x0, x1, size }) => x1 - x0 >= MIN_COLUMN_WIDTH * size);
  if (wide.length < 2 * MIN_VOTES) return [];
  let gaps = gapsBetween(wide.toSorted((a, b) => a.y - b.y));
  const needed = Math.max(MIN_VOTES, MIN_SHARE * (wide.length / 2));
  const gutters: number[] = [];
  while (gutters.length < MAX_GUTTERS && gaps.length >= needed) {
    const { x, votes } = mostCommon(gaps);
    if (votes < needed) break;
    gutters.push(x);
    gaps = gaps.filter(({ from, to }) => from > x || to < x);
  }
  return gutters.sort((a, b) => a - b);
}

/** For each segment the gap to the nearest one to its right. */
function gapsBetween(sorted: readonly Segment[]): Gap[] {
  const gaps: Gap[] = [];
  let first = 0;
  for (const segment of sorted) {
    const reach = BESIDE * segment.size;
    while ((sorted[first]?.y ?? segment.y) < segment.y - reach) first += 1;
    let nearest: number | undefined;
    for (let index = first; index < sorted.length; index += 1) {
      const other = sorted[index];
      if (other === undefined || other.y > segment.y + reach) break;
      if (other.x0 >= segment.x1 + MIN_GUTTER * segment.size) nearest = Math.min(nearest ?? Infinity, other.x0);
    }
    if (nearest !== undefined) gaps.push({ from: segment.x1, to: nearest });
  }
  return gaps;
}

/** The place that lies in most gaps. */
function mostCommon(gaps: readonly Gap[]): { x: number; votes: number } {
  const edges = gaps
    .flatMap(({ from, to }) => [
      { at: from, change: 1 },
      { at: to, change: -1 },
    ])
    .sort((a, b) => a.at - b.at || a.change - b.change);
  let open = 0;
  let best = { x: 0, votes: 0 };
  edges.forEach(({ at, change }, index) => {
    open += change;
    if (open > best.votes) best = { x: (at + (edges[index + 1]?.at ?? at)) / 2, votes: open };
  });
  return best;
}
