import { createHash } from 'node:crypto';

/** PDF files for tests: as small a writer as will do, with outlines, every character and old-style encryption. */

const BODY = 10;

/** Draws a line in Courier, whose letters are all 0.6 of its size wide; `y` counts from the top. */
export function text(line: string, { x = 50, y = 50, size = BODY } = {}): string {
  const escaped = line.replace(/[\\()]/g, '\\$&').replaceAll('\u2022', '\\225');
  return `BT /F1 ${size} Tf ${x} ${792 - y} Td (${escaped}) Tj ET`;
}

export function column(lines: readonly string[], { x = 50, y = 50 } = {}): string[] {
  return lines.map((line, row) => text(line, { x, y: y + row * 12 }));
}

/** Draws a line of any characters, in the order in which they stand on the page. */
export function unicode(line: string, y = 50): string {
  return `BT /F2 ${BODY} Tf 50 ${792 - y} Td <${Buffer.from(line, 'utf16le').swap16().toString('hex')}> Tj ET`;
}

/** The head of a file made for the web, which says how long the whole is. */
export function linearized(length: number): Buffer {
  return Buffer.from(`%PDF-1.7\n1 0 obj\n<< /Linearized 1 /L ${length} /H [ 919 140 ] >>\nendobj\n`);
}

export interface OutlineItem {
  readonly title: string;
  readonly page: number;
  readonly children?: readonly OutlineItem[];
}

/** Written in place of a character that two bytes cannot name. */
export const BEYOND_BASIC_PLANE = '\ue000';

/** The map from the codes that `unicode` writes to the characters they stand for. */
function toUnicode(content: string): string {
  const codes = new Set([...content.matchAll(/<([0-9a-f]+)> Tj/g)].flatMap(([, hex]) => hex?.match(/.{4}/g) ?? []));
  const entry = (code: string): string => `1 beginbfchar <${code}> <${code === 'e000' ? 'd83dde00' : code}> endbfchar`;
  return `/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def
1 begincodespacerange <0000> <ffff> endcodespacerange
${[...codes].map(entry).join('\n')}
endcmap CMapName currentdict /CMap defineresource pop end end`;
}

/**
 * The smallest writer of PDF that these tests can do with. A page is a list of drawing operators; `picture` draws one,
 * and `broken` makes the page one that is counted and not there.
 */
export function pdf(
  pages: readonly (readonly string[])[],
  {
    outline: items,
    rotate = 0,
    password,
  }: { outline?: readonly OutlineItem[]; rotate?: number; password?: string } = {},
): Buffer {
  const objects: Buffer[] = [];
  const cipher = password === undefined ? undefined : new Rc4Protection(password);
  const put = (number: number, body: string): void => void (objects[number] = Buffer.from(body, 'latin1'));
  const putStream = (number: number, dictionary: string, content: string): void => {
    const data = cipher?.encrypt(number, Buffer.from(content, 'latin1')) ?? Buffer.from(content, 'latin1');
    objects[number] = Buffer.concat([
      Buffer.from(`<< ${dictionary} /Length ${data.length} >>\nstream\n`),
      data,
      Buffer.from('\nendstream'),
    ]);
  };
  const FIRST = 9;
  const pageNumber = (index: number): number => FIRST + index * 2;
  put(2, `<< /Type /Pages /Count ${pages.length} /Kids [${pages.map((_, index) => `${pageNumber(index)} 0 R`).join(' ')}] >>`); // prettier-ignore
  put(3, '<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>');
  put(
    4,
    '<< /Type /Font /Subtype /Type0 /BaseFont /Any /Encoding /Identity-H /DescendantFonts [5 0 R] /ToUnicode 6 0 R >>',
  );
  put(5, '<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Any /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /DW 1000 /FontDescriptor 7 0 R >>'); // prettier-ignore
  putStream(6, '', toUnicode(pages.flat().join('\n')));
  put(7, '<< /Type /FontDescriptor /FontName /Any /Flags 4 /ItalicAngle 0 /Ascent 800 /Descent -200 /StemV 80 /FontBBox [0 0 1000 1000] >>'); // prettier-ignore
  if (pages.some((operators) => operators.includes('picture')))
    putStream(8, '/Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8', 'x');
  pages.forEach((operators, index) => {
    if (operators[0] === 'broken') {
      put(pageNumber(index), '<< /Type /Pages /Parent 2 0 R /Count 1 /Kids [99999 0 R] >>');
      return;
    }
    const content = operators.map((operator) => (operator === 'picture' ? 'q 600 0 0 700 0 0 cm /I Do Q' : operator));
    put(pageNumber(index), `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Rotate ${rotate} /Contents ${pageNumber(index) + 1} 0 R /Resources << /Font << /F1 3 0 R /F2 4 0 R >> /XObject << /I 8 0 R >> >> >>`); // prettier-ignore
    putStream(pageNumber(index) + 1, '', content.join('\n'));
  });
  const outlines = items === undefined ? '' : `/Outlines ${putOutline(items, objects, pageNumber, put, FIRST + pages.length * 2)} 0 R`; // prettier-ignore
  put(1, `<< /Type /Catalog /Pages 2 0 R ${outlines} >>`);
  return written(objects, cipher?.dictionary ?? '');
}

