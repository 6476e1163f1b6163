import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { docxOf, p, r, styled, table } from './docx/docx-fixture';
import { epubOf, MAIL, NOTEBOOK, odfOf, pptxOf, RTF, SAVED_PAGE, shape, xlsxOf } from './formats.fixture';
import { msgOf } from './mail/msg-fixture';
import { onePage } from './pdf/pdf-fixture';

const OFFICE = join(__dirname, '../../../../test/fixtures/office');

/** A small good file of every format, for what is tried on all of them. */
export const GOOD_FILES: Readonly<Record<string, Buffer>> = {
  txt: Buffer.from('The quay is closed.\n\nCome back on Tuesday, naïve ones.\n'),
  md: Buffer.from('---\na: b\n---\n\n# Fees\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\ncode\n```\n'),
  html: Buffer.from(
    '<title>T</title><h1>Fees</h1><p>a<b>b</b><table><tr><td rowspan=2>x<td>y<tr><td>z</table><ol><li>i</ol>',
  ),
  json: Buffer.from('{"a":[1,2,{"b":"c\\n"}],"d":null}'),
  csv: Buffer.from('ship,port\n"Halcyon, old",Bergen\nKestrel,\n'),
  code: Buffer.from('<a>\n  <b c="d"/>\n\n</a>\n'),
  ics: Buffer.from(
    'BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Dredging\nDTSTART:20260101T100000Z\nEND:VEVENT\nEND:VCALENDAR\n',
  ),
  vcf: Buffer.from('BEGIN:VCARD\nFN;QUOTED-PRINTABLE:J=C3=B6rg\nADR:;;1 Quay;Bergen\nEND:VCARD\n'),
  docx: docxOf(styled('Heading1', 'Fees') + p(r('some words')) + table([['a', 'b']])),
  pdf: onePage('BT /F1 12 Tf 50 700 Td (The quay is closed on Monday.) Tj 0 -20 Td (Come back.) Tj ET', {}),
  pptx: pptxOf([{ shapes: shape(['Words'], 'title') + shape(['x', 'y'], 'body') }]),
  xlsx: xlsxOf({
    strings: ['<t>a</t>'],
    sheets: [{ name: 'S', rows: '<row r="1"><c r="A1" t="s"><v>0</v></c></row>' }],
  }),
  doc: readFileSync(join(OFFICE, 'libreoffice.doc')),
  xls: readFileSync(join(OFFICE, 'libreoffice.xls')),
  ppt: readFileSync(join(OFFICE, 'libreoffice.ppt')),
  odt: odfOf('text', '<text:h>Title</text:h><text:p>Words<text:s/></text:p>'),
  ods: odfOf(
    'spreadsheet',
    '<table:table><table:table-row><table:table-cell><text:p>x</text:p></table:table-cell></table:table-row></table:table>',
  ),
  odp: odfOf('presentation', '<draw:page><text:p>x</text:p></draw:page>'),
  epub: epubOf([['a.xhtml', '<p>x</p>']]),
  eml: Buffer.from(MAIL),
  mbox: Buffer.from(`From a\n${MAIL}`),
  mht: Buffer.from(SAVED_PAGE),
  msg: msgOf({
    subject: 'Fees',
    body: 'words',
    to: ['Ada'],
    attachments: [{ name: 'a.txt', bytes: Buffer.from('x') }],
  }),
  rtf: Buffer.from(RTF, 'latin1'),
  ipynb: Buffer.from(NOTEBOOK),
};
