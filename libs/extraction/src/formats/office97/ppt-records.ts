/** Records of a PowerPoint file before 2007, by [MS-PPT] 2.3 and [MS-ODRAW]: a tree of them in one stream. */

export const PPT = {
  document: 0x3e8, slide: 0x3ee, slideAtom: 0x3ef, notes: 0x3f0, slidePersist: 0x3f3, drawing: 0x40c,
  placeholder: 0xbc3, outlineText: 0xf9e, textHeader: 0xf9f, textCharacters: 0xfa0, textBytes: 0xfa8,
  slideList: 0xff0, userEdit: 0xff5, currentUser: 0xff6, persistDirectory: 0x1772,
  cipher: 0x2f14,
  footers: 0xfd9, footersShown: 0xfda, footerText: 0xfba, slideNumber: 0xfd8,
  shapes: 0xf002, group: 0xf003, shape: 0xf004, shapeClientData: 0xf011, shapeText: 0xf00d, childAnchor: 0xf00f,
  properties: 0xf00b, moreProperties: 0xf122,
} as const; // prettier-ignore

export const HEADER_BYTES = 8;
const CONTAINER = 0xf;

export interface PptRecord {
  readonly type: number;
  readonly instance: number;
  readonly isContainer: boolean;
  readonly body: Buffer;
}

/** The record that begins at a place. @throws RangeError when there is none */
export function recordAt(stream: Buffer, at: number): PptRecord {
  const head = stream.readUInt16LE(at);
  const start = at + HEADER_BYTES;
  const body = stream.subarray(start, start + stream.readUInt32LE(at + 4));
  return {
    type: stream.readUInt16LE(at + 2),
    instance: head >> 4,
    isContainer: (head & CONTAINER) === CONTAINER,
    body,
  };
}

/** The records inside of one; a last one without a whole head is left out. */
export function* within(body: Buffer): Generator<PptRecord, void> {
  for (let at = 0; at + HEADER_BYTES <= body.length;) {
    const record = recordAt(body, at);
    yield record;
    at += HEADER_BYTES + record.body.length;
  }
}

export function first(body: Buffer, type: number): PptRecord | undefined {
  for (const record of within(body)) if (record.type === type) return record;
  return undefined;
}
