import { BlockQueue, type DocxBlock } from './docx-blocks';
import { DocxFlow, type DocxProperties } from './docx-flow';
import { DocxFormField } from './docx-form-field';
import { DocxMath } from './docx-math';
import type { DocxNotes, NoteKind } from './docx-notes';
import { DocxPages } from './docx-pages';
import type { DocxParagraph } from './docx-paragraph';
import { headingLevel } from './docx-styles';
import { symbolText } from './docx-symbols';
import { type XmlAttributes, type XmlVisitor, isOn } from '../container/xml-reader';

/**
 * Neither shown nor said aloud: deletions, what was before a tracked change, readings above words, set-up of controls.
 */
const LEFT_OUT = new Set([
  'w:moveFrom', 'w:rt', 'w:sdtPr', 'w:pPrChange', 'w:rPrChange', 'w:sectPrChange', 'w:tblPrChange', 'w:trPrChange',
  'w:tcPrChange', 'w:tblPrExChange', 'w:tblGridChange',
]); // prettier-ignore
/** Alternatives whose first choice needs what has no text in it, and whose fallback is the character itself. */
const UNREADABLE_CHOICE = /(?:^|\s)w16se(?:\s|$)/;

const MIN_BLOCKS_TO_JUDGE = 4;

/**
 * WordprocessingML to blocks in reading order, as events come in. State is kept in flat stacks, never recursion. Text
 * boxes follow the paragraph they are anchored in; headers and footers are parts of their own and are not read.
 */
export class DocxStory implements XmlVisitor {
  /** The part is a document, not some other XML. */
  isDocument = false;
  hasPicture = false;
  /** Documents of other formats are embedded whole (`w:altChunk`). */
  hasEmbedded = false;
  private readonly flows: DocxFlow[];
  private readonly math = new DocxMath();
  private field: DocxFormField | undefined;
  private readonly floating = new BlockQueue();
  /** Open alternatives: whether one has been taken. */
  private readonly alternatives: { taken: boolean }[] = [];
  /** Content of the text element being read. */
  private characters: string[] | undefined;
  private preserving = false;
  private sectionType: string | undefined;
  /** Blocks given out so far. */
  private given = 0;
  private outermost = 0;

  /**
   * @param pages of the body; a note has none
   * @param notes those that the text may refer to; none for a note
   */
  constructor(
    private readonly properties: DocxProperties,
    private readonly out: (block: DocxBlock) => void,
    private readonly pages?: DocxPages,
    private readonly notes?: DocxNotes,
    /** Documents embedded whole, charts and diagrams, by the id of their relationship. */
    private readonly embedded: ReadonlyMap<string, readonly DocxBlock[]> = new Map(),
  ) {
    this.flows = [new DocxFlow(properties, pages ?? new DocxPages(), (block) => this.give(block))];
  }

  open(name: string, attributes: XmlAttributes): boolean | void {
    if (LEFT_OUT.has(name)) return false;
    const { flow } = this;
    if (name === 'm:oMath' || this.math.isOpen) this.math.open(name, attributes);
    switch (name) {
      case 'w:t':
      case 'm:t':
        this.characters = [];
        this.preserving = attributes.get('xml:space') === 'preserve';
        return;
      case 'w:r':
      case 'm:r':
        flow.inRun = true;
        return flow.run.openRun(flow.paragraph?.style.hidden ?? false);
      case 'w:p':
        return flow.openParagraph();
      case 'w:pPr':
        flow.inParagraphProperties = flow.paragraph !== undefined;
        return;
      case 'w:del':
        return this.deletion();
      case 'w:tbl':
        flow.endParagraphs();
        return flow.tables.open(name);
      case 'w:tr':
      case 'w:tc':
        return flow.tables.open(name);
      case 'w:trPr':
        flow.inRowProperties = true;
        return;
      case 'w:txbxContent':
        return this.openTextBox();
      case 'mc:AlternateContent':
        this.alternatives.push({ taken: false });
        return;
      case 'mc:Choice':
      case 'mc:Fallback':
        return this.alternative(attributes.get('Requires') ?? '');
    }
    if (this.field !== undefined) this.field.open(name, attributes);
    else if (flow.inParagraphProperties) this.paragraphProperty(name, attributes);
    else if (flow.inRun) this.runContent(name, attributes);
    this.elsewhere(name, attributes);
  }

  close(name: string): void {
    const { flow } = this;
    if (this.math.isOpen) this.closeMath(name);
    switch (name) {
      case 'w:t':
      case 'm:t':
        return this.endText();
      case 'w:r':
      case 'm:r':
        flow.inRun = false;
        flow.run.setHidden(false);
        return;
      case 'w:pPr':
        if (flow.inParagraphProperties) this.endParagraphProperties();
        return;
      case 'w:p':
        return this.endParagraph();
      case 'w:trPr':
        flow.inRowProperties = false;
        return;
      case 'w:tc':
      case 'w:tr':
      case 'w:tbl':
        flow.endParagraphs();
        flow.tables.close(name);
        return this.settle();
      case 'w:txbxContent':
        flow.endParagraphs();
        if (this.flows.length > 1) this.flows.pop();
        // A box outside of any paragraph has none to wait for.
        return this.flow.paragraph === undefined ? this.settle() : undefined;
      case 'mc:AlternateContent':
        this.alternatives.pop();
        return;
      case 'w:fldChar':
        return this.endFieldCharacter();
      case 'w:sectPr':
        return this.endSection();
    }
  }

