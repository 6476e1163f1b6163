import type { ExtractedDocument } from '../../text-extractor';

/**
 * On which page a block begins, as far as the file says so: where its last writer's layout broke pages
 * (`w:lastRenderedPageBreak`), and the breaks that its author set. A file with neither has no pages.
 */
export class DocxPages {
  /** 1-based. */
  current = 1;
  private rendered = false;
  private broken = false;
  private started = false;
  /** After a break and before anything on the new page. */
  private fresh = false;
  /** First block of the section reached so far, unless it is the first, and of those that begin on a new page. */
  private sectionStart: number | undefined;
  private readonly sectionBreaks: number[] = [];

  /** Something is to be seen at this place. */
  ink(): void {
    this.fresh = false;
    this.started = true;
  }

  /** A break that the author set. */
  break(): void {
    this.current += 1;
    this.broken = true;
    this.fresh = true;
  }

  /** The paragraph that comes begins a page, whatever stands before it. */
  breakBefore(): void {
    if (this.started && !this.fresh) this.break();
  }

  /** A break of the layout. It also stands on the page after a break that the author set, and is the same one then. */
  renderedBreak(): void {
    this.rendered = true;
    if (this.fresh) this.fresh = false;
    else this.current += 1;
  }

  /**
   * A section ends. Its own properties, which come last, say how it began.
   * @param blocks how many there are so far
   */
  endSection(type: string, blocks: number): void {
    if (this.sectionStart !== undefined && type !== 'continuous' && type !== 'nextColumn') {
      this.sectionBreaks.push(this.sectionStart);
    }
    this.sectionStart = blocks;
  }

  /** @param pages of each block, as `current` was where it began */
  applyTo({ text, blocks }: ExtractedDocument, pages: readonly number[]): ExtractedDocument {
    // The layout's breaks are at the starts of sections too.
    const sections = this.rendered ? [] : this.sectionBreaks;
    if (!this.rendered && !this.broken && sections.length === 0) return { text, blocks };
    let passed = 0;
    const paged = blocks.map((block, index) => {
      while ((sections[passed] ?? Infinity) <= index) passed += 1;
      return { ...block, page: (pages[index] ?? 1) + passed };
    });
    return { text, blocks: paged };
  }
}