function putOutline(
  items: readonly OutlineItem[],
  objects: readonly Buffer[],
  pageNumber: (index: number) => number,
  put: (number: number, body: string) => void,
  root: number,
): number {
  put(root, '');
  const putLevel = (level: readonly OutlineItem[], parent: number): string => {
    const numbers = level.map(() => {
      const number = objects.length;
      put(number, '');
      return number;
    });
    level.forEach(({ title, page, children = [] }, index) => {
      const number = numbers[index] ?? 0;
      const next = numbers[index + 1];
      const inner = children.length > 0 ? putLevel(children, number) : '';
      put(number, `<< /Title (${title}) /Parent ${parent} 0 R /Dest [${pageNumber(page)} 0 R /Fit] ${inner} ${next === undefined ? '' : `/Next ${next} 0 R`} >>`); // prettier-ignore
    });
    return `/First ${numbers[0]} 0 R /Last ${numbers.at(-1)} 0 R /Count ${numbers.length}`;
  };
  put(root, `<< /Type /Outlines ${putLevel(items, root)} >>`);
  return root;
}

function written(objects: readonly (Buffer | undefined)[], trailer: string): Buffer {
  const parts = [Buffer.from('%PDF-1.7\n')];
  let length = parts[0]?.length ?? 0;
  const entries = ['0000000000 65535 f '];
  for (let number = 1; number < objects.length; number += 1) {
    const body = objects[number];
    if (body === undefined) {
      entries.push('0000000000 00000 f ');
      continue;
    }
    entries.push(`${String(length).padStart(10, '0')} 00000 n `);
    const object = Buffer.concat([Buffer.from(`${number} 0 obj\n`), body, Buffer.from('\nendobj\n')]);
    length += object.length;
    parts.push(object);
  }
  const end = `xref\n0 ${objects.length}\n${entries.join('\n')}\ntrailer\n<< /Size ${objects.length} /Root 1 0 R ${trailer} >>\nstartxref\n${length}\n%%EOF\n`; // prettier-ignore
  return Buffer.concat([...parts, Buffer.from(end)]);
}

/** The standard security handler, revision 2 (ISO 32000-1, 7.6.3), with the owner password "owner". */
class Rc4Protection {
  private static readonly PADDING = Buffer.from(
    '28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a',
    'hex',
  );
  readonly dictionary: string;
  private readonly key: Buffer;

  constructor(userPassword: string) {
    const id = Buffer.alloc(16, 1);
    const permissions = Buffer.from('fcffffff', 'hex');
    const pad = (password: string): Buffer =>
      Buffer.concat([Buffer.from(password), Rc4Protection.PADDING]).subarray(0, 32);
    const owner = rc4(md5(pad('owner')).subarray(0, 5), pad(userPassword));
    this.key = md5(pad(userPassword), owner, permissions, id).subarray(0, 5);
    const user = rc4(this.key, Rc4Protection.PADDING);
    this.dictionary = `/Encrypt << /Filter /Standard /V 1 /R 2 /O <${owner.toString('hex')}> /U <${user.toString('hex')}> /P -4 >> /ID [<${id.toString('hex')}> <${id.toString('hex')}>]`; // prettier-ignore
  }

  encrypt(objectNumber: number, data: Buffer): Buffer {
    const salt = Buffer.alloc(5);
    salt.writeUIntLE(objectNumber, 0, 3);
    return rc4(md5(this.key, salt).subarray(0, 10), data);
  }
}

function md5(...parts: readonly Buffer[]): Buffer {
  return createHash('md5').update(Buffer.concat(parts)).digest();
}

