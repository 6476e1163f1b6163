import type { TextAssembly } from '../text-assembly';
import { findTable } from './csv/csv-dialect';

/** Rows looked at before it is decided where the table begins and what names its columns. */
const SAMPLE_ROWS = 50;

interface Row {
  readonly cells: readonly string[];
  /** Position that is served; rows of a file are counted when it is left out. */
  readonly row: number | undefined;
}

const MAX_SHEET_NAME = 300;

/** @param name of a sheet; one without a name has no place by it */
export function sheetPlace(name: string): { readonly sheet?: string } {
  return name === '' ? {} : { sheet: name.slice(0, MAX_SHEET_NAME) };
}

/** A table to text, one block a data row: CSV, sheets. Rows with nothing in them are left out and not counted. */
export class TableText {
  private sample: Row[] | undefined = [];
  private header: readonly string[] | undefined;
  private rows = 0;
  private readonly place: { readonly sheet?: string };

  constructor(
    private readonly assembly: TextAssembly,
    private readonly headingPath: readonly string[],
    sheet = '',
  ) {
    this.place = sheetPlace(sheet);
  }

  /** @throws IngestionFailure `TOO_LARGE` */
  add(cells: readonly string[], row?: number): void {
    const trimmed = cells.map((cell) => cell.trim());
    if (trimmed.every((cell) => cell === '')) return;
    if (this.sample === undefined) return this.write({ cells: trimmed, row });
    this.sample.push({ cells: trimmed, row });
    if (this.sample.length >= SAMPLE_ROWS) this.settle();
  }

  /** To be called after the last row. */
  finish(): void {
    this.settle();
  }

  private settle(): void {
    const rows = this.sample ?? [];
    this.sample = undefined;
    const { preamble, hasHeader } = findTable(rows.map(({ cells }) => cells));
    for (const { cells } of rows.splice(0, preamble)) {
      const text = cells.filter((cell) => cell !== '').join(' ');
      this.assembly.add({ kind: 'paragraph', text, headingPath: this.headingPath, ...this.place });
    }
    const header = hasHeader ? rows.shift() : undefined;
    if (header !== undefined) this.header = withoutEmptyEnd(header.cells).map((name) => name.replace(/\s+/g, ' '));
    for (const row of rows) this.write(row);
  }

  private write({ cells, row }: Row): void {
    this.rows += 1;
    const text = this.header === undefined ? withoutEmptyEnd(cells).join(' | ') : labelled(this.header, cells);
    this.assembly.add({ kind: 'row', text, row: row ?? this.rows, headingPath: this.headingPath, ...this.place });
  }
}

/**
 * Each cell under its name. An empty cell keeps its name, so that what is missing can be seen; a cell beyond the header
 * stands without one.
 */
function labelled(header: readonly string[], cells: readonly string[]): string {
  const lines = header.map((name, column) => {
    const cell = cells[column] ?? '';
    if (name === '') return cell;
    return cell === '' ? `${name}:` : `${name}: ${cell}`;
  });
  const beyond = cells.slice(header.length);
  return [...lines, ...beyond].filter((line) => line !== '').join('\n');
}

function withoutEmptyEnd(cells: readonly string[]): readonly string[] {
  let end = cells.length;
  while (end > 0 && cells[end - 1] === '') end -= 1;
  return cells.slice(0, end);
}
