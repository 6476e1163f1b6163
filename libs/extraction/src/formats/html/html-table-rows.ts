import type { BlockDraft } from '../../text-assembly';
import type { InlineText } from './html-inline';

/**
 * Tables as rows of text, one line a row. A row that holds headings, code or another table was made for layout: its
 * cells are given out as ordinary text, or whole pages of an older web would come out as one row.
 */

interface Row {
  readonly cells: string[];
  cellOpen: boolean;
  layout: boolean;
}

interface Table {
  row: Row | undefined;
  rows: number;
}

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

  open(name: string): void {
    if (name === 'table') {
      this.becomeLayout();
      this.tables.push({ row: undefined, rows: 0 });
      return;
    }
    const table = this.tables.at(-1);
    if (table === undefined) return;
    if (name === 'tr' || name === 'caption') this.endRow(table);
    if (name === 'td' || name === 'th') {
      // A cell outside of any row starts one, as a browser would.
      table.row ??= { cells: [], cellOpen: false, layout: false };
      this.endCell(table.row);
      table.row.cellOpen = true;
    }
  }

  close(name: string): void {
    const table = this.tables.at(-1);
    if (table === undefined) return;
    if (name === 'td' || name === 'th') this.endCell(table.row);
    else if (name === 'tr' || name === 'tbody' || name === 'thead' || name === 'tfoot') this.endRow(table);
    else if (name === 'table') {
      this.endRow(table);
      this.tables.pop();
    }
  }

  /** Called before something opens that does not fit on one line: what the row has so far is given out. */
  becomeLayout(): void {
    const row = this.tables.at(-1)?.row;
    if (row === undefined || row.layout || !row.cellOpen) return;
    row.layout = true;
    for (const text of row.cells.splice(0)) this.push({ kind: 'paragraph', text });
    for (const text of this.inline.takeParagraphs()) this.push({ kind: 'paragraph', text });
  }

  private endCell(row: Row | undefined): void {
    if (row === undefined || !row.cellOpen) return;
    if (!row.layout) row.cells.push(this.inline.takeLine());
    row.cellOpen = false;
  }

  private endRow(table: Table): void {
    const { row } = table;
    if (row === undefined) return;
    this.endCell(row);
    table.row = undefined;
    if (row.cells.every((cell) => cell === '')) return;
    this.push({ kind: 'row', text: row.cells.join(' | '), separator: table.rows === 0 ? '\n\n' : '\n' });
    table.rows += 1;
  }
}
