import { assertTextLength } from '../../block-list';
import { BULLET, type ListMark, ListNumbers } from '../list-numbers';
import { changesIn, type DocFile, type Properties } from './doc-file';
import { DocLists } from './doc-lists';
import { DocStyles, LIST_CHANGE } from './doc-styles';

/** Codes of the changes that count, by [MS-DOC] 2.6. */
const CHANGE = {
  deleted: 0x0800, hidden: 0x083c, inTable: 0x2416, endsRow: 0x2417, outline: 0x2640, innerDepth: 0x6649,
} as const; // prettier-ignore
const BODY_TEXT = 9;
/** Numbers of lists end here; behind are paragraphs that Word 6 numbered, and those that were in a list. */
const LISTS = 0x7fe;
const LIST_OF_WORD_6 = 0xf801;

const CELL = '\x07';
const PARAGRAPH = '\r';
const PAGE = '\f';
const FIELD = { begin: '\x13', separator: '\x14', end: '\x15' } as const;
/** Characters that stand for what has no text, or for a text in another one. */
const SHOWN: ReadonlyMap<string, string> = new Map([
  ['\v', '\n'], ['\x0e', '\n'], ['\x1e', '-'], ['\x1f', ''], ['\x01', ''], ['\x02', ''], ['\x05', ''], ['\x08', ''],
]); // prettier-ignore

export interface StoryBlock {
  readonly text: string;
  readonly level?: number;
  /** Of a list item: what stands before its text, and how deep it lies. */
  readonly bullet?: string;
  readonly depth?: number;
  readonly cells?: readonly string[];
  /** Of a row: whether the table begins with it. */
  readonly isFirst?: boolean;
}

interface ParagraphLook {
  readonly level: number | undefined;
  /** Whether its style alone makes it an item. */
  readonly isItem: boolean;
  /** Number of its list; none or zero when it is in none. */
  readonly list: number | undefined;
  readonly ilvl: number;
  readonly inTable: boolean;
  readonly endsRow: boolean;
}

const PLAIN: ParagraphLook = {
  level: undefined, isItem: false, list: undefined, ilvl: 0, inTable: false, endsRow: false,
}; // prettier-ignore

/** What a reader sees, as blocks: the main text with its notes where it refers to them, then the text boxes. */
export class DocStory {
  private readonly paragraphs: Lookup<ParagraphLook>;
  private readonly characters: Lookup<boolean>;
  private readonly styles: DocStyles;
  private readonly lists: DocLists;
  private readonly numbers = new ListNumbers();
  /** Notes by the place that refers to them. */
  private readonly notes = new Map<number, string>();
  private pieces: string[] = [];
  private length = 0;
  /** For each open field, whether its code is being read, which is not shown. */
  private fields: boolean[] = [];
  private cells: string[] | undefined;
  private cell: string[] = [];
  private isFirstRow = true;

  constructor(
    private readonly file: DocFile,
    private readonly out: (block: StoryBlock) => void,
  ) {
    this.paragraphs = new Lookup(file.paragraphs());
    this.characters = new Lookup(file.characters());
    this.styles = new DocStyles(file.styles());
    this.lists = new DocLists(...file.lists());
  }

  read(): void {
    const { main, footnotes, headers, comments, endnotes, textBoxes } = this.file.lengths;
    this.takeNotes('footnotes', main, footnotes);
    this.takeNotes('endnotes', main + footnotes + headers + comments, endnotes);
    this.story(0, main);
    const boxes = main + footnotes + headers + comments + endnotes;
    this.story(boxes, boxes + textBoxes);
  }

  /** Their texts follow one another, so that one way through all of them finds each. */
  private takeNotes(kind: 'footnotes' | 'endnotes', start: number, length: number): void {
    const notes = this.file.notes(kind);
    const parts = notes.map((): string[] => []);
    let index = 0;
    this.eachCharacter(start, start + length, (character, position) => {
      while (index < notes.length && position - start >= (notes[index]?.to ?? 0)) {
        index += 1;
        this.fields = [];
      }
      if (position - start >= (notes[index]?.from ?? Infinity)) parts[index]?.push(shownAs(character));
    });
    for (const [note, { at }] of notes.entries()) {
      const text = (parts[note] ?? []).join('').replace(/\s+/g, ' ').trim();
      if (text !== '') this.notes.set(at, ` [${text}] `);
    }
  }

  private story(start: number, end: number): void {
    this.eachCharacter(start, end, (character, position, byte) => {
      if (character === PARAGRAPH || character === CELL || character === PAGE) this.endParagraph(character, byte);
      else this.append(this.notes.get(position) ?? shownAs(character));
    });
    this.endParagraph(PARAGRAPH, undefined);
    this.endTable();
  }

  /** Those that are shown; fields give what they came to. */
  private eachCharacter(
    start: number,
    end: number,
    use: (character: string, position: number, byte: number) => void,
  ): void {
    this.fields = [];
    for (const piece of this.file.pieces) {
      if (piece.end <= start || piece.start >= end) continue;
      const text = this.file.textOf(piece);
      const last = Math.min(end, piece.end) - piece.start;
      // A character of two bytes is one letter of the text of Word 6, so that places are not exact there.
      for (let index = Math.max(0, start - piece.start); index < Math.min(last, text.length); index += 1) {
        const character = text.charAt(index);
        const byte = piece.at + index * piece.width;
        if (this.isShown(character, byte)) use(character, piece.start + index, byte);
      }
    }
  }

