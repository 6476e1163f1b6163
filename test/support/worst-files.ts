import { deflateSync } from 'node:zlib';
import { docxOf, p, r, zipOf } from '../../libs/extraction/src/formats/docx/docx-fixture';
import { epubOf, odfOf, pptxOf, shape, xlsxOf } from '../../libs/extraction/src/formats/formats.fixture';
import { msgOf } from '../../libs/extraction/src/formats/mail/msg-fixture';

const MEBIBYTE = 1024 * 1024;

/** Files that take the most memory of those found, by format. */
export const WORST: readonly (readonly [string, () => Buffer])[] = [
  ['md', () => Buffer.alloc(30 * MEBIBYTE, 'a\n\n')],
  ['csv', () => Buffer.alloc(20 * MEBIBYTE, ',')],
  ['txt', () => Buffer.alloc(5 * MEBIBYTE, 'a\n\n')],
  ['html', () => Buffer.alloc(5 * MEBIBYTE, '<td>')],
  ['json', () => Buffer.alloc(5 * MEBIBYTE, '[')],
  ['md', () => Buffer.alloc(4 * MEBIBYTE, '# a\n')],
  ['csv', () => Buffer.concat([Buffer.from(`${'name,'.repeat(2_000)}\n`), Buffer.alloc(4 * MEBIBYTE, '1,')])],
  ['rtf', () => Buffer.concat([Buffer.from('{\\rtf1 '), Buffer.alloc(4 * MEBIBYTE, '{\\b a}')])],
  ['ipynb', () => Buffer.from(`{"cells":[${'{"cell_type":"code","source":"a"},'.repeat(100_000)}{}]}`)],
];

/** A PDF of a few hundred kilobytes whose one page inflates far beyond what a parser may use. */
export function poisonPdf(): Uint8Array<ArrayBuffer> {
  const content = deflateSync(Buffer.alloc(400 * MEBIBYTE, ' '), { level: 1 });
  const parts: Buffer[] = [];
  const offsets: number[] = [];
  let length = 0;
  const write = (bytes: Buffer | string): void => {
    const part = Buffer.from(bytes as string);
    parts.push(part);
    length += part.length;
  };
  const object = (body: string, stream?: Buffer): void => {
    offsets.push(length);
    write(`${offsets.length} 0 obj\n${body}\n`);
    if (stream !== undefined) for (const piece of ['stream\n', stream, '\nendstream\n']) write(piece);
    write('endobj\n');
  };
  write('%PDF-1.7\n');
  object('<< /Type /Catalog /Pages 2 0 R >>');
  object('<< /Type /Pages /Kids [3 0 R] /Count 1 >>');
  object('<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R /Resources << >> >>');
  object(`<< /Length ${content.length} /Filter /FlateDecode >>`, content);
  const start = length;
  const entries = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  write(`xref\n0 ${offsets.length + 1}\n0000000000 65535 f \n${entries}`);
  write(`trailer\n<< /Size ${offsets.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`);
  return new Uint8Array(Buffer.concat(parts));
}

const filled = (unit: string, encoding: BufferEncoding = 'utf8'): Buffer => Buffer.alloc(50 * MEBIBYTE, unit, encoding);
/** As large as an upload may be, whatever is written around it. */
const within = (before: string, unit: string, after = ''): Buffer =>
  Buffer.concat([Buffer.from(before), Buffer.alloc(49 * MEBIBYTE, unit), Buffer.from(after)]);
const row = (cell: string): string => `<row><c t="inlineStr"><is><t>${cell}</t></is></c></row>`;
const odfRow = '<table:table-row><table:table-cell><text:p>a</text:p></table:table-cell></table:table-row>';
const mixed = 'MIME-Version: 1.0\nSubject: a\nFrom: a@b\nContent-Type: multipart/mixed; boundary=x\n\n--x\n';

