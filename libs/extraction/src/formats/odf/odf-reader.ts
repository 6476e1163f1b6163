import type { BlockKind } from '@vectorlane/domain';
import { TextAssembly } from '../../text-assembly';
import type { ExtractedDocument } from '../../text-extractor';
import type { XmlAttributes, XmlVisitor } from '../container/xml-reader';
import { sheetPlace, TableText } from '../table-text';
import { OdfFooters } from './odf-footers';
import { type OdfListStyles, OdfNumbering, wholeNumber } from './odf-numbering';
import { type CellValue, shownValue, valueOf } from './odf-values';

/**
 * Neither text of the document nor shown: what was before changes, comments, readings, set-up of fields and of
 * forms.
 */
const LEFT_OUT = new Set([
  'text:tracked-changes', 'office:annotation', 'text:ruby-text', 'office:forms', 'text:sequence-decls',
  'text:variable-decls', 'text:table-of-content-source', 'presentation:settings', 'text:note-citation', 'table:tracked-changes',
]); // prettier-ignore

interface Paragraph {
  readonly kind: Extract<BlockKind, 'paragraph' | 'list-item' | 'heading'>;
  readonly level: number;
  /** The number of a heading, or the mark of an item. */
  readonly mark: string;
  readonly pieces: string[];
}

interface Table {
  readonly name: string;
  row: string[];
  rowNumber: number;
  rowRepeat: number;
  cell: string[] | undefined;
  cellRepeat: number;
  /** Of the cell of a sheet, for want of a text. */
  cellValue: CellValue | undefined;
  /** In a text every row is a line; in a sheet they are given out as a table with a header. */
  readonly sheet: TableText | undefined;
  rows: number;
}

/** Sheets are padded to their full size with cells that repeat: more than this many filled ones are no content. */
const MAX_REPEAT = 100;
const MAX_INDENT = 16;
const MAX_SPACES = 100;
const MAX_TITLE_LENGTH = 300;

/** `content.xml` of a text, a sheet or a presentation, as events come in. State is kept in flat stacks. */
export class OdfReader implements XmlVisitor {
  isDocument = false;
  private readonly assembly = new TextAssembly();
  private readonly paragraphs: Paragraph[] = [];
  private readonly tables: Table[] = [];
  private readonly numbering: OdfNumbering;
  private isSheet = false;
  private slide = 0;
  private readonly footers = new OdfFooters();
  private footersOfSlide: readonly string[] = [];
  private titles: readonly string[] | undefined;
  private before: string | undefined;
  private title: string[] | undefined;
  /** Objects stand where they are shown first: a thousand frames of one object are hostile. */
  private readonly given = new Set<string>();

  /**
   * @param styles as far as they stand outside of the content
   * @param objects what is embedded, by its name
   */
  constructor(
    private readonly styles: OdfListStyles,
    private readonly objects: ReadonlyMap<string, ExtractedDocument> = new Map(),
  ) {
    this.numbering = new OdfNumbering(styles);
  }