  private isShown(character: string, byte: number): boolean {
    if (character === FIELD.begin) this.fields.push(true);
    else if (character === FIELD.separator) this.fields.splice(-1, 1, false);
    else if (character === FIELD.end) this.fields.pop();
    else if (!this.fields.includes(true) || character === PARAGRAPH) return !this.isHidden(byte);
    return false;
  }

  private isHidden(byte: number): boolean {
    const run = this.characters.at(byte);
    if (run === undefined) return false;
    return this.characters.said(run, hiddenBy);
  }

  private append(text: string): void {
    if (text === '') return;
    assertTextLength((this.length += text.length));
    this.pieces.push(text);
  }

  private endParagraph(mark: string, byte: number | undefined): void {
    const text = this.pieces.join('');
    this.pieces = [];
    const look = this.lookAt(byte);
    const list = look.endsRow ? undefined : this.markOf(look);
    // Word 6 says nothing of paragraphs; only the mark of a cell is left of its tables.
    const inTable = look.inTable || mark === CELL;
    if (!inTable) {
      this.endTable();
      this.give(text, look, list);
      return;
    }
    // Bullets of cells are no text, numbers are.
    const shown = list?.role === 'item' && list !== BULLET && text.trim() !== '' ? list.mark + text : text;
    if (mark !== CELL) {
      this.cell.push(shown);
      return;
    }
    const isRowEnd = look.endsRow || (!this.file.hasProperties && text === '' && this.cells !== undefined);
    if (isRowEnd) this.endRow();
    else {
      this.cells = [...(this.cells ?? []), [...this.cell, shown].join(' ').replace(/\s+/g, ' ').trim()];
      this.cell = [];
    }
  }

  private endRow(): void {
    const { cells } = this;
    this.cells = undefined;
    this.cell = [];
    if (cells === undefined || cells.every((cell) => cell === '')) return;
    this.out({ text: '', cells, isFirst: this.isFirstRow });
    this.isFirstRow = false;
  }

  private endTable(): void {
    if (this.cell.length > 0) this.cells = [...(this.cells ?? []), this.cell.join(' ').trim()];
    this.endRow();
    this.isFirstRow = true;
  }

  private give(text: string, { level, ilvl }: ParagraphLook, list: ListMark | undefined): void {
    const trimmed = text.trim();
    if (trimmed === '') return;
    const mark = list?.role === 'item' ? list.mark : '';
    // Titles are no items, whatever decorates them.
    if (level !== undefined) this.out({ text: list === BULLET ? trimmed : mark + trimmed, level });
    else if (list === undefined || list.role === 'none') this.out({ text: trimmed });
    else this.out({ text: trimmed, bullet: mark, depth: ilvl });
  }

  /** What stands before a paragraph; also one without text has been counted. */
  private markOf({ list, ilvl, isItem }: ParagraphLook): ListMark | undefined {
    if (list === undefined) return isItem ? BULLET : undefined;
    if (list >= 1 && list <= LISTS) return this.numbers.next(this.lists.get(list), ilvl);
    return list === LIST_OF_WORD_6 ? BULLET : undefined;
  }

  private lookAt(byte: number | undefined): ParagraphLook {
    const paragraph = byte === undefined ? undefined : this.paragraphs.at(byte);
    return paragraph === undefined ? PLAIN : this.paragraphs.said(paragraph, (said) => this.lookOf(said));
  }

  private lookOf(paragraph: Properties): ParagraphLook {
    const { isItem, ...style } = this.styles.get(paragraph.style);
    let { level, list, ilvl } = style;
    let [inTable, endsRow] = [false, false];
    for (const [code, value] of changesIn(paragraph.changes)) {
      if (code === CHANGE.inTable) inTable = value === 1;
      else if (code === CHANGE.innerDepth) inTable ||= value > 0;
      else if (code === CHANGE.endsRow) endsRow = value === 1;
      else if (code === LIST_CHANGE.list) list = value;
      else if (code === LIST_CHANGE.ilvl) ilvl = value & 0xff;
      else if (code === CHANGE.outline) level = value < BODY_TEXT ? Math.min(value + 1, 6) : undefined;
    }
    return { level, isItem, list, ilvl: ilvl ?? 0, inTable, endsRow };
  }
}

/** Both ways of saying it: 1 is yes, 129 is the other than the style says. */
function hiddenBy({ changes }: Properties): boolean {
  let hidden = false;
  for (const [code, value] of changesIn(changes)) {
    if (code === CHANGE.deleted || code === CHANGE.hidden) hidden ||= (value & 1) === 1;
  }
  return hidden;
}

function shownAs(character: string): string {
  return SHOWN.get(character) ?? character;
}

/** Properties by the byte that they are said of; asked for mostly in the order of bytes. */
class Lookup<Look> {
  private index = 0;
  private readonly known = new Map<Properties, Look>();

  constructor(private readonly all: readonly Properties[]) {}

  at(byte: number): Properties | undefined {
    if (!this.holds(this.index, byte)) this.index = this.search(byte);
    return this.holds(this.index, byte) ? this.all[this.index] : undefined;
  }

  /** What a look at them comes to, once for each. */
  said(properties: Properties, look: (properties: Properties) => Look): Look {
    const known = this.known.get(properties) ?? look(properties);
    this.known.set(properties, known);
    return known;
  }

  private holds(index: number, byte: number): boolean {
    const one = this.all[index];
    return one !== undefined && one.from <= byte && byte < one.to;
  }

  /** The last one that begins at or before it. */
  private search(byte: number): number {
    let [low, high] = [0, this.all.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.all[middle]?.from ?? 0) <= byte) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
