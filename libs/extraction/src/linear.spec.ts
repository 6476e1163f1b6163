import { growth, growthOf } from '../../../test/support/visits';
import { extractCards } from './formats/cards.extractor';
import { extractCode } from './formats/code.extractor';
import { extractCsv } from './formats/csv/csv.extractor';
import { docxOf, p, r, styled, table } from './formats/docx/docx-fixture';
import { epubOf, odfOf, pptxOf, shape, xlsxOf } from './formats/formats.fixture';
import { createExtractors, indexExtractors } from './extractors';
import { extractHtml } from './formats/html/html.extractor';
import { extractIpynb } from './formats/ipynb.extractor';
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
  ['ics', extractCards, 'events', repeated('BEGIN:VEVENT\nSUMMARY:a\nEND:VEVENT\n', 'BEGIN:VCALENDAR\n')],
  ['ics', extractCards, 'one folded line', repeated('x\n ', 'BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:')],
  ['vcf', extractCards, 'one card without end', repeated('NOTE:a\n', 'BEGIN:VCARD\n')],
  ['ipynb', extractIpynb, 'cells', repeated('{"cell_type":"markdown","source":["a"]},', '{"cells":[', '{}]}')],
  [
    'ipynb',
    extractIpynb,
    'lines of one cell',
    repeated('"a\\n",', '{"cells":[{"cell_type":"code","source":[', '""]}]}'),
  ],
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

// V8 remembers each step of a choice that is repeated, and gives up after some million.
it.each<[string, string, Reader, (size: number) => string]>([
  ['md', 'a picture written into it', extractMd, repeated('AAAA', '![a](data:image/png;base64,', ')\n\nwords')],
  ['html', 'a picture in its text', extractHtml, repeated('%41', '<p>data:image/png,', ' words')],
  ['code', 'empty lines before the first', extractCode, repeated('\n', '', 'words')],
  ['ics', 'parameters', extractCards, repeated(';P=a', 'BEGIN:VEVENT\nSUMMARY', ':x\nSUMMARY:words\n')],
])('%s is read with millions of one thing: %s', (_format, _name, read, shape) => {
  expect(read({ bytes: Buffer.from(shape(18_000_000)), filename: 'a' }).text).toContain('words');
});

const of = (file: (count: number) => Buffer, name: string): readonly [string, (count: number) => Buffer] => [
  name,
  file,
];
const times = (count: number, unit: string): string => unit.repeat(count);

/** Formats made of many parts: what repeats within a part, and the parts themselves. Files are made before counting. */
const COMPOSED: Readonly<Record<string, readonly (readonly [string, (count: number) => Buffer])[]>> = {
  docx: [
    of((count) => docxOf(times(count, p('some words'))), 'paragraphs'),
    of((count) => docxOf(p(times(count, r('word ')))), 'runs of one paragraph'),
    of((count) => docxOf(table([Array.from({ length: count }, () => 'x')])), 'cells of one row'),
    of((count) => docxOf(times(count, table([['x', 'y']]))), 'tables'),
    of((count) => docxOf(p(times(count, `<w:r><w:txbxContent>${p('x')}</w:txbxContent></w:r>`))), 'text boxes'),
    of((count) => docxOf(p(times(count, '<w:r><w:footnoteReference w:id="1"/></w:r>'))), 'notes'),
    of((count) => docxOf(times(count, styled('Heading1', 'x'))), 'headings'),
    of((count) => docxOf(p(r(times(count, ' x')))), 'one run'),
  ],
  pptx: [
    of((count) => pptxOf([{ shapes: times(count, shape(['a'])) }]), 'shapes of one slide'),
    of((count) => pptxOf([{ shapes: shape(Array.from({ length: count }, () => 'a')) }]), 'paragraphs of one shape'),
  ],
  xlsx: [
    of((count) => xlsxOf({ sheets: [{ name: 'A', rows: times(count, '<row><c><v>1</v></c></row>') }] }), 'rows'),
    of((count) => xlsxOf({ sheets: [{ name: 'A', rows: `<row>${times(count, '<c><v>1</v></c>')}</row>` }] }), 'cells'),
    of(
      (count) =>
        xlsxOf({
          sheets: [{ name: 'A', rows: '<row><c t="s"><v>0</v></c></row>' }],
          strings: Array.from({ length: count }, () => '<t>a</t>'),
        }),
      'strings',
    ),
  ],
  odt: [
    of((count) => odfOf('text', times(count, '<text:p>a</text:p>')), 'paragraphs'),
    of((count) => odfOf('text', times(count, '<text:h>a</text:h>')), 'headings'),
    of((count) => odfOf('text', `<text:p>${times(count, '<text:span>a</text:span>')}</text:p>`), 'spans'),
    of(
      (count) =>
        odfOf('text', `<text:list>${times(count, '<text:list-item><text:p>a</text:p></text:list-item>')}</text:list>`),
      'items',
    ),
    of(
      (count) => odfOf('text', `<text:p>${times(count, '<text:note><text:p>a</text:p></text:note>')}</text:p>`),
      'notes',
    ),
  ],
  ods: [
    of(
      (count) =>
        odfOf(
          'spreadsheet',
          `<table:table>${times(count, '<table:table-row><table:table-cell><text:p>a</text:p></table:table-cell></table:table-row>')}</table:table>`,
        ),
      'rows',
    ),
  ],
  odp: [of((count) => odfOf('presentation', times(count, '<draw:page><text:p>a</text:p></draw:page>')), 'slides')],
  epub: [of((count) => epubOf([['a.xhtml', times(count, '<p>a</p>')]]), 'paragraphs')],
  mht: [
    of(
      (count) => Buffer.from(`MIME-Version: 1.0\nContent-Type: text/html\n\n${times(count, '<p>a</p>\n')}`),
      'paragraphs',
    ),
  ],
  eml: [
    of((count) => Buffer.from(`Subject: a\nFrom: b@c\n\n${times(count, 'line of text\n')}`), 'lines'),
    of((count) => Buffer.from(`Subject: a\nTo: ${times(count, '"A B" <a@b.org>, ')}c@d\n\ntext`), 'recipients'),
    of((count) => Buffer.from(`Subject: ${times(count, '=?utf-8?q?a=C3=A4?= ')}\nFrom: b@c\n\ntext`), 'encoded words'),
    of(
      (count) =>
        Buffer.from(
          `From: b@c\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n${times(count, '=C3=A4=\n')}`,
        ),
      'soft line ends',
    ),
    of(
      (count) =>
        Buffer.from(
          `From: b@c\nContent-Type: multipart/mixed; boundary=x\n\n${times(count, '--x\nContent-Type: text/plain\n\na\n')}--x--`,
        ),
      'parts',
    ),
  ],
  mbox: [of((count) => Buffer.from(times(count, 'From a\nSubject: b\nFrom: c@d\n\nx\n')), 'messages')],
};

describe('reading is linear in formats of many parts', () => {
  const extractors = indexExtractors(createExtractors());

  it.each(Object.entries(COMPOSED).flatMap(([format, shapes]) => shapes.map((one) => [format, ...one] as const)))(
    '%s: %s',
    async (format, _name, file) => {
      const files = new Map([400, 800].map((count) => [count, file(count)]));
      const read = (count: number): Promise<unknown> => {
        const source = { bytes: files.get(count) ?? Buffer.alloc(0), filename: `a.${format}` };
        return (
          extractors.get(format)?.extract(source, new AbortController().signal) ?? Promise.reject(new Error(format))
        );
      };
      await read(400);
      expect(await growthOf(read, 400)).toBeLessThan(2.3);
    },
  );
});
