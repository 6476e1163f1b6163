import { docxOf, p, zipOf } from './docx/docx-fixture';

/** Small good files of the formats that consist of many parts, made by the specs. */

const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const RELATIONSHIPS = 'http://schemas.openxmlformats.org/package/2006/relationships';

const rels = (targets: readonly (readonly [string, string, string])[]): string =>
  `<Relationships xmlns="${RELATIONSHIPS}">${targets
    .map(([id, type, target]) => `<Relationship Id="${id}" Type="${OFFICE}/${type}" Target="${target}"/>`)
    .join('')}</Relationships>`;

/** @param slides the shapes of each, as XML, and what the speaker notes */
export function pptxOf(slides: readonly { readonly shapes: string; readonly notes?: string }[]): Buffer {
  const ns =
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" ' +
    `xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="${OFFICE}"`;
  const tree = (shapes: string): string => `<p:cSld><p:spTree>${shapes}</p:spTree></p:cSld>`;
  return zipOf([
    { name: '_rels/.rels', data: rels([['r1', 'officeDocument', 'ppt/presentation.xml']]) },
    {
      name: 'ppt/presentation.xml',
      data: `<p:presentation ${ns}><p:sldIdLst>${slides.map((_, n) => `<p:sldId r:id="s${n}"/>`).join('')}</p:sldIdLst></p:presentation>`,
    },
    {
      name: 'ppt/_rels/presentation.xml.rels',
      data: rels(slides.map((_, n) => [`s${n}`, 'slide', `slides/slide${n}.xml`] as const)),
    },
    ...slides.flatMap(({ shapes, notes }, n) => [
      { name: `ppt/slides/slide${n}.xml`, data: `<p:sld ${ns}>${tree(shapes)}</p:sld>` },
      ...(notes === undefined
        ? []
        : [
            {
              name: `ppt/slides/_rels/slide${n}.xml.rels`,
              data: rels([['n', 'notesSlide', `../notesSlides/notes${n}.xml`]]),
            },
            { name: `ppt/notesSlides/notes${n}.xml`, data: `<p:notes ${ns}>${tree(notes)}</p:notes>` },
          ]),
    ]),
  ]);
}

/** A shape of paragraphs. @param role of a placeholder */
export function shape(paragraphs: readonly string[], role?: string): string {
  const placeholder = role === undefined ? '' : `<p:nvPr><p:ph type="${role}"/></p:nvPr>`;
  const text = paragraphs.map((words) => `<a:p><a:r><a:t>${words}</a:t></a:r></a:p>`).join('');
  return `<p:sp><p:nvSpPr><p:cNvPr id="1" name="x"/>${placeholder}</p:nvSpPr><p:txBody>${text}</p:txBody></p:sp>`;
}

export interface SheetParts {
  readonly sheets: readonly { readonly name: string; readonly rows: string; readonly state?: string }[];
  readonly strings?: readonly string[];
  readonly styles?: string;
}

