// How the time of reading grows with the size of a file, format by format: about 2 when the size doubles.
// node bench/linear.mjs
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { deflateRawSync, crc32 } from 'node:zlib';
import { ROOT } from '../scripts/bootstrap.mjs';

const require = createRequire(import.meta.url);
const { burn } = require('@kenjiuno/msgreader/lib/Burner');
/** @param {string} name */
const built = (name) => require(join(ROOT, `dist/libs/extraction/src/${name}.js`));
const { createExtractors, indexExtractors } = built('extractors');
const extractors = indexExtractors(createExtractors());

const W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"';
const X = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
const R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"';
const A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"';
const P = 'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"';
const odf = (/** @type {string} */ name) => `xmlns:${name}="urn:oasis:names:tc:opendocument:xmlns:${name}:1.0"`;
const rels = (/** @type {string} */ kind, /** @type {string} */ target) =>
  '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">' +
  `<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/${kind}" Target="${target}"/>` +
  '</Relationships>';

/** @type {[string, string, number, (count: number) => Buffer][]} format, what repeats, how often, and the file */
const SHAPES = [
  ['txt', 'paragraphs', 200_000, (n) => Buffer.from('some words\n\n'.repeat(n))],
  ['md', 'list items', 50_000, (n) => Buffer.from('- some words\n'.repeat(n))],
  ['html', 'cells', 50_000, (n) => Buffer.from(`<table>${'<tr><td>a<td>b'.repeat(n)}`)],
  ['json', 'objects', 50_000, (n) => Buffer.from(`[${'{"a":1},'.repeat(n)}{}]`)],
  ['csv', 'rows', 50_000, (n) => Buffer.from(`a,b\n${'1,two\n'.repeat(n)}`)],
  ['rtf', 'paragraphs', 50_000, (n) => Buffer.from(`{\\rtf1 ${'words\\par '.repeat(n)}}`)],
  ['ics', 'events', 20_000, (n) => Buffer.from('BEGIN:VEVENT\nSUMMARY:a\nEND:VEVENT\n'.repeat(n))],
  ['eml', 'lines', 100_000, (n) => Buffer.from(`Subject: a\nFrom: b@c\n\n${'some words\n\n'.repeat(n)}`)],
  ['mbox', 'messages', 2_000, (n) => Buffer.from('From a\nSubject: b\nFrom: c@d\n\nx\n'.repeat(n))],
  ['pdf', 'cells of tables', 10_000, (n) => pdf(n)],
  ['msg', 'lines', 50_000, (n) => msg('some words\n\n'.repeat(n))],
  [
    'docx',
    'paragraphs',
    20_000,
    (n) =>
      zip({
        '_rels/.rels': rels('officeDocument', 'word/document.xml'),
        'word/document.xml': `<w:document ${W}><w:body>${'<w:p><w:r><w:t>words</w:t></w:r></w:p>'.repeat(n)}</w:body></w:document>`,
      }),
  ],
  [
    'pptx',
    'shapes',
    10_000,
    (n) =>
      zip({
        '_rels/.rels': rels('officeDocument', 'ppt/presentation.xml'),
        'ppt/presentation.xml': `<p:presentation ${P} ${R}><p:sldIdLst><p:sldId r:id="r1"/></p:sldIdLst></p:presentation>`,
        'ppt/_rels/presentation.xml.rels': rels('slide', 'slide.xml'),
        'ppt/slide.xml': `<p:sld ${P} ${A}>${'<p:sp><a:p><a:r><a:t>words</a:t></a:r></a:p></p:sp>'.repeat(n)}</p:sld>`,
      }),
  ],
  [
    'xlsx',
    'rows',
    20_000,
    (n) =>
      zip({
        '_rels/.rels': rels('officeDocument', 'xl/workbook.xml'),
        'xl/workbook.xml': `<workbook ${X} ${R}><sheets><sheet name="A" r:id="r1"/></sheets></workbook>`,
        'xl/_rels/workbook.xml.rels': rels('worksheet', 'sheet.xml'),
        'xl/sheet.xml': `<worksheet ${X}>${'<row><c><v>1</v></c><c><v>2</v></c></row>'.repeat(n)}</worksheet>`,
      }),
  ],
  [
    'odt',
    'list items',
    20_000,
    (n) =>
      zip({
        'content.xml': `<office:document-content ${odf('office')} ${odf('text')}><office:text><text:list>${'<text:list-item><text:p>words</text:p></text:list-item>'.repeat(n)}</text:list></office:text></office:document-content>`,
      }),
  ],
];

