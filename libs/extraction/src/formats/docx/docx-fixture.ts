import { crc32, deflateRawSync } from 'node:zlib';

/** DOCX files made by the specs, as small as a format of many parts allows. */

export interface ZipEntry {
  readonly name: string;
  readonly data: string | Uint8Array;
  /** Not deflated. */
  readonly stored?: boolean;
  /** Instead of the right one. */
  readonly crc?: number;
  /** Bits of the general purpose flag. */
  readonly flags?: number;
  readonly method?: number;
  /** Sizes and offset in a ZIP64 field. */
  readonly wide?: boolean;
}

export const W = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main';
const STRICT_W = 'http://purl.oclc.org/ooxml/wordprocessingml/main';
const RELATIONSHIPS = 'http://schemas.openxmlformats.org/package/2006/relationships';
const TYPES = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const NAMESPACES =
  `xmlns:w="${W}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" ` +
  'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" xmlns:v="urn:schemas-microsoft-com:vml" ' +
  'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" ' +
  'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" ' +
  'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" ' +
  'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"';

export function zipOf(entries: readonly ZipEntry[]): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const data = Buffer.from(entry.data);
    const packed = entry.stored === true ? data : deflateRawSync(data);
    const name = Buffer.from(entry.name);
    const wide = Buffer.alloc(entry.wide === true ? 28 : 0);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    const header = Buffer.alloc(46);
    header.writeUInt32LE(0x02014b50, 0);
    header.writeUInt16LE(entry.flags ?? 0, 8);
    header.writeUInt16LE(entry.method ?? (entry.stored === true ? 0 : 8), 10);
    header.writeUInt32LE(entry.crc ?? crc32(data), 16);
    header.writeUInt32LE(wide.length > 0 ? 0xffffffff : packed.length, 20);
    header.writeUInt32LE(wide.length > 0 ? 0xffffffff : data.length, 24);
    header.writeUInt16LE(name.length, 28);
    header.writeUInt16LE(wide.length, 30);
    header.writeUInt32LE(wide.length > 0 ? 0xffffffff : offset, 42);
    if (wide.length > 0) {
      wide.writeUInt16LE(1, 0);
      wide.writeUInt16LE(24, 2);
      wide.writeBigUInt64LE(BigInt(data.length), 4);
      wide.writeBigUInt64LE(BigInt(packed.length), 12);
      wide.writeBigUInt64LE(BigInt(offset), 20);
    }
    files.push(local, name, packed);
    directory.push(header, name, wide);
    offset += local.length + name.length + packed.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...files, ...directory, end]);
}

/** What stands in each part; all of it XML without its root. */
export interface DocxContent {
  readonly body: string;
  readonly styles?: string;
  readonly numbering?: string;
  readonly footnotes?: string;
  readonly endnotes?: string;
  readonly strict?: boolean;
}

export function partsOf(content: DocxContent): ZipEntry[] {
  const root = (name: string, inner: string): string => {
    const xml = `<?xml version="1.0" encoding="UTF-8"?><w:${name} ${NAMESPACES}>${inner}</w:${name}>`;
    return content.strict === true ? xml.replace(W, STRICT_W) : xml;
  };
  const { styles, numbering, footnotes, endnotes } = content;
  return [
    { name: '[Content_Types].xml', data: '<Types/>' },
    { name: '_rels/.rels', data: relationships([['officeDocument', 'word/document.xml']]) },
    { name: 'word/document.xml', data: root('document', `<w:body>${content.body}</w:body>`) },
    ...(styles === undefined ? [] : [{ name: 'word/styles.xml', data: root('styles', styles) }]),
    ...(numbering === undefined ? [] : [{ name: 'word/numbering.xml', data: root('numbering', numbering) }]),
    ...(footnotes === undefined ? [] : [{ name: 'word/footnotes.xml', data: root('footnotes', footnotes) }]),
    ...(endnotes === undefined ? [] : [{ name: 'word/endnotes.xml', data: root('endnotes', endnotes) }]),
  ];
}

export function docxOf(content: DocxContent | string): Buffer {
  return zipOf(partsOf(typeof content === 'string' ? { body: content } : content));
}

/** @param targets type and target of each */
export function relationships(targets: readonly (readonly [string, string])[]): string {
  const each = targets.map(
    ([type, target], index) => `<Relationship Id="r${index}" Type="${TYPES}/${type}" Target="${target}"/>`,
  );
  return `<Relationships xmlns="${RELATIONSHIPS}">${each.join('')}</Relationships>`;
}

/** A run of text; anything may stand in its properties. */
export function r(text: string, properties = ''): string {
  return `<w:r><w:rPr>${properties}</w:rPr><w:t xml:space="preserve">${text}</w:t></w:r>`;
}

/** A paragraph of runs, or of one text. */
export function p(content: string, properties = ''): string {
  return `<w:p><w:pPr>${properties}</w:pPr>${content.startsWith('<') ? content : r(content)}</w:p>`;
}

export function styled(id: string, content: string): string {
  return p(content, `<w:pStyle w:val="${id}"/>`);
}

/** @param rows cells of text, or of paragraphs */
export function table(rows: readonly (readonly string[])[]): string {
  const cell = (content: string): string => `<w:tc><w:tcPr/>${content.startsWith('<') ? content : p(content)}</w:tc>`;
  return `<w:tbl><w:tblPr/>${rows.map((cells) => `<w:tr>${cells.map(cell).join('')}</w:tr>`).join('')}</w:tbl>`;
}

/** The shape of a compound file: magic, and directory entries of these names. */
export function compoundFile(names: readonly string[]): Buffer {
  const file = Buffer.alloc(512 + 128 * names.length);
  Buffer.from('d0cf11e0a1b11ae1', 'hex').copy(file);
  names.forEach((name, index) => {
    const at = 512 + 128 * index;
    file.write(name, at, 'utf16le');
    file.writeUInt16LE((name.length + 1) * 2, at + 64);
  });
  return file;
}
