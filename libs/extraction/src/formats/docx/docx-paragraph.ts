import { withoutInvisible } from '../../text-normalisation';
import type { ListMark } from '../list-numbers';
import { type DocxBlock, headingBlock } from './docx-blocks';
import type { DocxNumbering } from './docx-numbering';
import type { DocxStyles, ParagraphStyle } from './docx-styles';

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
  private styleId: string | undefined;
  /** Counted once, also when a page break cuts the paragraph in two. */
  private counted = false;

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
    this.styleId = id;
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
    const text = withoutInvisible(this.pieces.join(''));
    this.pieces = [];
    this.page = undefined;
    const list = this.nextMark();
    if (page === undefined || text.trim() === '') return undefined;
    const level = this.level ?? this.style.level;
    const mark = list?.role === 'item' ? list.mark : '';
    if (level > 0) return headingBlock(isBullet(mark) ? text : mark + text.trimStart(), level, page);
    if (this.style.code) return { kind: 'code', text, page };
    if (list === undefined || list.role === 'none') return { kind: 'paragraph', text, page };
    return { kind: 'list-item', text: text.trim(), bullet: mark, depth: this.depth, page };
  }

  private get depth(): number {
    const depth = this.ilvl ?? this.style.ilvl ?? 0;
    return Number.isFinite(depth) ? depth : 0;
  }

  /** What stands before the text; nothing is counted or shown a second time. */
  private nextMark(): ListMark | undefined {
    const numId = this.numId ?? this.style.numId;
    if (numId === undefined) return undefined;
    if (this.counted) return { role: 'continued' };
    this.counted = true;
    const byStyle = this.styleId === undefined ? undefined : this.numbering.levelOfStyle(numId, this.styleId);
    return this.numbering.next(numId, this.ilvl ?? this.style.ilvl ?? byStyle ?? 0);
  }
}

/** Titles are no items, whatever decorates them. */
function isBullet(mark: string): boolean {
  return mark === '- ';
}
