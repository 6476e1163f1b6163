import { IngestionFailure } from '@vectorlane/errors';
import { crc32, createInflateRaw } from 'node:zlib';

/**
 * A ZIP archive, the container of OOXML, OpenDocument and EPUB, read by its directory. Parts are inflated as a stream
 * and only when asked for, so that what a file claims of its sizes never decides how much memory it takes. Names are
 * keys of a map and nothing else.
 */

/** What an ordinary directory can count; more is hostile. */
const MAX_ENTRIES = 65_535;
const MAX_COMMENT = 65_535;
const INFLATE_CHUNK_BYTES = 64 * 1024;

const LOCAL_HEADER = { signature: 0x04034b50, size: 30 };
const DIRECTORY_ENTRY = { signature: 0x02014b50, size: 46 };
const DIRECTORY_END = { signature: 0x06054b50, size: 22 };
const ZIP64_LOCATOR = { signature: 0x07064b50, size: 20 };
const ZIP64_END = { signature: 0x06064b50, size: 56 };
const ZIP64_EXTRA = 0x0001;
/** Stands in a 32-bit field whose value is in the ZIP64 one. */
const ELSEWHERE = 0xffffffff;

const STORED = 0;
const DEFLATED = 8;

interface Entry {
  readonly method: number;
  readonly encrypted: boolean;
  readonly crc: number;
  readonly compressedSize: number;
  readonly headerOffset: number;
  readonly twice: boolean;
}

export class ZipArchive {
  private constructor(
    private readonly bytes: Buffer,
    private readonly entries: ReadonlyMap<string, Entry>,
  ) {}

  /** @throws IngestionFailure `CORRUPT_FILE` when there is no readable directory, `TOO_LARGE` for too many entries */
  static open(source: Uint8Array): ZipArchive {
    const bytes = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
    return new ZipArchive(bytes, readDirectory(bytes));
  }

  /** @param name compared without regard to case, as part names are */
  has(name: string): boolean {
    return this.entries.has(keyOf(name));
  }

  /**
   * The content of an entry in pieces; its checksum is verified after the last one.
   * @param maxBytes most that is inflated
   * @throws IngestionFailure `CORRUPT_FILE`, `PASSWORD_PROTECTED`, `TOO_LARGE`; the signal's reason when it is aborted
   */
  async *read(name: string, maxBytes: number, signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
    const entry = this.entries.get(keyOf(name));
    if (entry === undefined) throw damaged(`Its part "${name}" is missing.`);
    if (entry.twice) throw damaged(`It holds two parts of the name "${name}".`);
    if (entry.encrypted) throw passwordProtected();
    let size = 0;
    let crc = 0;
    for await (const chunk of inflated(entry.method, this.dataOf(entry))) {
      signal.throwIfAborted();
      size += chunk.length;
      if (size > maxBytes) {
        const mebibytes = Math.round(maxBytes / (1024 * 1024));
        const message = `This document unpacks to more than ${mebibytes} MiB. Split it into smaller files.`;
        throw new IngestionFailure('TOO_LARGE', message);
      }
      crc = crc32(chunk, crc);
      yield chunk;
    }
    if (crc !== entry.crc) throw damaged(`The checksum of its part "${name}" is wrong.`);
  }

  private dataOf(entry: Entry): Buffer {
    const header = headerAt(this.bytes, entry.headerOffset, LOCAL_HEADER);
    // The local name and extra field may differ in length from those in the directory.
    const start = entry.headerOffset + LOCAL_HEADER.size + header.readUInt16LE(26) + header.readUInt16LE(28);
    const end = start + entry.compressedSize;
    if (end > this.bytes.length) throw damaged('It is cut off.');
    return this.bytes.subarray(start, end);
  }
}

/** @param reason a sentence on what was found, shown to the user */
export function damaged(reason: string, cause?: unknown): IngestionFailure {
  return new IngestionFailure(
    'CORRUPT_FILE',
    `This file cannot be read. ${reason} Open it in the program it comes from, save it again and upload that.`,
    cause === undefined ? undefined : { cause },
  );
}

export function passwordProtected(): IngestionFailure {
  return new IngestionFailure(
    'PASSWORD_PROTECTED',
    'This document is protected by a password. Save a copy without one and upload that.',
  );
}

