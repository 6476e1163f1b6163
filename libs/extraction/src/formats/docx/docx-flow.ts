import type { DocxBlock } from './docx-blocks';
import type { DocxNumbering } from './docx-numbering';
import type { DocxPages } from './docx-pages';
import { DocxParagraph } from './docx-paragraph';
import { RunState } from './docx-run';
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

/** Paragraphs and tables of one place: the body of the document, a text box, a note. Nothing in it reaches out of it. */
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
