import { type DocxBlock, headingBlock } from './docx-blocks';
import type { DocxNumbering } from './docx-numbering';
import type { DocxStyles, ParagraphStyle } from './docx-styles';

/** Soft hyphens and zero-width spaces would only hide words from a search. */
const INVISIBLE = /[\u00ad\u200b]/g;

/** One paragraph while it is read: its properties come first, then its text in pieces. */
export class DocxParagraph {
  level: number | undefined;
  numId: string | undefined;
  ilvl: number | undefined;
  pageBreakBefore: boolean | undefined;
  /** How the section that ends with this paragraph began. */
  sectionType: string | undefined;
  /** Its end is deleted or it is a drop cap: what follows is the same paragraph to a reader. */
  runsOn = false;
  style: ParagraphStyle;
  private pieces: string[] = [];
  private page: number | undefined;
  private bulletShown = false;

  constructor(
    private readonly styles: DocxStyles,
    private readonly numbering: DocxNumbering,
    /** A paragraph that ran on into this one. */
    before?: DocxParagraph,
  ) {
    this.style = styles.get(undefined);
    if (before === undefined) return;
    this.pieces = before.pieces;
    this.page = before.page;
  }

  get hasInk(): boolean {
    return this.page !== undefined;
  }

  get breaksPage(): boolean {
    return this.pageBreakBefore ?? this.style.pageBreakBefore;
  }

  setStyle(id: string): void {
    this.style = this.styles.get(id);
  }

  /** @param page where the text stands */
  append(text: string, page: number): void {
    this.pieces.push(text);
    if (this.page === undefined && /\S/.test(text)) this.page = page;
  }

  /** What was gathered so far; called once more after a page break within the paragraph. */
  take(): DocxBlock | undefined {
    const { page } = this;
    const text = this.pieces.join('').replace(INVISIBLE, '');
    this.pieces = [];
    this.page = undefined;
    if (page === undefined || text.trim() === '') return undefined;
    const level = this.level ?? this.style.level;
    if (level > 0) return headingBlock(text, level, page);
    if (this.style.code) return { kind: 'code', text, page };
    return this.listItem(text, page) ?? { kind: 'paragraph', text, page };
  }

  private listItem(text: string, page: number): DocxBlock | undefined {
    const numId = this.numId ?? this.style.numId;
    if (numId === undefined) return undefined;
    const depth = this.ilvl ?? this.style.ilvl ?? 0;
    const role = this.numbering.roleOf(numId, depth);
    if (role === 'none') return undefined;
    const bullet = role === 'item' && !this.bulletShown ? '- ' : '';
    this.bulletShown = true;
    return { kind: 'list-item', text: text.trim(), bullet, depth: Number.isFinite(depth) ? depth : 0, page };
  }
}
