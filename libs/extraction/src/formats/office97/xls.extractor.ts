import { assertTextLength } from '../../block-list';
import { TextAssembly } from '../../text-assembly';
import type { ExtractedDocument, ExtractionSource, TextExtractor } from '../../text-extractor';
import { notInCompoundFile, openCompoundFile, readingCompoundFile } from '../container/compound-file';
import { sheetPlace, TableText } from '../table-text';
import { type CellFormat, NumberFormats } from '../xlsx/number-format';
import { readableRecords } from './biff-cipher';
import { BIFF, BiffTexts, recordsFrom } from './biff-records';

/** Workbooks of Excel 5 to 2003: each sheet, hidden or not, under its name, each row with the values it shows. */
export class XlsExtractor implements TextExtractor {
  readonly format = 'xls';
  readonly lane = 'heavy';
  readonly extensions = ['xls', 'xlt'];
  readonly mediaTypes = ['application/vnd.ms-excel'];

  extract({ bytes }: ExtractionSource): Promise<ExtractedDocument> {
    if (bytes.length === 0) return Promise.resolve({ text: '', blocks: [] });
    return readingCompoundFile(`This workbook is damaged. ${ADVICE}`, () => readWorkbook(bytes));
  }
}

const ADVICE = 'Open it in a spreadsheet program, save it as XLSX and upload that.';

interface Sheet {
  readonly name: string;
  /** Place of its first record. */
  readonly start: number;
  readonly isTable: boolean;
}

async function readWorkbook(bytes: Uint8Array): Promise<ExtractedDocument> {
  const stream = openCompoundFile(bytes);
  const records = stream('Workbook') ?? stream('Book');
  if (records === undefined) throw notInCompoundFile(bytes, 'There is no workbook in this file.', ADVICE);
  const workbook = new Workbook(readableRecords(records));
  const formats = await NumberFormats.load(workbook.from1904);
  const assembly = new TextAssembly();
  for (const sheet of workbook.sheets) {
    if (!sheet.isTable) continue;
    const rows = workbook.rowsOf(sheet, formats);
    if (rows.length === 0) continue;
    assembly.add({ kind: 'heading', text: sheet.name, headingPath: [], ...sheetPlace(sheet.name) });
    const table = new TableText(assembly, [sheet.name], sheet.name);
    for (const { number, cells } of rows) table.add(cells, number);
    table.finish();
  }
  return assembly.finish();
}

interface Row {
  readonly number: number;
  readonly cells: string[];
}

/** As Excel bounded them. */
const MAX_COLUMNS = 256;

class Workbook {
  readonly sheets: Sheet[] = [];
  from1904 = false;
  private readonly texts = new BiffTexts();
  private readonly strings: string[] = [];
  private readonly codes = new Map<number, string>();
  private readonly idOfStyle: number[] = [];
  /** Of texts that were made of cells; many cells may have the same one. */
  private length = 0;
  /** Sheets stand beside each other: together they are no longer than the stream. */
  private bytesOfSheets: number;

  constructor(private readonly stream: Buffer) {
    this.bytesOfSheets = stream.length;
    for (const record of recordsFrom(stream, 0)) {
      const { type, data } = record;
      if (type === BIFF.endOfFile) break;
      else if (type === BIFF.beginOfFile) this.texts.begin(data);
      else if (type === BIFF.codePage) this.texts.codePage(data.readUInt16LE(0));
      else if (type === BIFF.from1904) this.from1904 = data.readUInt16LE(0) === 1;
      else if (type === BIFF.style) this.idOfStyle.push(data.readUInt16LE(2));
      else if (type === BIFF.format) this.format(data);
      else if (type === BIFF.sheet) this.sheet(data);
      else if (type === BIFF.strings) for (const text of this.texts.readShared(record)) this.share(text);
    }
  }