export function xlsxOf({ sheets, strings = [], styles = '' }: SheetParts): Buffer {
  const ns = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="${OFFICE}"`;
  return zipOf([
    { name: '_rels/.rels', data: rels([['r1', 'officeDocument', 'xl/workbook.xml']]) },
    {
      name: 'xl/workbook.xml',
      data: `<workbook ${ns}><sheets>${sheets
        .map(
          ({ name, state }, n) =>
            `<sheet name="${name}" r:id="s${n}"${state === undefined ? '' : ` state="${state}"`}/>`,
        )
        .join('')}</sheets></workbook>`,
    },
    {
      name: 'xl/_rels/workbook.xml.rels',
      data: rels([
        ...sheets.map((_, n) => [`s${n}`, 'worksheet', `worksheets/sheet${n}.xml`] as const),
        ['t', 'sharedStrings', 'sharedStrings.xml'],
        ['y', 'styles', 'styles.xml'],
      ]),
    },
    { name: 'xl/sharedStrings.xml', data: `<sst ${ns}>${strings.map((text) => `<si>${text}</si>`).join('')}</sst>` },
    { name: 'xl/styles.xml', data: `<styleSheet ${ns}>${styles}</styleSheet>` },
    ...sheets.map(({ rows }, n) => ({
      name: `xl/worksheets/sheet${n}.xml`,
      data: `<worksheet ${ns}><sheetData>${rows}</sheetData></worksheet>`,
    })),
  ]);
}

/** @param kind `text`, `spreadsheet` or `presentation` */
export function odfOf(
  kind: string,
  body: string,
  {
    manifest = '',
    styles = '',
    objects = [],
  }: {
    readonly manifest?: string;
    readonly styles?: string;
    readonly objects?: readonly (readonly [folder: string, kind: string, body: string])[];
  } = {},
): Buffer {
  const of = (name: string): string => `urn:oasis:names:tc:opendocument:xmlns:${name}:1.0`;
  const ns = [
    ['office', of('office')], ['text', of('text')], ['table', of('table')], ['draw', of('drawing')],
    ['presentation', of('presentation')], ['svg', of('svg-compatible')], ['style', of('style')],
    ['chart', of('chart')], ['xlink', 'http://www.w3.org/1999/xlink'],
  ]
    .map(([prefix, uri]) => `xmlns:${prefix}="${uri}"`)
    .join(' '); // prettier-ignore
  const content = (shown: string, inside: string): string =>
    `<office:document-content ${ns}><office:automatic-styles>${styles}</office:automatic-styles><office:body><office:${shown}>${inside}</office:${shown}></office:body></office:document-content>`;
  const listed = objects.map(([folder]) => `<m:file-entry m:full-path="${folder}/content.xml"/>`).join('');
  return zipOf([
    { name: 'mimetype', data: `application/vnd.oasis.opendocument.${kind}`, stored: true },
    {
      name: 'META-INF/manifest.xml',
      // As OpenOffice wrote it: a DTD is named, and nothing is defined.
      data: `<!DOCTYPE m:manifest PUBLIC "-//OpenOffice.org//DTD Manifest 1.0//EN" "Manifest.dtd"><m:manifest xmlns:m="${of('manifest')}">${manifest}${listed}</m:manifest>`,
    },
    { name: 'content.xml', data: content(kind, body) },
    ...objects.map(([folder, shown, inside]) => ({ name: `${folder}/content.xml`, data: content(shown, inside) })),
  ]);
}

/** @param chapters file names and bodies */
export function epubOf(chapters: readonly (readonly [string, string])[], encryption?: string): Buffer {
  return zipOf([
    { name: 'mimetype', data: 'application/epub+zip', stored: true },
    {
      name: 'META-INF/container.xml',
      data: '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>',
    },
    {
      name: 'OPS/book.opf',
      data:
        '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata><dc:title>Harbour lights</dc:title></metadata>' +
        `<manifest>${chapters.map(([name], n) => `<item id="c${n}" href="${encodeURI(name)}" media-type="application/xhtml+xml"/>`).join('')}<item id="p" href="a.png" media-type="image/png"/></manifest>` +
        `<spine>${chapters.map((_, n) => `<itemref idref="c${n}"/>`).join('')}</spine></package>`,
    },
    ...(encryption === undefined ? [] : [{ name: 'META-INF/encryption.xml', data: encryption }]),
    ...chapters.map(([name, body]) => ({ name: `OPS/${name}`, data: `<html><body>${body}</body></html>` })),
  ]);
}

const lines = (...parts: readonly string[]): string => parts.join('\r\n');

export const MAIL = lines(
  'From: Ada <ada@example.org>',
  'To: b@example.org',
  'Subject: =?utf-8?B?SGFmZW5nZWLDvGhyZW4=?=',
  'Date: Mon, 2 Feb 2026 10:00:00 +0000',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary="b1"',
  '',
  '--b1',
  'Content-Type: text/plain; charset=utf-8',
  'Content-Transfer-Encoding: base64',
  '',
  Buffer.from('Die Liegegebühren steigen im Mai um zehn Prozent.').toString('base64'),
  '--b1',
  'Content-Type: text/csv; name="fees.csv"',
  'Content-Disposition: attachment; filename="fees.csv"',
  '',
  'berth,fee',
  'north,12',
  '--b1',
  'Content-Type: application/octet-stream',
  'Content-Disposition: attachment; filename="blob.bin"',
  'Content-Transfer-Encoding: base64',
  '',
  Buffer.from([0, 1, 2, 3, 255]).toString('base64'),
  '--b1',
  'Content-Type: application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  'Content-Disposition: attachment; filename="letter.docx"',
  'Content-Transfer-Encoding: base64',
  '',
  docxOf(p('A letter inside.')).toString('base64'),
  '--b1--',
  '',
);

export const SAVED_PAGE = lines(
  'MIME-Version: 1.0',
  'Content-Type: multipart/related; type="text/html"; boundary="m"',
  '',
  '--m',
  'Content-Type: text/html; charset="utf-8"',
  'Content-Transfer-Encoding: quoted-printable',
  '',
  '<html><body><h1>Tides</h1><p>High water at n=C3=B6on.</p></body></html>',
  '--m',
  'Content-Type: image/png',
  'Content-Transfer-Encoding: base64',
  'Content-Location: a.png',
  '',
  'iVBORw0KGgo=',
  '--m--',
  '',
);

export const RTF = String.raw`{\rtf1\ansi\ansicpg1251\deff0{\fonttbl{\f0\fcharset204 Arial;}{\f1\fcharset0 Times;}}{\stylesheet{\s1 heading 1;}}{\info{\title no}}
\pard\s1 Berths\par
\pard\f0 \'cf\'f0\'e8\'e2\'e5\'f2, {\b \u1084?\u1080?\u1088?}.\line Next {\v hidden}line.\par
{\*\generator no;}\trowd\pard\intbl Berth\cell Fee\cell\row\pard\intbl north\cell 12\cell\row\pard After.{\pict 0102}\par}`;

export const NOTEBOOK = JSON.stringify({
  nbformat: 4,
  cells: [
    { cell_type: 'markdown', source: ['# Landings\n', 'By year.'] },
    {
      cell_type: 'code',
      source: 'plot(x)',
      outputs: [
        { output_type: 'stream', text: ['900\n', '40'] },
        { output_type: 'display_data', data: { 'image/png': 'iVBORw0KGgo='.repeat(100), 'text/plain': ['<Figure>'] } },
        { output_type: 'error', ename: 'ValueError', evalue: 'bad' },
      ],
    },
  ],
});
