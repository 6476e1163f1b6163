import { roman } from '../numerals';
import { BlockQueue, type DocxBlock } from './docx-blocks';

export type NoteKind = 'footnote' | 'endnote';

/**
 * Footnotes and endnotes by their ids. A footnote is served after the paragraph or row that refers to it, where it
 * stands on the page and belongs in meaning; endnotes are served at the end.
 */
export class DocxNotes {
  private readonly known: Readonly<Record<NoteKind, Map<string, readonly DocxBlock[]>>> = {
    footnote: new Map(),
    endnote: new Map(),
  };
  private readonly referred = { footnote: 0, endnote: 0 };
  private footnotes = new BlockQueue();
  private readonly endnotes = new BlockQueue();

  add(kind: NoteKind, id: string, blocks: readonly DocxBlock[]): void {
    if (blocks.length > 0) this.known[kind].set(id, blocks);
  }

  /**
   * Called where the text refers to a note.
   * @param page where that is
   * @param ownMark the text goes on with a mark that its author typed
   * @returns the mark to show, counted as word processors do by default
   */
  refer(kind: NoteKind, id: string, page: number, ownMark: boolean): string {
    const blocks = this.known[kind].get(id);
    if (!ownMark) this.referred[kind] += 1;
    const count = this.referred[kind];
    const mark = ownMark ? '' : `[${kind === 'footnote' ? count : roman(count).toLowerCase()}]`;
    if (blocks === undefined) return mark;
    this.known[kind].delete(id);
    const queue = kind === 'footnote' ? this.footnotes : this.endnotes;
    blocks.forEach((block, index) => {
      const text = index === 0 && mark !== '' ? `${mark} ${block.text.trim()}` : block.text;
      queue.push({ ...block, text, page });
    });
    return mark;
  }

  /** Footnotes referred to since the last call. */
  takeFootnotes(): readonly DocxBlock[] {
    return this.footnotes.isEmpty ? [] : this.footnotes.take();
  }

  /** @param page the last one */
  takeEndnotes(page: number): readonly DocxBlock[] {
    return this.endnotes.take().map((block) => ({ ...block, page, headingPath: [] }));
  }
}
