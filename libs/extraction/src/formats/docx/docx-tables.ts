import { assertBlockCount } from '../../block-list';
import { BlockQueue, type DocxBlock, oneLine } from './docx-blocks';
import type { DocxPages } from './docx-pages';

/**
 * Tables as rows of text, one line a row, with the look that tables of web pages have. A row that holds headings, code
 * or another table, or that is a frame of one cell around several paragraphs, was made for layout: it is given out as
 * running text.
 */

interface Row {
  readonly cells: BlockQueue[];
  cellOpen: boolean;
  layout: boolean;
  deleted: boolean;
  /**
   * Pages on which each cell begins and the longest one ends: cells stand side by side, so their breaks do not add up.
   */
  firstPage: number;
  lastPage: number;
}

interface Table {
  row: Row | undefined;
  rows: number;
}

export class DocxTables {
  private readonly tables: Table[] = [];

  constructor(
    private readonly pages: DocxPages,
    private readonly out: (block: DocxBlock) => void,
  ) {}

  /** Whether a row is being read that comes out as one block. */
  get isInRow(): boolean {
    const row = this.tables.at(-1)?.row;
    return row !== undefined && !row.layout;
  }

  add(block: DocxBlock): void {
    if (block.kind === 'heading' || block.kind === 'code') this.becomeLayout();
    const row = this.tables.at(-1)?.row;
    if (row === undefined || row.layout || !row.cellOpen) return this.out(block);
    if (row.cells.length === 1) row.firstPage = Math.max(row.firstPage, block.page);
    row.cells.at(-1)?.push(block);
  }

  open(name: string): void {
    if (name === 'w:tbl') {
      this.becomeLayout();
      this.tables.push({ row: undefined, rows: 0 });
      return;
    }
    const table = this.tables.at(-1);
    if (table === undefined) return;
    if (name === 'w:tr') this.openRow(table);
    else if (name === 'w:tc' && table.row !== undefined) this.openCell(table.row);
  }

  close(name: string): void {
    const table = this.tables.at(-1);
    if (table === undefined) return;
    if (name === 'w:tc' && table.row !== undefined) this.endCell(table.row);
    else if (name === 'w:tr') this.endRow(table);
    else if (name === 'w:tbl') {
      this.endRow(table);
      this.tables.pop();
    }
  }

  /** A tracked change has taken this row out. */
  deleteRow(): void {
    const row = this.tables.at(-1)?.row;
    if (row !== undefined) row.deleted = true;
  }

  private openRow(table: Table): void {
    this.endRow(table);
    const page = this.pages.current;
    table.row = { cells: [], cellOpen: false, layout: false, deleted: false, firstPage: page, lastPage: page };
  }

  private openCell(row: Row): void {
    this.endCell(row);
    assertBlockCount(row.cells.length + 1);
    row.cells.push(new BlockQueue());
    row.cellOpen = true;
    this.pages.current = row.firstPage;
  }

  private endCell(row: Row): void {
    if (!row.cellOpen) return;
    row.cellOpen = false;
    row.lastPage = Math.max(row.lastPage, this.pages.current);
  }

  private endRow(table: Table): void {
    const { row } = table;
    if (row === undefined) return;
    this.endCell(row);
    table.row = undefined;
    this.pages.current = row.lastPage;
    if (row.deleted) return;
    const cells = row.cells.map((cell) => cell.take());
    const blocks = cells.flat();
    const [start] = blocks;
    if (start === undefined) return;
    if (cells.length === 1 && blocks.length > 1) {
      for (const block of blocks) this.out(block);
      return;
    }
    const text = cells.map((cell) => oneLine(cell.map(inLine).join(' '))).join(' | ');
    this.out({ kind: 'row', text, page: start.page, first: table.rows === 0 });
    table.rows += 1;
  }

  /** What the row has so far is given out, and the rest of it as it comes. */
  private becomeLayout(): void {
    const row = this.tables.at(-1)?.row;
    if (row === undefined || row.layout || !row.cellOpen) return;
    row.layout = true;
    if (row.deleted) return;
    for (const cell of row.cells) for (const block of cell.take()) this.out(block);
  }
}

/** In a cell an item keeps its number; a bullet would only stand in the way. */
function inLine({ bullet = '', text }: DocxBlock): string {
  return /[\p{L}\p{N}]/u.test(bullet) ? bullet + text : text;
}