async function* inflated(method: number, data: Buffer): AsyncGenerator<Buffer, void> {
  if (method === STORED) {
    for (let at = 0; at < data.length; at += INFLATE_CHUNK_BYTES) yield data.subarray(at, at + INFLATE_CHUNK_BYTES);
    return;
  }
  if (method !== DEFLATED) throw damaged(`It is compressed by a method (${method}) that documents do not use.`);
  const inflate = createInflateRaw({ chunkSize: INFLATE_CHUNK_BYTES });
  inflate.end(data);
  const chunks = inflate[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  try {
    for (;;) {
      const next = await chunks.next().catch((error: unknown) => {
        throw damaged('Its compressed data is broken.', error);
      });
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    inflate.destroy();
  }
}

function readDirectory(bytes: Buffer): ReadonlyMap<string, Entry> {
  const { count, offset } = locateDirectory(bytes);
  if (count > MAX_ENTRIES) {
    throw new IngestionFailure('TOO_LARGE', `This document is made of more than ${MAX_ENTRIES} parts.`);
  }
  const entries = new Map<string, Entry>();
  let at = offset;
  for (let index = 0; index < count; index += 1) {
    const header = headerAt(bytes, at, DIRECTORY_ENTRY);
    const nameEnd = at + DIRECTORY_ENTRY.size + header.readUInt16LE(28);
    const extraEnd = nameEnd + header.readUInt16LE(30);
    if (extraEnd > bytes.length) throw damaged('It is cut off.');
    const key = keyOf(bytes.toString('utf8', at + DIRECTORY_ENTRY.size, nameEnd));
    entries.set(key, entryOf(header, bytes.subarray(nameEnd, extraEnd), entries.has(key)));
    at = extraEnd + header.readUInt16LE(32);
  }
  return entries;
}

function locateDirectory(bytes: Buffer): { count: number; offset: number } {
  const at = findDirectoryEnd(bytes);
  const end = headerAt(bytes, at, DIRECTORY_END);
  const count = end.readUInt16LE(10);
  const offset = end.readUInt32LE(16);
  if (count !== 0xffff && offset !== ELSEWHERE) return { count, offset };
  const locatorAt = at - ZIP64_LOCATOR.size;
  if (locatorAt < 0 || bytes.readUInt32LE(locatorAt) !== ZIP64_LOCATOR.signature) return { count, offset };
  const locator = headerAt(bytes, locatorAt, ZIP64_LOCATOR);
  const end64 = headerAt(bytes, Number(locator.readBigUInt64LE(8)), ZIP64_END);
  return { count: Number(end64.readBigUInt64LE(32)), offset: Number(end64.readBigUInt64LE(48)) };
}

/** From the back, as only a comment of bounded length may follow. */
function findDirectoryEnd(bytes: Buffer): number {
  const from = Math.max(0, bytes.length - DIRECTORY_END.size - MAX_COMMENT);
  const tail = bytes.subarray(from);
  const signature = Buffer.alloc(4);
  signature.writeUInt32LE(DIRECTORY_END.signature);
  let at = tail.lastIndexOf(signature);
  while (at >= 0) {
    const room = tail.length - at - DIRECTORY_END.size;
    if (room >= 0 && tail.readUInt16LE(at + 20) <= room) return from + at;
    at = at === 0 ? -1 : tail.lastIndexOf(signature, at - 1);
  }
  throw damaged('It is no ZIP archive, or it is cut off.');
}

function entryOf(header: Buffer, extra: Buffer, twice: boolean): Entry {
  const [, compressedSize, headerOffset] = wideFields(extra, [
    header.readUInt32LE(24),
    header.readUInt32LE(20),
    header.readUInt32LE(42),
  ]);
  return {
    method: header.readUInt16LE(10),
    encrypted: (header.readUInt16LE(8) & 1) !== 0,
    crc: header.readUInt32LE(16),
    compressedSize,
    headerOffset,
    twice,
  };
}

/** Size, compressed size and offset; those that did not fit are in the ZIP64 extra field, in this order. */
function wideFields(extra: Buffer, narrow: readonly [number, number, number]): [number, number, number] {
  const wide: [number, number, number] = [...narrow];
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== ZIP64_EXTRA) continue;
    let field = at + 4;
    for (const [index, value] of narrow.entries()) {
      if (value !== ELSEWHERE || field + 8 > extra.length) continue;
      wide[index] = Number(extra.readBigUInt64LE(field));
      field += 8;
    }
    return wide;
  }
  return wide;
}

function headerAt(bytes: Buffer, at: number, kind: { readonly signature: number; readonly size: number }): Buffer {
  if (at + kind.size > bytes.length || bytes.readUInt32LE(at) !== kind.signature) {
    throw damaged('Its directory is broken, or it is cut off.');
  }
  return bytes.subarray(at, at + kind.size);
}

/** Some writers use the separators of their system, or begin names with one. */
function keyOf(name: string): string {
  return name.replaceAll('\\', '/').replace(/^\//, '').toLowerCase();
}
