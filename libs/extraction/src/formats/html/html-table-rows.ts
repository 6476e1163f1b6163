import type { BlockDraft } from '../../text-assembly';
import type { InlineText } from './html-inline';

/**
 * Tables as rows of text, one line a row. A row that holds headings, code or another table was made for layout: its
 * cells are given out as ordinary text, or whole pages of an older web would come out as one row.
 */

interface Row {
  /** By column; a cell that reaches over several leaves the others empty. */
  readonly cells: string[];
  /** How far the cell that is open reaches. */
  columns: number;
  rows: number;
  cellOpen: boolean;
  layout: boolean;
}

/** A cell that reaches into the rows below: said again in each, so that every row can be read by itself. */
interface Hanging {
  readonly text: string;
  rows: number;
}

interface Table {
  row: Row | undefined;
  rows: number;
  readonly hanging: Map<number, Hanging>;
}

/** As browsers bound them; what hangs over more columns, or is longer, is shown once. */
const MAX_COLUMNS = 1_000;
const MAX_ROWS = 65_534;
const MAX_HANGING = 100;
const MAX_HANGING_LENGTH = 200;

export class TableRows {
  private readonly tables: Table[] = [];

  constructor(
    private readonly inline: InlineText,
    private readonly push: (draft: BlockDraft) => void,
  ) {}

  /** Whether text of this place goes into a cell. */
  get inCell(): boolean {
    const row = this.tables.at(-1)?.row;
    return row !== undefined && row.cellOpen && !row.layout;
  }

  open(name: string, attributes: ReadonlyMap<string, string>): void {
    if (name === 'table') {
      this.becomeLayout();
      this.tables.push({ row: undefined, rows: 0, hanging: new Map() });
      return;
    }
    const table = this.tables.at(-1);
    if (table === undefined) return;
    if (name === 'tr' || name === 'caption') this.endRow(table);
    if (name === 'td' || name === 'th') {
      // A cell outside of any row starts one, as a browser would.
      table.row ??= { cells: [], columns: 1, rows: 1, cellOpen: false, layout: false };
      this.endCell(table, table.row);
      table.row.columns = Math.max(1, span(attributes.get('colspan'), MAX_COLUMNS));
      // To the end of its part of the table.
      table.row.rows = span(attributes.get('rowspan'), MAX_ROWS) || MAX_ROWS;
      table.row.cellOpen = true;
    }
  }

  close(name: string): void {
    const table = this.tables.at(-1);
    if (table === undefined) return;
    if (name === 'td' || name === 'th') this.endCell(table, table.row);
    else if (name === 'tr') this.endRow(table);
    else if (name === 'tbody' || name === 'thead' || name === 'tfoot') {
      this.endRow(table);
      table.hanging.clear();
    } else if (name === 'table') {
      this.endRow(table);
      this.tables.pop();
    }
  }

  /** Called before something opens that does not fit on one line: what the row has so far is given out. */
  becomeLayout(): void {
    const row = this.tables.at(-1)?.row;
    if (row === undefined || row.layout || !row.cellOpen) return;
    row.layout = true;
    for (const text of row.cells.splice(0)) if (text !== '') this.push({ kind: 'paragraph', text });
    for (const text of this.inline.takeParagraphs()) this.push({ kind: 'paragraph', text });
  }

  private endCell(table: Table, row: Row | undefined): void {
    if (row === undefined || !row.cellOpen) return;
    row.cellOpen = false;
    if (row.layout) return;
    this.fillHanging(table, row);
    const text = this.inline.takeLine();
    if (row.rows > 1) this.hang(table, row, text);
    row.cells.push(text);
    for (let column = 1; column < row.columns && row.cells.length < MAX_COLUMNS; column += 1) row.cells.push('');
  }

  private hang({ hanging }: Table, row: Row, text: string): void {
    for (let column = 0; column < row.columns && hanging.size < MAX_HANGING; column += 1) {
      const repeated = column === 0 && text.length <= MAX_HANGING_LENGTH ? text : '';
      hanging.set(row.cells.length + column, { text: repeated, rows: row.rows });
    }
  }

  /** What reaches down from the rows above, up to the next free column. */
  private fillHanging({ hanging }: Table, row: Row): void {
    for (let above = hanging.get(row.cells.length); above !== undefined; above = hanging.get(row.cells.length)) {
      row.cells.push(above.text);
    }
  }

  private endRow(table: Table): void {
    const { row, hanging } = table;
    if (row === undefined) return;
    this.endCell(table, row);
    const isEmpty = row.cells.every((cell) => cell === '');
    this.fillHanging(table, row);
    table.row = undefined;
    for (const [column, cell] of hanging) {
      cell.rows -= 1;
      if (cell.rows <= 0) hanging.delete(column);
    }
    if (isEmpty || row.layout) return;
    const cells = [...row.cells];
    while (cells.length > 1 && cells.at(-1) === '') cells.pop();
    this.push({ kind: 'row', text: cells.join(' | '), separator: table.rows === 0 ? '\n\n' : '\n' });
    table.rows += 1;
  }
}

function span(value: string | undefined, most: number): number {
  const number = /^\s*\d{1,6}/.test(value ?? '') ? Number.parseInt(value ?? '', 10) : 1;
  return Math.min(number, most);
}
