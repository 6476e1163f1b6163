import type { Cell, Line } from './pdf-lines';

/** Tables: rows whose cells stand below each other, written as rows of Markdown. */

const MIN_ROWS = 3;
/** In sizes of the font: how far apart two rows of a table are at most. */
const MAX_ROW_DISTANCE = 3;
/** In sizes of the font, for so many of the cells of a column: they begin, end or have their middle at one place. */
const ALIGNED = 0.5;
const MIN_ALIGNED = 0.75;
/** Mean length of the cells of all columns but one; longer ones may be running text side by side. */
const MAX_SHORT_CELL = 24;
/** Of all cells, those that hold something. */
const MIN_FILLED = 0.5;

export interface Table {
  /** Of Markdown; the first is the header and has the dashes below it. */
  readonly rows: readonly string[];
  /** How many lines it is made of. */
  readonly lines: number;
}

/** @returns the table that begins with the line of this index; no part of one, whose header would be another row */
export function tableAt(lines: readonly Line[], index: number): Table | undefined {
  const before = lines[index - 1];
  if ((before?.cells ?? 0) > 1 && follows(before, lines[index])) return undefined;
  let end = index;
  while (end < lines.length && (lines[end]?.cells ?? 0) > 1 && (end === index || follows(lines[end - 1], lines[end]))) {
    end += 1;
  }
  const members = lines.slice(index, end);
  if (members.length < MIN_ROWS) return undefined;
  const grid = gridOf(members);
  if (grid === undefined) return undefined;
  return { rows: grid.map((cells, at) => markdown(cells, at === 0)), lines: members.length };
}

/** @returns the cells of each row, empty ones among them; undefined when they stand in no columns */
function gridOf(lines: readonly Line[]): readonly (readonly string[])[] | undefined {
  const reach = ALIGNED * (lines[0]?.size ?? 0);
  const rows = withWholeHeader(lines.map(({ row = [] }) => row));
  const count = rows[0]?.length ?? 0;
  // Rows of as many cells are in order; where some are empty, the places tell which.
  const isFull = rows.every((row) => row.length === count);
  const columns = isFull ? undefined : columnsOf(rows.flat());
  const columnOf = (cell: Cell, at: number): number => columns?.findIndex((column) => isIn(cell, column)) ?? at;
  const members: Cell[][] = Array.from({ length: columns?.length ?? count }, () => []);
  rows.forEach((row) => row.forEach((cell, at) => members[columnOf(cell, at)]?.push(cell)));
  const filled = rows.reduce((sum, row) => sum + row.length, 0);
  const long = members.filter((cells) => lengthOf(cells) > MAX_SHORT_CELL * cells.length).length;
  const isTable =
    members.length > 1 &&
    filled >= MIN_FILLED * members.length * rows.length &&
    long <= 1 &&
    members.every((cells) => isAligned(cells, reach));
  if (!isTable) return undefined;
  return rows.map((row) => {
    const texts = members.map((_, column) =>
      row
        .filter((cell, at) => columnOf(cell, at) === column)
        .map(({ text }) => text)
        .join(' '),
    );
    // Places count from the left, and a line may be read from the right.
    const isReversed = columns !== undefined && (row[0]?.x0 ?? 0) > (row.at(-1)?.x0 ?? 0);
    return isReversed ? texts.toReversed() : texts;
  });
}

/** Words of a header may stand as near to each other as those of a sentence; the columns below them tell them apart. */
function withWholeHeader(rows: readonly (readonly Cell[])[]): readonly (readonly Cell[])[] {
  const [header = [], first = [], ...rest] = rows;
  const count = first.length;
  if (header.length >= count || rest.some((row) => row.length !== count)) return rows;
  const columns = first.map((cell, at) => ({
    from: Math.min(cell.x0, ...rest.map((row) => row[at]?.x0 ?? cell.x0)),
    to: Math.max(cell.x1, ...rest.map((row) => row[at]?.x1 ?? cell.x1)),
  }));
  const whole = header.flatMap((cell) => {
    const words = cell.text.split(' ');
    const below = columns.filter(({ from, to }) => cell.x0 < to && cell.x1 > from);
    return below.length > 1 && words.length === below.length ? split(cell, words) : [cell];
  });
  return whole.length === count ? [whole, first, ...rest] : rows;
}

/** In parts as long as their words. */
function split({ text, x0, x1 }: Cell, words: readonly string[]): Cell[] {
  const unit = (x1 - x0) / text.length;
  let at = 0;
  return words.map((word) => {
    const from = x0 + at * unit;
    at += word.length + 1;
    return { text: word, x0: from, x1: from + word.length * unit };
  });
}

function lengthOf(cells: readonly Cell[]): number {
  return cells.reduce((sum, { text }) => sum + text.length, 0);
}

function follows(before: Line | undefined, line: Line | undefined): boolean {
  if (before === undefined || line === undefined || before.flow !== line.flow) return false;
  const distance = line.y - before.y;
  return distance > 0 && distance <= MAX_ROW_DISTANCE * Math.max(before.size, line.size);
}

interface Column {
  readonly from: number;
  readonly to: number;
}

/** Stretches that cells share, with nothing between them, from left to right. */
function columnsOf(cells: readonly Cell[]): readonly Column[] {
  const columns: Column[] = [];
  for (const { x0, x1 } of cells.toSorted((a, b) => a.x0 - b.x0)) {
    const last = columns.at(-1);
    if (last !== undefined && x0 <= last.to)
      columns[columns.length - 1] = { from: last.from, to: Math.max(last.to, x1) };
    else columns.push({ from: x0, to: x1 });
  }
  return columns;
}

function isAligned(cells: readonly Cell[], reach: number): boolean {
  const places: readonly ((cell: Cell) => number)[] = [({ x0 }) => x0, ({ x1 }) => x1, ({ x0, x1 }) => (x0 + x1) / 2];
  return places.some((place) => {
    const found = cells.map(place);
    const usual = found.toSorted((a, b) => a - b)[Math.floor(found.length / 2)] ?? 0;
    return found.filter((at) => Math.abs(at - usual) <= reach).length >= MIN_ALIGNED * found.length;
  });
}

function isIn({ x0 }: Cell, { from, to }: Column): boolean {
  return x0 >= from && x0 <= to;
}

function markdown(cells: readonly string[], isHeader: boolean): string {
  const shown = cells.map((cell) => cell.trim().replace(/\s+/g, ' ').replace(/[\\|]/g, '\\$&'));
  const row = `| ${shown.join(' | ')} |`;
  return isHeader ? `${row}\n|${' --- |'.repeat(cells.length)}` : row;
}
