import { IngestionFailure } from '@vectorlane/errors';
import { decodeText } from '../../charset/text-decoding';
import type { ExtractedDocument, ExtractionSource, TextExtractor } from '../../text-extractor';
import { JsonReader, JsonSyntaxError } from './json-reader';
import { JsonRecords } from './json-records';

/** JSON, and JSON Lines under any of its names: served as records of `key.path: value` lines. */
export class JsonExtractor implements TextExtractor {
  readonly format = 'json';
  readonly lane = 'fast';
  readonly extensions = ['json', 'jsonl', 'ndjson', 'geojson'];
  readonly mediaTypes = ['application/json', 'text/json', 'application/x-ndjson', 'application/jsonl'];

  extract(source: ExtractionSource): Promise<ExtractedDocument> {
    return new Promise((resolve) => resolve(extractJson(source)));
  }
}

/** @throws IngestionFailure `CORRUPT_FILE` with line and column, `TOO_LARGE` */
export function extractJson(source: ExtractionSource): ExtractedDocument {
  const text = decodeText(source);
  const records = new JsonRecords();
  if (text.trim() === '') return records.finish();
  try {
    new JsonReader(text, records).readDocument();
    return records.finish();
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    return extractLines(text, error);
  }
}

/** @param wholeError what is wrong with the text as one JSON value, for a file that is not JSON Lines either */
function extractLines(text: string, wholeError: JsonSyntaxError): ExtractedDocument {
  const records = new JsonRecords();
  let row = 0;
  for (let start = 0; start < text.length;) {
    const lineFeed = text.indexOf('\n', start);
    const end = lineFeed < 0 ? text.length : lineFeed;
    if (/\S/.test(text.slice(start, end))) {
      try {
        records.beginLine(row + 1);
        new JsonReader(text, records, start, end).readDocument();
      } catch (error) {
        if (!(error instanceof JsonSyntaxError)) throw error;
        throw corrupt(text, row === 0 ? wholeError : error);
      }
      row += 1;
    }
    start = end + 1;
  }
  return records.finish();
}

function corrupt(text: string, error: JsonSyntaxError): IngestionFailure {
  let line = 1;
  let lineStart = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < error.offset; at = text.indexOf('\n', at + 1)) {
    line += 1;
    lineStart = at + 1;
  }
  const place = `line ${line}, column ${error.offset - lineStart + 1}`;
  return new IngestionFailure('CORRUPT_FILE', `This is not valid JSON. At ${place}: ${error.reason}.`, {
    cause: error,
  });
}
