import { HEADER_BYTES, PPT, type PptRecord, recordAt } from './ppt-records';

/** An edit that is encrypted names the part that tells how, behind what every edit has. */
const EDIT_BYTES = 28;
const ENCRYPTED_EDIT_BYTES = 32;
/** How the record of an edit begins: its type, its length. */
const EDIT_HEADS = [EDIT_BYTES, ENCRYPTED_EDIT_BYTES].map((length) => {
  const head = Buffer.alloc(HEADER_BYTES);
  head.writeUInt16LE(PPT.userEdit, 2);
  head.writeUInt32LE(length, 4);
  return head;
});
/** So many things that look like an edit are looked at, the latest first. */
const MAX_CANDIDATES = 32;

/** The parts of a presentation, as the latest edit that is whole has them. */
export interface Parts {
  readonly directory: PersistDirectory;
  /** Whether there was a later edit that is lost. */
  readonly isOutdated: boolean;
}

/**
 * The latest edit leads to everything else; its place stands in another stream. Where that is missing or wrong, edits
 * are looked for by their shape: each is written behind those before it.
 *
 * @param told place of the latest edit, where there is one to be believed
 * @throws Error when there is no edit that leads to a document
 */
export function partsOf(stream: Buffer, told: number | undefined): Parts {
  const latest = told === undefined ? undefined : soundDirectory(stream, told);
  if (latest !== undefined) return { directory: latest, isOutdated: false };
  let at = stream.length;
  for (let left = MAX_CANDIDATES; left > 0 && at > 0; left -= 1) {
    at = Math.max(...EDIT_HEADS.map((head) => stream.lastIndexOf(head, at - 1)));
    const directory = at < 0 ? undefined : soundDirectory(stream, at);
    if (directory !== undefined) return { directory, isOutdated: told !== undefined && told > at };
  }
  throw new Error('there is no edit that leads to a document');
}

function soundDirectory(stream: Buffer, at: number): PersistDirectory | undefined {
  const directory = new PersistDirectory(stream, at);
  return directory.document !== undefined || directory.isEncrypted ? directory : undefined;
}

/** Where the parts of the presentation lie: each edit that was saved adds to it, and the latest counts. */
export class PersistDirectory {
  /** The part that lists the slides. */
  readonly document: PptRecord | undefined;
  /** Whether the parts are, so that nothing can be read of them. */
  readonly isEncrypted: boolean;
  private readonly places = new Map<number, number>();
  /** Parts stand beside each other: together they are no longer than the stream, nor are the lists of their places. */
  private bytesOfParts: number;
  private bytesOfPlaces: number;

  /** @param lastEdit place of the latest edit's record; what is broken of those before it is left out */
  constructor(
    private readonly stream: Buffer,
    lastEdit: number,
  ) {
    this.bytesOfParts = this.bytesOfPlaces = stream.length;
    let isEncrypted = false;
    let document: number | undefined;
    const seen = new Set<number>();
    for (let at = lastEdit; at > 0 && !seen.has(at);) {
      seen.add(at);
      const edit = this.record(at, PPT.userEdit)?.body;
      if (edit === undefined || edit.length < EDIT_BYTES) break;
      const places = this.record(edit.readUInt32LE(12), PPT.persistDirectory);
      if (places !== undefined) this.take(places.body);
      document ??= edit.readUInt32LE(16);
      isEncrypted ||= edit.length >= ENCRYPTED_EDIT_BYTES && this.isCipher(edit.readUInt32LE(EDIT_BYTES));
      at = edit.readUInt32LE(8);
    }
    this.isEncrypted = isEncrypted;
    this.document = isEncrypted || document === undefined ? undefined : this.get(document, PPT.document);
  }

  /** @returns undefined where there is no part of this kind in its place */
  get(id: number, type: number): PptRecord | undefined {
    const record = this.record(this.places.get(id), type);
    if (record === undefined) return undefined;
    this.bytesOfParts -= record.body.length;
    if (this.bytesOfParts < 0) throw new Error('the parts of the presentation are longer than it is');
    return record;
  }

  private isCipher(id: number): boolean {
    return this.record(this.places.get(id), PPT.cipher) !== undefined;
  }

  private record(at: number | undefined, type: number): PptRecord | undefined {
    if (at === undefined || at + HEADER_BYTES > this.stream.length) return undefined;
    const record = recordAt(this.stream, at);
    return record.type === type ? record : undefined;
  }

  private take(entries: Buffer): void {
    this.bytesOfPlaces -= entries.length;
    if (this.bytesOfPlaces < 0) throw new Error('the lists of places are longer than the presentation');
    for (let at = 0; at + 4 <= entries.length;) {
      const head = entries.readUInt32LE(at);
      at += 4;
      for (let index = 0; index < head >>> 20 && at + 4 <= entries.length; index += 1, at += 4) {
        const id = (head & 0xfffff) + index;
        if (!this.places.has(id)) this.places.set(id, entries.readUInt32LE(at));
      }
    }
  }
}
