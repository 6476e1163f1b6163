import type { TextBlock } from '@vectorlane/extraction';

/** Finds the header of the table that a row belongs to. Rows are asked for in their order and looked at once. */
export class TableHeaders {
  /** Of the table looked at last: its first row, and the last one that is known to belong to it. */
  private first = -1;
  private last = -1;

  constructor(
    private readonly text: string,
    private readonly blocks: readonly TextBlock[],
  ) {}

  /** @returns the header row above the block, with the dashes below it; empty where there is none */
  above(index: number): string {
    if (this.blocks[index]?.kind !== 'row') return '';
    if (this.last < 0 || index < this.last) this.first = this.last = index;
    for (let next = this.last + 1; next <= index; next += 1) {
      if (!this.continues(next)) this.first = next;
      this.last = next;
    }
    if (this.first === index) this.first = this.startOf(index);
    const header = this.blocks[this.first];
    if (header === undefined || this.first === index) return '';
    const row = this.text.slice(header.start, header.end);
    return endsInDashes(row) ? row : '';
  }

  /** Where a table that nobody has asked about yet begins. */
  private startOf(index: number): number {
    let first = index;
    while (first > 0 && this.continues(first)) first -= 1;
    return first;
  }

  private continues(index: number): boolean {
    const [before, block] = [this.blocks[index - 1], this.blocks[index]];
    if (before?.kind !== 'row' || block?.kind !== 'row') return false;
    return (
      this.text.slice(before.end, block.start).trim() === '' &&
      !/\n\s*\n/.test(this.text.slice(before.end, block.start))
    );
  }
}

/** The line of dashes that Markdown has below a header. */
function endsInDashes(row: string): boolean {
  const line = row.slice(row.lastIndexOf('\n') + 1);
  return line.length < row.length && line.includes('-') && line.includes('|') && !/[^ \t|:-]/.test(line);
}
