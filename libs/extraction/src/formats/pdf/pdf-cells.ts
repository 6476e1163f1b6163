import type { Segment } from './pdf-segments';

/**
 * Tells cells of a table from words of a line: by wide gaps, by tags, and by standing below the cells of other rows.
 */

/** In sizes of the font. */
const CELL_GAP = 1.5;
/** Narrower gaps are none between cells, even in a column. */
const MIN_GAP = 0.5;
/** Points by which the cells of a column may differ. */
const STEP = 0.5;
const MIN_ROWS = 2;
/** Rows this far from those that show the column, in sizes of the font, are not of its table. */
const REACH = 3;

export interface CellColumns {
  /** Whether two segments side by side are cells of their own. */
  parts(left: Segment, right: Segment): boolean;
  /** Whether a column of cells begins at the place. */
  beginsAt(x0: number, segment: Segment): boolean;
}

interface Column {
  rows: number;
  top: number;
  bottom: number;
}

export function cellColumns(rows: readonly (readonly Segment[])[]): CellColumns {
  const columns = new Map<number, Column>();
  for (const row of rows) {
    if (row.length < 2) continue;
    const ordered = row.toSorted((a, b) => a.x0 - b.x0);
    ordered.forEach((segment, index) => {
      const before = ordered[index - 1];
      if (before === undefined || segment.x0 - before.x1 <= CELL_GAP * segment.size) return;
      const known = columns.get(stepOf(segment.x0)) ?? { rows: 0, top: segment.y, bottom: segment.y };
      known.rows += 1;
      known.bottom = segment.y;
      columns.set(stepOf(segment.x0), known);
    });
  }
  const beginsAt = (x0: number, { y, size }: Segment): boolean => {
    const column = columns.get(stepOf(x0));
    const reach = REACH * size;
    return column !== undefined && column.rows >= MIN_ROWS && y >= column.top - reach && y <= column.bottom + reach;
  };
  const parts = (left: Segment, right: Segment): boolean => {
    const gap = Math.max(right.x0 - left.x1, left.x0 - right.x1);
    if (left.tag?.cell !== right.tag?.cell && left.tag?.block === right.tag?.block) return true;
    if (gap > CELL_GAP * Math.max(left.size, right.size)) return true;
    return right.x0 - left.x1 > MIN_GAP * right.size && beginsAt(right.x0, right);
  };
  return { parts, beginsAt };
}

function stepOf(x0: number): number {
  return Math.round(x0 / STEP);
}

/** Segments whose words stand in columns, cut where the columns begin. */
export function splitAtCells(row: readonly Segment[], columns: CellColumns): readonly Segment[] {
  if (!row.some(({ starts }) => starts !== undefined)) return row;
  return row.flatMap((segment) => {
    const cuts = (segment.starts ?? []).filter(({ x0 }) => columns.beginsAt(x0, segment));
    if (cuts.length === 0) return [segment];
    return [undefined, ...cuts].map((cut, index): Segment => {
      const next = cuts[index];
      const text = segment.text.slice(cut?.at ?? 0, next?.at).trim();
      const fontWeight = (segment.fontWeight * text.length) / segment.text.length;
      return {
        ...segment,
        text,
        x0: cut?.x0 ?? segment.x0,
        x1: next?.after ?? segment.x1,
        fontWeight,
        starts: undefined,
      };
    });
  });
}
