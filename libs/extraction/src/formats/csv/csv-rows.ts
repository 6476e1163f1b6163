import { TextAssembly } from '../../text-assembly';
import type { ExtractedDocument } from '../../text-extractor';
import { looksLikeHeader } from './csv-dialect';

/** Rows looked at before it is decided whether the first is a header. */
const HEADER_SAMPLE_ROWS = 20;

/** Rows to text, one block a data row; rows with nothing in them are left out and not counted. */
export class CsvRows {
  private readonly assembly = new TextAssembly();
  private sample: (readonly string[])[] | undefined = [];
  private header: readonly string[] | undefined;
  private row = 0;

  /** @throws IngestionFailure `TOO_LARGE` */
  add(cells: readonly string[]): void {
    const trimmed = cells.map((cell) => cell.trim());
    if (trimmed.every((cell) => cell === '')) return;
    if (this.sample === undefined) return this.write(trimmed);
    this.sample.push(trimmed);
    if (this.sample.length >= HEADER_SAMPLE_ROWS) this.settleHeader();
  }

  finish(): ExtractedDocument {
    this.settleHeader();
    return this.assembly.finish();
  }

  private settleHeader(): void {
    const rows = this.sample ?? [];
    this.sample = undefined;
    if (looksLikeHeader(rows)) this.header = rows.shift()?.map((name) => name.replace(/\s+/g, ' '));
    for (const row of rows) this.write(row);
  }

  private write(cells: readonly string[]): void {
    this.row += 1;
    const { header } = this;
    const text =
      header === undefined
        ? cells.filter((cell) => cell !== '').join(' | ')
        : cells.flatMap((cell, column) => labelled(header[column], cell)).join('\n');
    this.assembly.add({ kind: 'row', text, row: this.row, headingPath: [] });
  }
}

/** A cell beyond the header stands without a name. */
function labelled(name: string | undefined, cell: string): string[] {
  if (cell === '') return [];
  return [name === undefined || name === '' ? cell : `${name}: ${cell}`];
}
