import { burn } from '@kenjiuno/msgreader/lib/Burner';

/** Files of Office before 2007 made by the specs, of those kinds that no program at hand writes any more. */

const STORAGE = 1;
const DOCUMENT = 2;
const ROOT = 5;

/** By their names; those of a storage within it. */
export type Streams = Readonly<Record<string, Buffer | Readonly<Record<string, Buffer>>>>;

export function compoundOf(streams: Streams): Buffer {
  type Entry = Parameters<typeof burn>[0][number];
  const root = { name: 'Root Entry', type: ROOT, length: 0, children: [] as number[] };
  const entries: Entry[] = [root];
  const add = (parent: number[], entry: Entry): void => void parent.push(entries.push(entry) - 1);
  const addStream = (parent: number[], name: string, bytes: Buffer): void =>
    add(parent, { name, type: DOCUMENT, length: bytes.length, binaryProvider: () => Uint8Array.from(bytes) });
  for (const [name, content] of Object.entries(streams)) {
    if (Buffer.isBuffer(content)) addStream(root.children, name, content);
    else {
      const children: number[] = [];
      add(root.children, { name, type: STORAGE, length: 0, children });
      for (const [inner, bytes] of Object.entries(content)) addStream(children, inner, bytes);
    }
  }
  return Buffer.from(burn(entries));
}

const FIB_BYTES = 0x300;

/** A document of Word 6: all of its text in one piece, in the code page of its language. */
export function word6Of(text: Buffer, { language = 0x409, flags = 0 } = {}): Buffer {
  const head = Buffer.alloc(FIB_BYTES);
  head.writeUInt16LE(0xa5dc, 0);
  head.writeUInt16LE(language, 6);
  head.writeUInt16LE(flags, 0x0a);
  head.writeUInt32LE(FIB_BYTES, 0x18);
  head.writeUInt32LE((flags & 0x1000) === 0 ? text.length : text.length / 2, 0x34);
  return compoundOf({ WordDocument: Buffer.concat([head, text]) });
}

/** A record of Excel. */
export function biff(
  type: number,
  ...values: readonly (readonly [bytes: 1 | 2 | 4, value: number] | Buffer)[]
): Buffer {
  const data = Buffer.concat(values.map((value) => (Buffer.isBuffer(value) ? value : numberOf(...value))));
  return Buffer.concat([numberOf(2, type), numberOf(2, data.length), data]);
}

/** A workbook of Excel 5: one sheet, texts in a code page. */
export function excel5Of(codePage: number, name: Buffer, cells: readonly Buffer[], hidden = false): Buffer {
  const begin = (kind: number): Buffer => biff(0x809, [2, 0x500], [2, kind], [4, 0]);
  const end = biff(0x0a);
  const sheet = (start: number): Buffer => biff(0x85, [4, start], [1, hidden ? 1 : 0], [1, 0], [1, name.length], name);
  const globals = (start: number): Buffer =>
    Buffer.concat([begin(5), biff(0x42, [2, codePage]), biff(0xe0, [2, 0], [2, 14]), sheet(start), end]);
  return compoundOf({ Book: Buffer.concat([globals(globals(0).length), begin(0x10), ...cells, end]) });
}

/** A record of PowerPoint. */
export function pptRecord(type: number, body: Buffer | readonly Buffer[], instance = 0): Buffer {
  const isContainer = !Buffer.isBuffer(body);
  const data = Buffer.isBuffer(body) ? body : Buffer.concat(body);
  return Buffer.concat([numberOf(2, (instance << 4) | (isContainer ? 0xf : 0)), numberOf(2, type), numberOf(4, data.length), data]); // prettier-ignore
}

type Slides = readonly (readonly (readonly [kind: number, text: string])[])[];

/**
 * A presentation whose slides refer to the texts of its outline, as PowerPoint 97 wrote them.
 * @param shapes so many of the texts of a slide have one
 */
export function powerPoint97Of(slides: Slides, shapes = Infinity): Buffer {
  return compoundOf(powerPoint97Streams(slides, shapes));
}

/** Numbers of four bytes each. */
export function numbers(...values: readonly number[]): Buffer {
  return Buffer.concat(values.map((value) => numberOf(4, value)));
}

/** What tells where the latest edit of a presentation is. */
export function currentUser(lastEdit: number): Buffer {
  return pptRecord(0xff6, numbers(20, 0xe391c05f, lastEdit));
}

interface FooterTexts {
  /** 4: a date somebody wrote; 0x20: a footer. */
  readonly shows: number;
  readonly date?: string;
  readonly footer?: string;
}

export interface Footers {
  readonly ofAll?: FooterTexts;
  readonly ofSlides?: FooterTexts;
  readonly hidesMaster?: boolean;
}

function footersRecord(instance: number, { shows, date, footer }: FooterTexts): Buffer {
  const text = (place: number, words: string | undefined): readonly Buffer[] =>
    words === undefined ? [] : [pptRecord(0xfba, Buffer.from(words, 'utf16le'), place)];
  return pptRecord(0xfd9, [pptRecord(0xfda, numbers(shows << 16)), ...text(0, date), ...text(2, footer)], instance);
}

/** The streams of `powerPoint97Of`; its last record is the edit. */
export function powerPoint97Streams(
  slides: Slides,
  most = Infinity,
  footers: Footers = {},
): { 'Current User': Buffer; 'PowerPoint Document': Buffer } {
  const shapes = (count: number): Buffer[] =>
    Array.from({ length: Math.min(count, most) }, (_, index) =>
      pptRecord(0xf004, [pptRecord(0xf00d, [pptRecord(0xf9e, numbers(index))])]),
    );
  const slide = (count: number): Buffer =>
    pptRecord(0x3ee, [
      pptRecord(0x3ef, Buffer.alloc(24, Buffer.from([footers.hidesMaster === true ? 0 : 1, 0]))),
      ...(footers.ofSlides === undefined ? [] : [footersRecord(0, footers.ofSlides)]),
      pptRecord(0x40c, [pptRecord(0xf002, [pptRecord(0xf003, shapes(count))])]),
    ]);
  const outline = slides.flatMap((texts, index) => [
    pptRecord(0x3f3, numbers(index + 2, 0, texts.length, 256 + index, 0)),
    ...texts.flatMap(([kind, text]) => [
      pptRecord(0xf9f, numbers(kind)),
      // A placeholder in which nothing was written has a header alone.
      ...(text === '' ? [] : [pptRecord(0xfa0, Buffer.from(text, 'utf16le'))]),
    ]),
  ]);
  const ofAll = footers.ofAll === undefined ? [] : [footersRecord(3, footers.ofAll)];
  const parts = [
    pptRecord(0x3e8, [...ofAll, pptRecord(0xff0, outline, 0)]),
    ...slides.map((texts) => slide(texts.length)),
  ];
  const places: number[] = [];
  let end = 0;
  for (const part of parts) {
    places.push(end);
    end += part.length;
  }
  const directory = pptRecord(0x1772, numbers((parts.length << 20) | 1, ...places));
  const edit = pptRecord(0xff5, numbers(0, 0, 0, end, 1, 0, 0));
  return {
    'Current User': currentUser(end + directory.length),
    'PowerPoint Document': Buffer.concat([...parts, directory, edit]),
  };
}

function numberOf(bytes: 1 | 2 | 4, value: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntLE(value >>> 0, 0, bytes);
  return buffer;
}