/** Cells in rows of five, 500 on a page. @param {number} count */
function pdf(count) {
  const pages = Math.ceil(count / 500);
  const cells = Array.from({ length: 500 }, (_, n) => `BT /F 6 Tf ${50 + (n % 5) * 100} ${780 - Math.floor(n / 5) * 7} Td (cell ${n}) Tj ET`); // prettier-ignore
  const content = cells.join('\n');
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Count ${pages} /Kids [${Array.from({ length: pages }, (_, n) => `${n + 5} 0 R`).join(' ')}] >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>',
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    ...Array.from({ length: pages }, () => '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F 3 0 R >> >> >>'), // prettier-ignore
  ];
  let file = '%PDF-1.7\n';
  const entries = objects.map((object, index) => {
    const at = String(file.length).padStart(10, '0');
    file += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return `${at} 00000 n \n`;
  });
  const start = file.length;
  file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${entries.join('')}`;
  return Buffer.from(`${file}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`);
}

/** @param {string} body */
function msg(body) {
  /** @param {string} name @param {Buffer} bytes */
  const stream = (name, bytes) => ({ name, type: 2, length: bytes.length, binaryProvider: () => Uint8Array.from(bytes) }); // prettier-ignore
  return Buffer.from(
    burn([
      { name: 'Root Entry', type: 5, length: 0, children: [1, 2, 3] },
      stream('__properties_version1.0', Buffer.alloc(32)),
      stream('__substg1.0_0037001F', Buffer.from('Subject', 'utf16le')),
      stream('__substg1.0_1000001F', Buffer.from(body, 'utf16le')),
    ]),
  );
}

/** @param {Record<string, string>} parts */
function zip(parts) {
  const files = [];
  const directory = [];
  let offset = 0;
  for (const [path, text] of Object.entries(parts)) {
    const data = Buffer.from(text);
    const packed = deflateRawSync(data);
    const name = Buffer.from(path);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    const header = Buffer.alloc(46);
    header.writeUInt32LE(0x02014b50, 0);
    header.writeUInt16LE(8, 10);
    header.writeUInt32LE(crc32(data), 16);
    header.writeUInt32LE(packed.length, 20);
    header.writeUInt32LE(data.length, 24);
    header.writeUInt16LE(name.length, 28);
    header.writeUInt32LE(offset, 42);
    files.push(local, name, packed);
    directory.push(header, name);
    offset += local.length + name.length + packed.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Object.keys(parts).length, 8);
  end.writeUInt16LE(Object.keys(parts).length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...files, ...directory, end]);
}

/** Of a processor, as other work may run; the best of three. @param {string} format @param {Buffer} bytes */
async function secondsFor(format, bytes) {
  let best = Infinity;
  for (let round = 0; round < 3; round += 1) {
    const before = process.cpuUsage();
    await extractors.get(format).extract({ bytes, filename: `a.${format}` }, new AbortController().signal);
    best = Math.min(best, process.cpuUsage(before).user);
  }
  return best / 1_000_000;
}

process.stdout.write('| format | of | count | seconds | twice as many | grows by |\n|---|---|---|---|---|---|\n');
for (const [format, unit, count, file] of SHAPES) {
  const once = await secondsFor(format, file(count));
  const twice = await secondsFor(format, file(2 * count));
  const cells = [format, unit, count, once.toFixed(2), twice.toFixed(2), (twice / once).toFixed(1)];
  process.stdout.write(`| ${cells.join(' | ')} |\n`);
}
