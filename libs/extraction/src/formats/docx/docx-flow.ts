import type { DocxBlock } from './docx-blocks';
import type { DocxNumbering } from './docx-numbering';
import type { DocxPages } from './docx-pages';
import { DocxParagraph } from './docx-paragraph';
import type { DocxStyles } from './docx-styles';
import { DocxTables } from './docx-tables';

/** What the paragraphs of a document stand on. */
export interface DocxProperties {
  readonly styles: DocxStyles;
  readonly numbering: DocxNumbering;
  /** Outline levels set on paragraphs count from one, as Calligra has them: zero is running text. */
  readonly outlineFromOne?: boolean;
  /** Fields begin that never end: their marks are not to be believed. */
  readonly fieldsBroken?: boolean;
}

/** What of a run is shown: neither hidden text nor the codes of fields are. */
class RunState {
  /** Open fields, the innermost last: whether their code or their result is being read. */
  private readonly inCode: boolean[] = [];
  private codes = 0;
  private hidden = false;

  get isShown(): boolean {
    return !this.hidden && this.codes === 0;
  }

  /** The code of a field is being read. */
  get isInCode(): boolean {
    return this.codes > 0;
  }

  /** @param hidden as styles say; the run's own properties come next */
  openRun(hidden: boolean): void {
    this.hidden = hidden;
  }

  setHidden(hidden: boolean): void {
    this.hidden = hidden;
  }

  /** `{ code | result }`: fields nest in both parts, and may go on over paragraphs. */
  fieldCharacter(type: string): void {
    if (type === 'begin') {
      this.inCode.push(true);
      this.codes += 1;
    } else if (type === 'separate') {
      if (this.inCode.at(-1) !== true) return;
      this.inCode[this.inCode.length - 1] = false;
      this.codes -= 1;
    } else if (type === 'end' && this.inCode.pop() === true) this.codes -= 1;
  }
}

/**
 * Paragraphs and tables of one place: the body of the document, a text box, a note. Nothing in it reaches out of it.
 */
export class DocxFlow {
  readonly run = new RunState();
  readonly tables: DocxTables;
  paragraph: DocxParagraph | undefined;
  inRun = false;
  inParagraphProperties = false;
  inRowProperties = false;
  inSectionProperties = false;
  private ranOn: DocxParagraph | undefined;

  constructor(
    private readonly properties: DocxProperties,
    pages: DocxPages,
    out: (block: DocxBlock) => void,
  ) {
    this.tables = new DocxTables(pages, out);
  }

  openParagraph(): void {
    this.endParagraph();
    const { styles, numbering } = this.properties;
    this.paragraph = new DocxParagraph(styles, numbering, this.ranOn);
    this.ranOn = undefined;
  }

  endParagraph(): void {
    const { paragraph } = this;
    this.paragraph = undefined;
    this.inRun = false;
    this.inParagraphProperties = false;
    if (paragraph === undefined) return;
    if (paragraph.runsOn) this.ranOn = paragraph;
    else this.add(paragraph.take());
  }

  /** Nothing runs on over the border of a cell, a table or the flow. */
  endParagraphs(): void {
    this.endParagraph();
    this.add(this.ranOn?.take());
    this.ranOn = undefined;
  }

  add(block: DocxBlock | undefined): void {
    if (block !== undefined) this.tables.add(block);
  }
}