  /** In their order, each once. */
  rowsOf({ start }: Sheet, formats: NumberFormats): readonly Row[] {
    const formatOf = (style: number): CellFormat => this.formatOf(style, formats);
    const rows = new Map<number, Row>();
    let open = 0;
    let formula: { readonly row: number; readonly column: number; readonly format: CellFormat } | undefined;
    const put = (row: number, column: number, text: string): void => {
      if (text === '' || column >= MAX_COLUMNS) return;
      assertTextLength((this.length += text.length));
      const cells = rows.get(row)?.cells ?? [];
      rows.set(row, { number: row + 1, cells });
      while (cells.length < column) cells.push('');
      cells[column] = text.replace(/\s*\n\s*/g, ' ');
    };
    for (const { type, data, more, bytes } of recordsFrom(this.stream, start)) {
      if ((this.bytesOfSheets -= bytes) < 0) throw new Error('the sheets are longer than the workbook');
      if (type === BIFF.beginOfFile) open += 1;
      else if (type === BIFF.endOfFile && (open -= 1) <= 0) break;
      // A chart in the sheet has records of its own.
      if (open > 1) continue;
      if (type === BIFF.string && formula !== undefined)
        put(formula.row, formula.column, formula.format.text(this.texts.read(data, 0, 2, more)));
      if (data.length < 6) continue;
      const [row, column] = [data.readUInt16LE(0), data.readUInt16LE(2)];
      const format = formatOf(data.readUInt16LE(4));
      switch (type) {
        case BIFF.labelOfStrings:
          put(row, column, format.text(this.strings[data.readUInt32LE(6)] ?? ''));
          break;
        case BIFF.label:
        case BIFF.richString:
          put(row, column, format.text(this.texts.read(data, 6, 2, more)));
          break;
        case BIFF.number:
          put(row, column, format.number(data.readDoubleLE(6)));
          break;
        case BIFF.rk:
          put(row, column, format.number(packed(data.readInt32LE(6))));
          break;
        case BIFF.mulRk:
          for (let at = 4, next = column; at + 6 <= data.length - 2; at += 6, next += 1) {
            put(row, next, formatOf(data.readUInt16LE(at)).number(packed(data.readInt32LE(at + 2))));
          }
          break;
        case BIFF.boolOrError:
          put(row, column, flag(data.readUInt8(6), data.readUInt8(7) === 1));
          break;
        case BIFF.formula:
        case BIFF.formulaOf3:
        case BIFF.formulaOf4:
          formula = { row, column, format };
          put(row, column, resultOf(data.subarray(6, 14), format));
      }
    }
    return [...rows.values()].toSorted((left, right) => left.number - right.number);
  }

  private format(data: Buffer): void {
    this.codes.set(data.readUInt16LE(0), this.texts.read(data, 2, this.texts.isUnicode ? 2 : 1));
  }

  private sheet(data: Buffer): void {
    const isTable = data.readUInt8(5) === 0;
    this.sheets.push({ name: this.texts.read(data, 6, 1), start: data.readUInt32LE(0), isTable });
  }

  private share(text: string): void {
    assertTextLength((this.length += text.length));
    this.strings.push(text);
  }

  private formatOf(style: number, formats: NumberFormats): CellFormat {
    const id = this.idOfStyle[style] ?? 0;
    const code = this.codes.get(id);
    return code === undefined ? formats.builtIn(id) : formats.get(code);
  }
}

/** What a formula came to; of a text, which follows in a record of its own, nothing. */
function resultOf(value: Buffer, format: CellFormat): string {
  if (value.readUInt16LE(6) !== 0xffff) return format.number(value.readDoubleLE(0));
  const kind = value.readUInt8(0);
  return kind === 1 || kind === 2 ? flag(value.readUInt8(2), kind === 2) : '';
}

/** A number in 30 bits: the upper half of a double, or a whole one, either perhaps a hundredth. */
function packed(bits: number): number {
  const double = Buffer.alloc(8);
  double.writeInt32LE(bits & ~3, 4);
  const value = (bits & 2) === 0 ? double.readDoubleLE(0) : bits >> 2;
  return (bits & 1) === 0 ? value : value / 100;
}

const ERRORS: ReadonlyMap<number, string> = new Map([
  [0x00, '#NULL!'], [0x07, '#DIV/0!'], [0x0f, '#VALUE!'], [0x17, '#REF!'], [0x1d, '#NAME?'], [0x24, '#NUM!'], [0x2a, '#N/A'],
]); // prettier-ignore

function flag(value: number, isError: boolean): string {
  if (isError) return ERRORS.get(value) ?? '';
  return value === 0 ? 'FALSE' : 'TRUE';
}