/** The fifty that took the most memory of some three hundred kinds: for a whole service, many at a time. */
export const WORST_OF_A_SERVICE: readonly (readonly [string, () => Buffer])[] = [
  ...WORST,
  ['pdf', () => Buffer.from(poisonPdf())],
  ['csv', () => Buffer.alloc(50 * MEBIBYTE, ',')],
  ['csv', () => Buffer.alloc(50 * MEBIBYTE, '"a""')],
  ['csv', () => Buffer.alloc(50 * MEBIBYTE, 'a\n')],
  ['md', () => Buffer.alloc(50 * MEBIBYTE, '> ')],
  ['md', () => Buffer.alloc(50 * MEBIBYTE, '| a ')],
  ['md', () => Buffer.alloc(50 * MEBIBYTE, '[a](')],
  ['txt', () => Buffer.alloc(50 * MEBIBYTE, 'a ')],
  ['txt', () => Buffer.alloc(50 * MEBIBYTE, '\n')],
  ['txt', () => Buffer.alloc(50 * MEBIBYTE, 'a')],
  ['html', () => Buffer.alloc(50 * MEBIBYTE, '<p>')],
  ['html', () => Buffer.alloc(50 * MEBIBYTE, '<b>a</b> ')],
  ['json', () => within('[', '1,', '1]')],
  ['json', () => Buffer.alloc(50 * MEBIBYTE, '{"a":')],
  ['json', () => within('"', 'a ', '"')],
  ['rtf', () => within('{\\rtf1 ', '\\par a')],
  ['docx', () => docxOf({ body: p(r('word')).repeat(2_000_000) })],
  ['docx', () => docxOf({ body: p(r('a '.repeat(40 * MEBIBYTE))) })],
  [
    'epub',
    () =>
      zipOf([
        { name: 'mimetype', data: 'application/epub+zip', stored: true },
        { name: 'META-INF/container.xml', data: '<a>'.repeat(20 * MEBIBYTE) },
      ]),
  ],
  ['eml', () => within('Subject: a\n\n', 'a\n')],
  ['ics', () => Buffer.from(`BEGIN:VCALENDAR\n${'BEGIN:VEVENT\nSUMMARY:a\n'.repeat(1_500_000)}`)],
  ['txt', () => filled('\x80', 'latin1')],
  ['txt', () => filled('漢字')],
  ['md', () => filled('a\n=\n')],
  ['md', () => filled('- a\n')],
  ['html', () => within('<table>', '<tr><td rowspan=65534 colspan=1000>a')],
  ['html', () => within('', '<h1>a</h1>')],
  ['json', () => within('[', '{},', '{}]')],
  ['json', () => within('[', '{"漢":"字"},', '1]')],
  ['csv', () => filled('\t')],
  ['csv', () => Buffer.from(`${'n,'.repeat(1_000)}\n`.repeat(25_000))],
  ['ipynb', () => within('{"cells":[{"cell_type":"code","source":"a","outputs":[', '{"output_type":"stream","text":["a"]},', '{}]}]}')],
  ['vcf', () => within('BEGIN:VCARD\nFN:a\nNOTE;ENCODING=QUOTED-PRINTABLE:', '=C3=A4=\n')],
  ['eml', () => within(`${mixed}Content-Type: text/csv\nContent-Disposition: attachment; filename="a.csv"\n\n`, ',')],
  ['eml', () => filled('Subject: a\nContent-Type: message/rfc822\n\n')],
  ['mbox', () => within('From a\nSubject: b\nFrom: c@d\n\n', 'a\n')],
  ['msg', () => msgOf({ subject: 'a', body: 'word '.repeat(4 * MEBIBYTE) })],
  ['msg', () => msgOf({ subject: 'a', attachments: [{ name: 'a.csv', bytes: Buffer.alloc(9 * MEBIBYTE, ',') }] })],
  ['mht', () => within('MIME-Version: 1.0\nContent-Type: text/html\n\n', '<p>a</p>\n')],
  ['yaml', () => filled('a\n\n')],
  ['pptx', () => pptxOf([{ shapes: shape(['a']).repeat(500_000) }])],
  ['xlsx', () => xlsxOf({ sheets: [{ name: 'n'.repeat(5_000), rows: row('a').repeat(800_000) }] })],
  ['xlsx', () => xlsxOf({ sheets: [], strings: Array.from({ length: 2_000_000 }, (_, n) => `<t>string ${n}</t>`) })],
  ['odt', () => odfOf('text', '<text:p>a</text:p>'.repeat(4_000_000))],
  ['ods', () => odfOf('spreadsheet', `<table:table>${odfRow.repeat(1_000_000)}</table:table>`)],
  ['odp', () => odfOf('presentation', '<draw:page><text:p>a</text:p></draw:page>'.repeat(1_000_000))],
  ['epub', () => epubOf([['a.xhtml', '<p>a</p>'.repeat(8_000_000)]])],
]; // prettier-ignore