/** OpenSSL 3 has it no more. */
function rc4(key: Buffer, data: Buffer): Buffer {
  const state = [...Array(256).keys()];
  const swap = (a: number, b: number): void => void ([state[a], state[b]] = [state[b] ?? 0, state[a] ?? 0]);
  for (let i = 0, j = 0; i < 256; i += 1) {
    j = (j + (state[i] ?? 0) + (key[i % key.length] ?? 0)) & 255;
    swap(i, j);
  }
  let i = 0;
  let j = 0;
  return data.map((byte) => {
    i = (i + 1) & 255;
    j = (j + (state[i] ?? 0)) & 255;
    swap(i, j);
    return byte ^ (state[((state[i] ?? 0) + (state[j] ?? 0)) & 255] ?? 0);
  }) as Buffer;
}

/** A file of any objects, the first of which is number 1 and the catalog. */
export function objects(bodies: readonly (string | Buffer)[], trailer = ''): Buffer {
  return written([undefined, ...bodies.map((body) => (typeof body === 'string' ? Buffer.from(body, 'latin1') : body))], trailer); // prettier-ignore
}

export function stream(content: string | Buffer, dictionary = ''): Buffer {
  const data = typeof content === 'string' ? Buffer.from(content, 'latin1') : content;
  const head = Buffer.from(`<< ${dictionary} /Length ${data.length} >>\nstream\n`, 'latin1');
  return Buffer.concat([head, data, Buffer.from('\nendstream')]);
}

export interface PageOptions {
  /** Objects beside catalog, pages, page and content: number 5 is the first, and font F1; 6 is F2. */
  readonly more?: readonly (string | Buffer)[];
  /** Entries of the page, of the catalog, and of the trailer. */
  readonly page?: string;
  readonly catalog?: string;
  readonly trailer?: string;
}

export const HELVETICA = '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>';

/** A file of one page with what drawing operators and whatever objects say. */
export function onePage(
  content: string,
  { more = [HELVETICA], page = '', catalog = '', trailer = '' }: PageOptions = {},
): Buffer {
  // prettier-ignore
  const second = more.length > 1 ? '/F2 6 0 R' : '';
  return objects(
    [
      `<< /Type /Catalog /Pages 2 0 R ${catalog} >>`,
      '<< /Type /Pages /Count 1 /Kids [3 0 R] >>',
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R ${second} >> >> ${page} >>`,
      stream(content),
      ...more,
    ],
    trailer,
  );
}

/** A font of many characters that is not embedded. */
export function compositeFont(encoding: string, ordering: string, { toUnicode = 0, width = 1000 } = {}): string {
  const map = toUnicode === 0 ? '' : `/ToUnicode ${toUnicode} 0 R`;
  return `<< /Type /Font /Subtype /Type0 /BaseFont /Any /Encoding /${encoding} ${map} /DescendantFonts [<< /Type /Font /Subtype /CIDFontType0 /BaseFont /Any /CIDSystemInfo << /Registry (Adobe) /Ordering (${ordering}) /Supplement 2 >> /DW ${width} /FontDescriptor << /Type /FontDescriptor /FontName /Any /Flags 4 /ItalicAngle 0 /Ascent 880 /Descent -120 /StemV 80 /FontBBox [0 -120 1000 880] >> >>] >>`;
}

/** @param codes by their hexadecimal codes, the letters that they stand for */
export function unicodeMap(codes: Readonly<Record<string, string>>): Buffer {
  const entries = Object.entries(codes).map(([code, letters]) => `<${code}> <${hex(letters)}>`);
  return stream(`/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def
1 begincodespacerange <0000> <ffff> endcodespacerange
${entries.length} beginbfchar ${entries.join(' ')} endbfchar
endcmap CMapName currentdict /CMap defineresource pop end end`);
}

/** UTF-16, big end first. */
export function hex(letters: string): string {
  return Buffer.from(letters, 'utf16le').swap16().toString('hex');
}

/** A few kilobytes that draw `breadth` to the power of `depth` words: forms that are made of forms. */
export function nestedForms(depth: number, breadth: number): Buffer {
  const form = (level: number): Buffer => {
    const resources = `<< /Font << /F1 ${5 + depth} 0 R >> /XObject << /A ${6 + level} 0 R >> >>`;
    const content = level === depth - 1 ? 'BT /F1 9 Tf (x) Tj ET' : '/A Do '.repeat(breadth);
    return stream(content, `/Type /XObject /Subtype /Form /BBox [0 0 612 792] /Resources ${resources}`);
  };
  return objects([
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Count 1 /Kids [3 0 R] >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /XObject << /A 5 0 R >> >> >>',
    stream('/A Do'),
    ...Array.from({ length: depth }, (_, level) => form(level)),
    HELVETICA,
  ]);
}
