import { deflateSync } from 'node:zlib';
import { docxOf, p, r, zipOf } from '../../libs/extraction/src/formats/docx/docx-fixture';

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

/** What else took much memory in trials, at full size: for a whole service, many at a time. */
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
  ['json', () => Buffer.concat([Buffer.from('['), Buffer.alloc(50 * MEBIBYTE - 2, '1,'), Buffer.from('1]')])],
  ['json', () => Buffer.alloc(50 * MEBIBYTE, '{"a":')],
  ['json', () => Buffer.from(JSON.stringify('a '.repeat(25 * MEBIBYTE)))],
  ['rtf', () => Buffer.concat([Buffer.from('{\\rtf1 '), Buffer.alloc(50 * MEBIBYTE, '\\par a')])],
  ['docx', () => docxOf({ body: p(r('word')).repeat(2_000_000) })],
  ['docx', () => docxOf({ body: p(r('a '.repeat(40 * MEBIBYTE))) })],
  ['epub', () => zipOf([{ name: 'META-INF/container.xml', data: '<a>'.repeat(20 * MEBIBYTE) }])],
  ['eml', () => Buffer.concat([Buffer.from('Subject: a\n\n'), Buffer.alloc(50 * MEBIBYTE, 'a\n')])],
  ['ics', () => Buffer.from(`BEGIN:VCALENDAR\n${'BEGIN:VEVENT\nSUMMARY:a\n'.repeat(1_500_000)}`)],
];