  text(text: string): void {
    this.characters?.push(text);
  }

  /** To be called after the last event; the story may then begin again. */
  finish(): void {
    while (this.flows.length > 1) this.flows.pop();
    this.flow.endParagraphs();
    this.settle();
    for (const block of this.notes?.takeEndnotes(this.page) ?? []) this.give(block);
  }

  /** Most of what there is would be headings of the first level: levels of this file must mean something else. */
  get isAllOutermost(): boolean {
    return this.given >= MIN_BLOCKS_TO_JUDGE && this.outermost > this.given / 2;
  }

  /** At the end: the code of a field has swallowed the rest of the text. */
  get isInCode(): boolean {
    return this.flow.run.isInCode;
  }

  private get flow(): DocxFlow {
    const flow = this.flows.at(-1);
    if (flow === undefined) throw new Error('the body of the document is never closed');
    return flow;
  }

  private get inBody(): boolean {
    return this.pages !== undefined && this.flows.length === 1;
  }

  private get page(): number {
    return this.pages?.current ?? 1;
  }

  private elsewhere(name: string, attributes: XmlAttributes): void {
    if (name === 'w:document') this.isDocument = true;
    else if (name === 'a:blip' || name === 'v:imagedata') this.hasPicture = true;
    else if (name === 'wp:docPr') this.append(spaced(attributes.get('descr') ?? ''));
    else if (name === 'v:shape' || name === 'v:imagedata') this.append(spaced(attributes.get('alt') ?? ''));
    else if (name === 'w:altChunk') this.giveEmbedded(attributes.get('r:id') ?? '');
    else if (name === 'c:chart') this.floatGraphic(attributes.get('r:id') ?? '');
    else if (name === 'dgm:relIds') this.floatGraphic(attributes.get('r:dm') ?? '');
    else if (name === 'w:sectPr') this.flow.inSectionProperties = true;
    else if (name === 'w:type' && this.flow.inSectionProperties) this.sectionType = attributes.get('w:val') ?? '';
  }

  private paragraphProperty(name: string, attributes: XmlAttributes): void {
    const { paragraph } = this.flow;
    if (paragraph === undefined) return;
    const value = attributes.get('w:val') ?? '';
    if (name === 'w:pStyle') paragraph.setStyle(value);
    else if (name === 'w:outlineLvl') this.outlineLevel(paragraph, value);
    else if (name === 'w:numId') paragraph.numId = value;
    else if (name === 'w:ilvl') paragraph.ilvl = Number(value);
    else if (name === 'w:pageBreakBefore') paragraph.pageBreakBefore = isOn(attributes);
    else if (name === 'w:framePr') paragraph.runsOn ||= /^(?:drop|margin)$/.test(attributes.get('w:dropCap') ?? '');
  }

  private outlineLevel(paragraph: DocxParagraph, value: string): void {
    if (value === '0') this.outermost += 1;
    paragraph.level = headingLevel(this.properties.outlineFromOne === true ? String(Number(value) - 1) : value);
  }

  private runContent(name: string, attributes: XmlAttributes): void {
    const { flow } = this;
    switch (name) {
      case 'w:rStyle': {
        const style = this.properties.styles.get(attributes.get('w:val'));
        return flow.run.setHidden(style.hidden || (flow.paragraph?.style.hidden ?? false));
      }
      case 'w:vanish':
        return flow.run.setHidden(isOn(attributes));
      case 'w:fldChar':
        this.field = new DocxFormField(attributes.get('w:fldCharType') ?? '');
        return;
      case 'w:tab':
      case 'w:ptab':
        return this.append('\t');
      case 'w:br':
        return attributes.get('w:type') === 'page' ? this.pageBreak() : this.append('\n');
      case 'w:cr':
        return this.append('\n');
      case 'w:noBreakHyphen':
        return this.append('-');
      case 'w:sym':
        return this.append(symbolText(attributes.get('w:font') ?? '', attributes.get('w:char') ?? ''));
      case 'w:lastRenderedPageBreak':
        if (this.inBody) this.pages?.renderedBreak();
        return;
      case 'w:footnoteReference':
        return this.reference('footnote', attributes);
      case 'w:endnoteReference':
        return this.reference('endnote', attributes);
      case 'w:drawing':
      case 'w:pict':
      case 'w:object':
        if (this.inBody) this.pages?.ink();
    }
  }

