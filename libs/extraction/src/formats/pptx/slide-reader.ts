import type { BlockKind } from '@vectorlane/domain';
import type { TextAssembly } from '../../text-assembly';
import { type XmlAttributes, type XmlVisitor, isOn } from '../container/xml-reader';
import type { GraphicText } from '../ooxml/charts';

/** Which slides there are: the ids of their relationships, in order. */
export class SlideOrder implements XmlVisitor {
  isPresentation = false;
  readonly ids: string[] = [];

  open(name: string, attributes: XmlAttributes): void {
    if (name === 'p:presentation') this.isPresentation = true;
    if (name === 'p:sldId') this.ids.push(attributes.get('r:id') ?? '');
  }

  close(): void {}
  text(): void {}
}

interface Shape {
  /** Of a placeholder: `title`, `body`, `sldNum`, …; empty for any other shape. */
  role: string;
  readonly paragraphs: Paragraph[];
}

interface Paragraph {
  readonly text: string;
  readonly level: number;
  readonly kind: Extract<BlockKind, 'paragraph' | 'list-item' | 'row'>;
}

const TITLES = new Set(['title', 'ctrTitle']);
/** Counts of slides, and pictures of slides on notes. Footers and dates that a slide itself has are its text. */
const FURNITURE = new Set(['sldNum', 'sldImg']);
const MAX_TITLE_LENGTH = 300;

/** One slide: shapes in their order with the title first, tables as rows, descriptions of pictures. */
export class SlideReader implements XmlVisitor {
  private readonly shapes: Shape[] = [];
  private shape: Shape | undefined;
  private pieces: string[] | undefined;
  private level = 0;
  private bulleted = false;
  private row: string[] | undefined;
  private cell: string[] | undefined;
  private inText = false;
  private titles: readonly string[] = [];

  constructor(
    private readonly assembly: TextAssembly,
    private readonly slide: number,
    private readonly onlyNotes = false,
  ) {}

  open(name: string, attributes: XmlAttributes): boolean | void {
    switch (name) {
      case 'mc:Fallback':
        return false;
      case 'p:sp':
      case 'p:graphicFrame':
      case 'p:pic':
        this.shape = { role: '', paragraphs: [] };
        this.shapes.push(this.shape);
        return;
      case 'p:cNvPr':
        // Somebody has to have described it: a hidden shape shows nothing.
        if (isOnAttribute(attributes, 'hidden')) this.shape = { role: 'sldImg', paragraphs: [] };
        else this.describe(attributes.get('descr') ?? '');
        return;
      case 'p:ph':
        if (this.shape !== undefined) this.shape.role = attributes.get('type') ?? 'body';
        return;
      case 'a:p':
        this.pieces = [];
        this.level = 0;
        this.bulleted = this.shape?.role === 'body' && !this.onlyNotes;
        return;
      case 'a:pPr':
        this.level = Number(attributes.get('lvl') ?? '0') || 0;
        return;
      case 'a:buNone':
        this.bulleted = false;
        return;
      case 'a:buChar':
      case 'a:buAutoNum':
        this.bulleted = true;
        return;
      case 'a:t':
        this.inText = true;
        return;
      case 'a:br':
        this.pieces?.push('\n');
        return;
      case 'a:tab':
        this.pieces?.push('\t');
        return;
      case 'a:tr':
        this.row = [];
        return;
      case 'a:tc':
        this.cell = [];
    }
  }

  close(name: string): void {
    if (name === 'a:t') this.inText = false;
    else if (name === 'a:p') this.endParagraph();
    else if (name === 'a:tc') this.endCell();
    else if (name === 'a:tr') this.endRow();
    else if (name === 'p:sp' || name === 'p:graphicFrame' || name === 'p:pic') this.shape = undefined;
  }

  text(text: string): void {
    if (this.inText) this.pieces?.push(text);
  }

  /** Gives the slide out: to be called after the last event. */
  finish(): void {
    const title = this.titleText();
    if (title !== '' && !this.onlyNotes) {
      this.assembly.add({ kind: 'heading', level: 1, text: title, slide: this.slide });
      this.titles = [title];
    }
    for (const { role, paragraphs } of this.shapes) {
      const wanted = this.onlyNotes ? role === 'body' : !(TITLES.has(role) && title !== '') && !FURNITURE.has(role);
      if (!wanted) continue;
      let before: Paragraph['kind'] | undefined;
      for (const { text, level, kind } of paragraphs) {
        this.assembly.add({
          kind,
          text: kind === 'list-item' ? `- ${text}` : text,
          separator: kind === before && kind !== 'paragraph' ? '\n' : '\n\n',
          indent: kind === 'list-item' ? 2 * Math.min(level, 9) : 0,
          headingPath: this.titles,
          slide: this.slide,
        });
        before = kind;
      }
    }
  }

  /** What the speaker wrote for this slide stands under its title. */
  notes(): SlideReader {
    const reader = new SlideReader(this.assembly, this.slide, true);
    reader.titles = this.titles;
    return reader;
  }

  /** What a chart or a diagram of the slide says. */
  graphic(words: readonly GraphicText[]): void {
    const paragraphs = words.map((one) => ({ ...one, level: 0 }));
    if (paragraphs.length > 0) this.shapes.push({ role: '', paragraphs });
  }

  private titleText(): string {
    const title = this.shapes.find(({ role, paragraphs }) => TITLES.has(role) && paragraphs.length > 0);
    const text = title?.paragraphs.map((paragraph) => paragraph.text).join(' ') ?? '';
    const line = text.replace(/\s+/g, ' ').trim();
    return line.length <= MAX_TITLE_LENGTH ? line : '';
  }

  private describe(description: string): void {
    const text = description.trim();
    if (text !== '') this.shape?.paragraphs.push({ text, level: 0, kind: 'paragraph' });
  }

  private endParagraph(): void {
    const text = (this.pieces ?? []).join('');
    this.pieces = undefined;
    if (this.cell !== undefined) this.cell.push(text);
    else if (text.trim() !== '') {
      const kind = this.bulleted ? 'list-item' : 'paragraph';
      this.shape?.paragraphs.push({ text: text.trim(), level: this.level, kind });
    }
  }

  private endCell(): void {
    this.row?.push((this.cell ?? []).join(' ').replace(/\s+/g, ' ').trim());
    this.cell = undefined;
  }

  private endRow(): void {
    const cells = this.row ?? [];
    this.row = undefined;
    if (cells.some((cell) => cell !== '')) {
      this.shape?.paragraphs.push({ text: cells.join(' | '), level: 0, kind: 'row' });
    }
  }
}

function isOnAttribute(attributes: XmlAttributes, name: string): boolean {
  const value = attributes.get(name);
  return value !== undefined && isOn({ get: () => value });
}
