import { growth } from '../../../test/support/visits';
import { extractCode } from './formats/code.extractor';
import { extractCsv } from './formats/csv/csv.extractor';
import { extractHtml } from './formats/html/html.extractor';
import { extractJson } from './formats/json/json.extractor';
import { extractMd } from './formats/md/md.extractor';
import { extractRtf } from './formats/rtf/rtf.extractor';
import { extractTxt } from './formats/txt.extractor';
import type { ExtractedDocument, ExtractionSource } from './text-extractor';

type Reader = (source: ExtractionSource) => ExtractedDocument;

const repeated = (unit: string, before = '', after = ''): ((size: number) => string) => {
  return (size) => before + unit.repeat(Math.ceil(size / unit.length)) + after;
};

/** Shapes that are all of one thing: one cell, one line, separators, headings, spaces. */
const SHAPES: readonly (readonly [string, Reader, string, (size: number) => string])[] = [
  ['txt', extractTxt, 'one word', repeated('x')],
  ['txt', extractTxt, 'spaces', repeated(' ', 'a', 'b')],
  ['txt', extractTxt, 'paragraphs', repeated('a\n\n')],
  ['txt', extractTxt, 'letters with marks', repeated('e\u0301')],
  ['txt', extractTxt, 'data URIs', repeated('data:image/png;base64,AAAA ')],
  ['txt', extractTxt, 'beginnings of data URIs', repeated('data:')],
  ['md', extractMd, 'one line', repeated('x ')],
  ['md', extractMd, 'paragraphs', repeated('a\n\n')],
  ['md', extractMd, 'headings', repeated('# a\n')],
  ['md', extractMd, 'separators', repeated('|')],
  ['md', extractMd, 'a table', repeated('|a|b|\n', '|a|b|\n|-|-|\n')],
  ['md', extractMd, 'spaces', repeated(' ', 'a', 'b')],
  ['html', extractHtml, 'one cell', repeated('x ', '<table><tr><td>')],
  ['html', extractHtml, 'cells', repeated('<td>a', '<table><tr>')],
  ['html', extractHtml, 'headings', repeated('<h1>a')],
  ['html', extractHtml, 'formulas', repeated('<mfrac>', '<math>')],
  ['html', extractHtml, 'comments before the charset', repeated('<!---->')],
  ['json', extractJson, 'one string', repeated('x', '"', '"')],
  ['json', extractJson, 'numbers', repeated('1,', '[', '1]')],
  ['json', extractJson, 'objects', repeated('{"a":1},', '[', '{}]')],
  ['csv', extractCsv, 'one cell', repeated('x', 'a,b\n1,')],
  ['csv', extractCsv, 'separators', repeated(',')],
  ['csv', extractCsv, 'rows', repeated('a,b\n')],
  ['csv', extractCsv, 'one quoted cell', repeated('x\n', 'a,b\n1,"', '"')],
  ['code', extractCode, 'empty lines', repeated('a\n\n')],
  ['code', extractCode, 'one line', repeated('x')],
  ['rtf', extractRtf, 'groups', repeated('{', '{\\rtf1 ')],
  ['rtf', extractRtf, 'one paragraph', repeated('x ', '{\\rtf1 ')],
  ['rtf', extractRtf, 'signs', repeated("\\'e9", '{\\rtf1 ')],
];

describe('reading is linear', () => {
  it.each(SHAPES.map(([format, read, name, shape]) => [format, name, read, shape] as const))(
    '%s: %s',
    (_format, _name, read, shape) => {
      const visit = (size: number): void => void read({ bytes: Buffer.from(shape(size)), filename: 'a' });
      expect(growth(visit, 40_000)).toBeLessThan(2.2);
    },
  );
});