  open(name: string, attributes: XmlAttributes): boolean | void {
    if (LEFT_OUT.has(name)) return false;
    if (!this.isDocument) this.styles.open(name, attributes);
    if (!this.isSheet) this.footers.open(name, attributes);
    switch (name) {
      case 'office:text':
      case 'office:presentation':
      case 'office:drawing':
      case 'office:chart':
        this.isDocument = true;
        return;
      case 'office:spreadsheet':
        this.isDocument = true;
        this.isSheet = true;
        return;
      case 'draw:page':
        this.slide += 1;
        this.titles = [];
        this.footersOfSlide = this.footers.of(attributes);
        return;
      case 'draw:frame':
        this.title = attributes.get('presentation:class') === 'title' ? [] : undefined;
        return;
      case 'draw:object':
        return this.giveObject((attributes.get('xlink:href') ?? '').replace(/^\.\//, ''));
      case 'text:h':
        return this.openHeading(attributes);
      case 'text:p':
        return this.openParagraph(this.numbering.depth > 0 ? 'list-item' : 'paragraph', 0, '');
      case 'text:list':
        return this.numbering.openList(attributes);
      case 'text:list-item':
        return this.numbering.openItem(attributes);
      case 'text:list-header':
        return this.numbering.openHeader();
      case 'table:table':
        return this.openTable(attributes.get('table:name') ?? '');
      case 'table:table-row':
        return this.openRow(attributes);
      case 'table:table-cell':
      case 'table:covered-table-cell':
        return this.openCell(attributes);
      case 'text:s':
        return this.append(' '.repeat(Math.min(repetition(attributes.get('text:c')), MAX_SPACES)));
      case 'text:tab':
        return this.append('\t');
      case 'text:line-break':
        return this.append('\n');
    }
  }

  close(name: string): void {
    this.footers.close();
    switch (name) {
      case 'draw:page':
        return this.endSlide();
      case 'text:h':
      case 'text:p':
        return this.endParagraph();
      case 'text:list':
        return this.numbering.closeList();
      case 'draw:frame':
        return this.endTitle();
      case 'table:table':
        return this.endTable();
      case 'table:table-row':
        return this.endRow();
      case 'table:table-cell':
      case 'table:covered-table-cell':
        return this.endCell();
    }
  }

  text(text: string): void {
    if (this.footers.text(text)) return;
    // Line ends and runs of spaces in the source are how it is laid out.
    this.append(oneSpace(text));
  }

  finish(): ExtractedDocument {
    const document = this.assembly.finish();
    if (this.slide === 0) return document;
    return { ...document, coverage: { pages: this.slide, pagesWithoutText: [], notes: [] } };
  }

  private append(text: string): void {
    this.paragraphs.at(-1)?.pieces.push(text);
  }

  private openHeading(attributes: XmlAttributes): void {
    const level = wholeNumber(attributes.get('text:outline-level')) ?? 1;
    if (this.numbering.depth > 0 || attributes.get('text:is-list-header') === 'true') {
      return this.openParagraph('heading', level, this.numbering.takeMark().replace(/^- $/, ''));
    }
    const isRestart = attributes.get('text:restart-numbering') === 'true';
    const start = wholeNumber(attributes.get('text:start-value')) ?? (isRestart ? 1 : undefined);
    this.openParagraph('heading', level, this.numbering.headingMark(level, start));
  }

  private openParagraph(kind: Paragraph['kind'], level: number, mark: string): void {
    this.paragraphs.push({ kind, level, mark, pieces: [] });
  }

  private endParagraph(): void {
    const paragraph = this.paragraphs.pop();
    if (paragraph === undefined) return;
    const text = paragraph.pieces.join('').trim();
    const cell = this.tables.at(-1)?.cell;
    // A note or a frame inside of a paragraph: its text stands where it is anchored.
    const outer = this.paragraphs.at(-1);
    if (outer !== undefined) outer.pieces.push(text === '' ? '' : ` [${text}] `);
    else if (cell !== undefined) cell.push(this.numberInCell(paragraph) + text);
    else if (this.title !== undefined) this.title.push(text);
    else if (text !== '') this.give(paragraph, text);
  }

  /** In a cell an item keeps its number; a bullet would only stand in the way. */
  private numberInCell({ kind, mark }: Paragraph): string {
    const shown = kind === 'list-item' ? this.numbering.takeMark() : mark;
    return shown === '- ' ? '' : shown;
  }

  private give({ kind, level, mark }: Paragraph, text: string): void {
    const page = this.slide > 0 ? { slide: this.slide } : {};
    const titles = this.titles === undefined ? {} : { headingPath: this.titles };
    if (kind === 'heading' && text.length <= MAX_TITLE_LENGTH) {
      this.assembly.add({
        kind,
        level: Math.min(Math.max(level, 1), 9),
        text: mark + text.replace(/\s+/g, ' '),
        ...page,
        ...titles,
      });
    } else {
      const isItem = kind === 'list-item';
      this.assembly.add({
        kind: isItem ? 'list-item' : 'paragraph',
        text: (isItem ? this.numbering.takeMark() : mark) + text,
        separator: isItem && this.before === 'list-item' ? '\n' : '\n\n',
        indent: isItem ? 2 * Math.min(Math.max(this.numbering.depth - 1, 0), MAX_INDENT) : 0,
        ...page,
        ...titles,
      });
    }
    this.before = kind;
  }

  /** In a sheet it shows what stands in the cells. */
  private giveObject(name: string): void {
    const object = this.isSheet ? undefined : this.objects.get(name);
    if (object === undefined || this.given.has(name)) return;
    this.given.add(name);
    const cell = this.tables.at(-1)?.cell;
    if (cell !== undefined) {
      cell.push(oneSpace(object.text));
      return;
    }
    for (const { kind, start, end } of object.blocks) {
      const isRow = kind === 'row';
      this.assembly.add({
        kind: isRow ? kind : 'paragraph',
        text: object.text.slice(start, end),
        separator: isRow && this.before === 'row' ? '\n' : '\n\n',
        ...(this.slide > 0 && { slide: this.slide }),
        ...(this.titles !== undefined && { headingPath: this.titles }),
      });
      this.before = isRow ? 'row' : 'paragraph';
    }
  }

  private endSlide(): void {
    for (const text of this.footersOfSlide) this.give({ kind: 'paragraph', level: 0, mark: '', pieces: [] }, text);
  }

  /** The title of a slide stands above all that is on it. */
  private endTitle(): void {
    const text = (this.title ?? []).join(' ').replace(/\s+/g, ' ').trim();
    this.title = undefined;
    if (text === '') return;
    this.assembly.add({ kind: 'heading', text, headingPath: [], slide: Math.max(1, this.slide) });
    this.titles = [text.slice(0, MAX_TITLE_LENGTH)];
    this.before = 'heading';
  }

  private openTable(name: string): void {
    const sheet = this.isSheet && this.tables.length === 0 ? new TableText(this.assembly, [name], name) : undefined;
    this.tables.push({
      name,
      row: [],
      rowNumber: 0,
      rowRepeat: 1,
      cell: undefined,
      cellRepeat: 1,
      cellValue: undefined,
      sheet,
      rows: 0,
    });
  }

  private endTable(): void {
    this.tables.pop()?.sheet?.finish();
    this.before = 'row';
  }

  private openRow(attributes: XmlAttributes): void {
    const table = this.tables.at(-1);
    if (table === undefined) return;
    table.row = [];
    table.rowRepeat = repetition(attributes.get('table:number-rows-repeated'));
  }

  private openCell(attributes: XmlAttributes): void {
    const table = this.tables.at(-1);
    if (table === undefined) return;
    table.cell = [];
    table.cellValue = table.sheet && valueOf(attributes);
    table.cellRepeat = repetition(attributes.get('table:number-columns-repeated'));
  }

  private endCell(): void {
    const table = this.tables.at(-1);
    if (table?.cell === undefined) return;
    // A text with nothing in it is what its program shows; that there is none says nothing.
    const { cell, cellValue } = table;
    const shown = cell.length === 0 && cellValue !== undefined ? shownValue(cellValue) : cell.join(' ');
    const text = oneSpace(shown).trim();
    table.cell = undefined;
    for (let count = Math.min(table.cellRepeat, MAX_REPEAT); count > 0; count -= 1) table.row.push(text);
  }

  private endRow(): void {
    const table = this.tables.at(-1);
    if (table === undefined) return;
    const { row, rowRepeat } = table;
    const isEmpty = row.every((cell) => cell === '');
    for (let count = 0; count < Math.min(rowRepeat, isEmpty ? 0 : MAX_REPEAT); count += 1) {
      this.giveRow(table, row, table.rowNumber + count + 1);
    }
    table.rowNumber += rowRepeat;
    table.row = [];
  }

  private giveRow(table: Table, row: readonly string[], rowNumber: number): void {
    // A table inside of a cell is one more thing that stands in it.
    const outer = this.tables.at(-2)?.cell;
    if (outer !== undefined) outer.push(row.filter((cell) => cell !== '').join(' '));
    else if (table.sheet !== undefined) {
      if (table.rows === 0)
        this.assembly.add({ kind: 'heading', text: table.name, headingPath: [], ...sheetPlace(table.name) });
      table.sheet.add(row, rowNumber);
    } else {
      this.assembly.add({
        kind: 'row',
        text: row.join(' | '),
        separator: table.rows === 0 ? '\n\n' : '\n',
        ...(this.slide > 0 && { slide: this.slide }),
        ...(this.titles !== undefined && { headingPath: this.titles }),
      });
    }
    table.rows += 1;
  }
}

/** Most texts have no runs of spaces: looking for one is faster than replacing them. */
function oneSpace(text: string): string {
  return /\s\s|[^\S ]/.test(text) ? text.replace(/\s+/g, ' ') : text;
}

function repetition(value: string | undefined): number {
  return /^\d{1,9}$/.test(value ?? '') ? Math.max(1, Number(value)) : 1;
}