  /** The value of a form field stands before its code begins, which would hide it. */
  private endFieldCharacter(): void {
    const { field } = this;
    this.field = undefined;
    if (field === undefined) return;
    this.append(field.value);
    if (this.properties.fieldsBroken !== true) this.flow.run.fieldCharacter(field.type);
  }

  private closeMath(name: string): void {
    const equation = this.math.close(name);
    if (equation !== undefined) this.append(equation);
  }

  private giveEmbedded(id: string): void {
    const blocks = this.embedded.get(id);
    if (blocks === undefined) this.hasEmbedded = true;
    for (const block of blocks ?? []) this.flow.add({ ...block, page: this.page });
  }

  /** A chart hangs on its paragraph, and is read after it. */
  private floatGraphic(id: string): void {
    for (const block of this.embedded.get(id) ?? []) this.floating.push({ ...block, page: this.page });
  }

  private append(text: string): void {
    const { paragraph, run } = this.flow;
    if (paragraph === undefined || !run.isShown || text === '') return;
    paragraph.append(text, this.page);
    if (this.inBody && paragraph.hasInk) this.pages?.ink();
  }

  private endText(): void {
    const { characters } = this;
    this.characters = undefined;
    if (characters === undefined) return;
    const text = characters.join('');
    if (this.math.isOpen) return this.math.text(text);
    this.append((this.preserving ? text : withoutIndentation(text)).replace(/[\t\n\r]/g, ' '));
  }

  private pageBreak(): void {
    if (!this.inBody || !this.flow.run.isShown) return this.append('\n');
    this.flow.add(this.flow.paragraph?.take());
    this.pages?.break();
  }

  private reference(kind: NoteKind, attributes: XmlAttributes): void {
    if (!this.flow.run.isShown || this.flow.paragraph === undefined || this.notes === undefined) return;
    const mark = attributes.get('w:customMarkFollows');
    const hasOwnMark = mark !== undefined && !['0', 'false', 'off'].includes(mark);
    this.append(this.notes.refer(kind, attributes.get('w:id') ?? '', this.page, hasOwnMark));
  }

  /** An element of what was deleted, or a property that says so of a row or of a paragraph's end. */
  private deletion(): false {
    const { flow } = this;
    if (flow.inParagraphProperties && flow.paragraph !== undefined) flow.paragraph.runsOn = true;
    else if (flow.inRowProperties) flow.tables.deleteRow();
    return false;
  }

  private alternative(requires: string): boolean {
    const alternatives = this.alternatives.at(-1);
    if (alternatives === undefined) return true;
    if (alternatives.taken || UNREADABLE_CHOICE.test(requires)) return false;
    alternatives.taken = true;
    return true;
  }

  private openTextBox(): void {
    // Breaks inside of a box are not breaks of the document's pages.
    this.flows.push(new DocxFlow(this.properties, new DocxPages(), (block) => this.floating.push(withoutLevel(block))));
  }

  private endParagraph(): void {
    const { flow } = this;
    const sectionType = flow.paragraph?.sectionType;
    flow.endParagraph();
    this.settle();
    if (sectionType !== undefined) this.pages?.endSection(sectionType, this.given);
  }

  private endParagraphProperties(): void {
    const { flow } = this;
    flow.inParagraphProperties = false;
    if (this.inBody && flow.paragraph?.breaksPage === true) this.pages?.breakBefore();
  }

  private endSection(): void {
    const type = this.sectionType ?? 'nextPage';
    this.sectionType = undefined;
    this.flow.inSectionProperties = false;
    if (!this.inBody) return;
    if (this.flow.paragraph === undefined) this.pages?.endSection(type, this.given);
    else this.flow.paragraph.sectionType = type;
  }

  /** What had to wait for the end of a paragraph, a row or a table is given out. */
  private settle(): void {
    if (this.flows.length > 1) return;
    if (!this.floating.isEmpty) for (const block of this.floating.take()) this.flow.add(block);
    if (this.flow.tables.isInRow) return;
    for (const block of this.notes?.takeFootnotes() ?? []) this.give(block);
  }

  private give(block: DocxBlock): void {
    this.given += 1;
    this.out(block);
  }
}

/**
 * Without white space at the ends, where it has a line break: that is how the source is laid out. Other spaces should
 * not count either by the rules, but they come from makers who did not know, and without them words would be glued
 * together.
 */
function withoutIndentation(text: string): string {
  const start = text.length - text.trimStart().length;
  const end = text.trimEnd().length;
  const from = text.slice(0, start).includes('\n') ? start : 0;
  return text.slice(from, text.slice(end).includes('\n') ? end : undefined);
}

/** A description stands in place of a picture, and runs into no word beside it. */
function spaced(text: string): string {
  return text.trim() === '' ? '' : ` ${text.trim()} `;
}

/** Headings in a text box do not title what follows it in the text; word processors do not list them either. */
function withoutLevel(block: DocxBlock): DocxBlock {
  return block.kind === 'heading' ? { kind: 'paragraph', text: block.text, page: block.page } : block;
}
