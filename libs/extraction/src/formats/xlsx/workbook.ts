import { assertTextLength } from '../../block-list';
import type { XmlAttributes, XmlVisitor } from '../container/xml-reader';
import type { CellFormat, NumberFormats } from './number-format';

/** The parts of a workbook as they are read, one after the other. */

export interface Sheet {
  readonly name: string;
  /** Of its relationship. */
  readonly id: string;
}

/** Which sheets there are, and from where days are counted. */
export class WorkbookReader implements XmlVisitor {
  isWorkbook = false;
  from1904 = false;
  readonly sheets: Sheet[] = [];

  open(name: string, attributes: XmlAttributes): void {
    if (name === 'x:workbook') this.isWorkbook = true;
    else if (name === 'x:workbookPr') this.from1904 = /^(?:1|true)$/.test(attributes.get('date1904') ?? '');
    else if (name === 'x:sheet') {
      this.sheets.push({ name: attributes.get('name') ?? '', id: attributes.get('r:id') ?? '' });
    }
  }

  close(): void {}
  text(): void {}
}

/** Texts that cells refer to by number; readings above words are no part of them. */
export class SharedStrings implements XmlVisitor {
  readonly values: string[] = [];
  private pieces: string[] | undefined;
  private inText = false;
  private length = 0;

  open(name: string): boolean | void {
    if (name === 'x:rPh') return false;
    if (name === 'x:si') this.pieces = [];
    else if (name === 'x:t') this.inText = true;
  }

  close(name: string): void {
    if (name === 'x:t') this.inText = false;
    else if (name === 'x:si') {
      const value = (this.pieces ?? []).join('');
      assertTextLength((this.length += value.length));
      this.values.push(value);
      this.pieces = undefined;
    }
  }

  text(text: string): void {
    if (this.inText) this.pieces?.push(text);
  }
}

/** Formats by the style of a cell. */
export class WorkbookStyles implements XmlVisitor {
  private readonly codes = new Map<number, string>();
  private readonly idOfStyle: number[] = [];
  private readonly known: (CellFormat | undefined)[] = [];
  private inCellFormats = false;

  constructor(private readonly formats: NumberFormats) {}

  open(name: string, attributes: XmlAttributes): void {
    if (name === 'x:numFmt') this.codes.set(Number(attributes.get('numFmtId')), attributes.get('formatCode') ?? '');
    else if (name === 'x:cellXfs') this.inCellFormats = true;
    else if (name === 'x:xf' && this.inCellFormats) this.idOfStyle.push(Number(attributes.get('numFmtId') ?? '0'));
  }

  close(name: string): void {
    if (name === 'x:cellXfs') this.inCellFormats = false;
  }

  text(): void {}

  /** @param style a number, as a cell names it; none is that of the first */
  formatOf(style: string | undefined): CellFormat {
    const index = Number(style ?? '0');
    return (this.known[index] ??= this.make(this.idOfStyle[index] ?? 0));
  }

  private make(id: number): CellFormat {
    const code = this.codes.get(id);
    return code === undefined ? this.formats.builtIn(id) : this.formats.get(code);
  }
}

/** As spreadsheets bound them. */
const MAX_COLUMNS = 16_384;
/** Empty cells in one place; what stands beyond follows without them, as it would fill its row with nothing. */
const MAX_GAP = 1_000;

/** The rows of one sheet, those too that a filter or a folded group does not show just now. */
export class SheetReader implements XmlVisitor {
  private cells: string[] = [];
  private row = 0;
  private column = 0;
  /** Columns of this row that have no cell in `cells`. */
  private leftOut = 0;
  private type = '';
  private style: string | undefined;
  private pieces: string[] | undefined;

  constructor(
    private readonly strings: readonly string[],
    private readonly styles: WorkbookStyles,
    private readonly out: (cells: readonly string[], row: number) => void,
  ) {}

  open(name: string, attributes: XmlAttributes): boolean | void {
    switch (name) {
      case 'x:row':
        this.row = Number(attributes.get('r') ?? this.row + 1);
        this.cells = [];
        this.column = 0;
        this.leftOut = 0;
        return;
      case 'x:c':
        this.column = columnOf(attributes.get('r')) ?? this.column;
        this.type = attributes.get('t') ?? 'n';
        this.style = attributes.get('s');
        return;
      case 'x:v':
      case 'x:t':
        this.pieces ??= [];
        return;
      case 'x:f':
      case 'x:rPh':
        return false;
    }
  }

  close(name: string): void {
    if (name === 'x:c') this.endCell();
    else if (name === 'x:row' && this.row > 0) this.out(this.cells, this.row);
  }

  text(text: string): void {
    this.pieces?.push(text);
  }

  private endCell(): void {
    const value = (this.pieces ?? []).join('');
    this.pieces = undefined;
    const column = this.column;
    this.column += 1;
    if (value === '' || column >= MAX_COLUMNS) return;
    const gap = column - this.leftOut - this.cells.length;
    if (gap > MAX_GAP || column < this.leftOut) this.leftOut = column - this.cells.length;
    const at = column - this.leftOut;
    while (this.cells.length < at) this.cells.push('');
    this.cells[at] = this.shown(value).replace(/\s*\n\s*/g, ' ');
  }

  private shown(value: string): string {
    switch (this.type) {
      case 's':
        return this.format.text(this.strings[Number(value)] ?? '');
      case 'b':
        return value.trim() === '1' ? 'TRUE' : 'FALSE';
      case 'd':
        return value.replace(/T00:00:00(?:\.0+)?Z?$/, '').replace('T', ' ');
      case 'n': {
        const number = Number(value);
        return value.trim() === '' || !Number.isFinite(number) ? value : this.format.number(number);
      }
      case 'e':
        return value;
      default:
        return this.format.text(value);
    }
  }

  private get format(): CellFormat {
    return this.styles.formatOf(this.style);
  }
}

/** `BC12` → 54. */
function columnOf(reference: string | undefined): number | undefined {
  const letters = /^[A-Z]{1,3}/i.exec(reference ?? '')?.[0];
  if (letters === undefined) return undefined;
  let column = 0;
  for (const letter of letters.toUpperCase()) column = column * 26 + letter.charCodeAt(0) - 64;
  return column - 1;
}
