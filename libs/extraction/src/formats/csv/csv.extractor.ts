import { CsvError, parse } from 'csv-parse/sync';
import { IngestionFailure } from '@vectorlane/errors';
import { TextAssembly } from '../../text-assembly';
import { decodeText } from '../../charset/text-decoding';
import type { ExtractedDocument, ExtractionSource, TextExtractor } from '../../text-extractor';
import { type Delimiter, sniffDelimiter } from './csv-dialect';
import { TableText } from '../table-text';

/** CSV with any usual delimiter: each data row is served as lines of `Header: value`. */
export class CsvExtractor implements TextExtractor {
  readonly format = 'csv';
  readonly lane = 'fast';
  readonly extensions = ['csv', 'tsv', 'tab'];
  readonly mediaTypes = ['text/csv', 'text/tab-separated-values', 'application/csv'];

  extract(source: ExtractionSource): Promise<ExtractedDocument> {
    return new Promise((resolve) => resolve(extractCsv(source)));
  }
}

/** @throws IngestionFailure `CORRUPT_FILE` with the row, `TOO_LARGE` */
export function extractCsv(source: ExtractionSource): ExtractedDocument {
  const decoded = decodeText(source).replaceAll('\0', '').replace(/\r\n?/g, '\n');
  // Spreadsheets may write the delimiter above the first row.
  const announced = /^sep=([,;|\t])\n/i.exec(decoded);
  const text = announced === null ? decoded : decoded.slice(announced[0].length);
  const usual = /\.(?:tsv|tab)$/i.test(source.filename) ? '\t' : ',';
  const delimiter = announced === null ? sniffDelimiter(text, usual) : (announced[1] as Delimiter);

  const strict = readRows(text, delimiter, false);
  if (!isFault(strict)) return strict;
  // A quote inside of a field (`15" screen`, `"The "Kestrel""`) breaks the standard and is clear all the same.
  const relaxed = /INVALID_(?:OPENING|CLOSING)_QUOTE$/.test(strict.code) ? readRows(text, delimiter, true) : strict;
  if (!isFault(relaxed)) return relaxed;
  throw new IngestionFailure(
    'CORRUPT_FILE',
    `The quotes of row ${relaxed.row}, which begins at line ${relaxed.line + (announced === null ? 0 : 1)}, do not ` +
      'match up. A field that begins with a double quote must end with one, and double quotes inside of it are doubled.',
    { cause: relaxed.cause },
  );
}

/** One for all rows. */
const NO_TITLES: readonly string[] = [];

interface Fault {
  readonly code: string;
  /** 1-based, the header counted: as a spreadsheet counts. */
  readonly row: number;
  readonly line: number;
  readonly cause: CsvError;
}

function isFault(outcome: ExtractedDocument | Fault): outcome is Fault {
  return 'code' in outcome;
}

function readRows(text: string, delimiter: Delimiter, relaxQuotes: boolean): ExtractedDocument | Fault {
  const assembly = new TextAssembly();
  const rows = new TableText(assembly, NO_TITLES);
  let rowsRead = 0;
  let linesRead = 0;
  try {
    parse(text, {
      delimiter,
      record_delimiter: '\n',
      relax_column_count: true,
      relax_quotes: relaxQuotes,
      // Each row goes out as it is read; the parser keeps none.
      on_record: (cells: string[], context) => {
        rowsRead += 1;
        linesRead = context.lines;
        rows.add(cells);
        return null;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return { code: error.code, row: rowsRead + 1, line: linesRead + 1, cause: error };
  }
  rows.finish();
  return assembly.finish();
}
