import { Reader } from '@kenjiuno/msgreader/lib/Reader';
import { IngestionFailure } from '@vectorlane/errors';
import { damaged, passwordProtected } from './zip-archive';

/**
 * Compound files (OLE), the container of Office before 2007 and of Outlook: an encrypted DOCX is wrapped in one, too.
 * Which it is stands in the directory.
 */
const MAGIC = Buffer.from('d0cf11e0a1b11ae1', 'hex');
/** Entries are this long, and lie at multiples of it. */
const ENTRY_BYTES = 128;
const NAME_LENGTH_OFFSET = 64;

/** A stream by its name: of the root, or of a storage that stands in it. */
export type StreamByName = (name: string, storage?: string) => Buffer | undefined;

/**
 * The streams of a compound file, by their names.
 * @throws Error that says what is broken
 */
export function openCompoundFile(source: Uint8Array): StreamByName {
  checkCompoundFile(source);
  const reader = new Reader(new Uint8Array(source).buffer);
  reader.parse();
  const root = reader.rootFolder();
  return (name, storage) => {
    const folder = storage === undefined ? root : root.subFolders().find((one) => isSameName(one.name, storage));
    const known = folder?.fileNames().find((candidate) => isSameName(candidate, name));
    const bytes = known === undefined ? null : (folder?.readFile(known) ?? null);
    return bytes === null ? undefined : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
}

/** Names differ by more than the case of their letters ([MS-CFB] 2.6.4). */
function isSameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/**
 * Reads what such a file holds; what its broken structures lead to is damage of the file and no fault of ours.
 * @param advice what to do with a damaged one
 */
export async function readingCompoundFile<T>(advice: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof IngestionFailure) throw error;
    throw new IngestionFailure('CORRUPT_FILE', advice, { cause: error });
  }
}

/** What to say of one that does not hold what its name promises. @param found a sentence */
export function notInCompoundFile(source: Uint8Array, found: string, advice: string): IngestionFailure {
  const bytes = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  if (hasEntry(bytes, 'EncryptedPackage')) return passwordProtected();
  return new IngestionFailure('CORRUPT_FILE', `${found} ${advice}`);
}

/** Whether a newer document is wrapped in one, encrypted. */
export function isEncryptedPackage(source: Uint8Array): boolean {
  const bytes = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  return bytes.subarray(0, MAGIC.length).equals(MAGIC) && hasEntry(bytes, 'EncryptedPackage');
}

/**
 * Entries are looked for by their shape, as the chains that lead to them may be broken.
 * @throws IngestionFailure when these bytes are a compound file: `PASSWORD_PROTECTED` or `CORRUPT_FILE`
 */
export function refuseCompoundFile(source: Uint8Array): void {
  const bytes = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return;
  if (hasEntry(bytes, 'EncryptedPackage')) throw passwordProtected();
  if (hasEntry(bytes, 'WordDocument')) {
    throw new IngestionFailure(
      'CORRUPT_FILE',
      'This is an older Word document (DOC) under the name of a newer one. Give it a name that ends in ".doc".',
    );
  }
  throw damaged('It is a file of an older Office program.');
}

function hasEntry(bytes: Buffer, name: string): boolean {
  const wanted = Buffer.from(`${name}\0`, 'utf16le');
  let at = bytes.indexOf(wanted);
  while (at >= 0) {
    const isEntry = at % ENTRY_BYTES === 0 && at + ENTRY_BYTES <= bytes.length;
    if (isEntry && bytes.readUInt16LE(at + NAME_LENGTH_OFFSET) === wanted.length) return true;
    at = bytes.indexOf(wanted, at + 1);
  }
  return false;
}

/** Structure of a compound file, by [MS-CFB] 2.2 to 2.6. */
const HEADER_BYTES = 512;
/** Some programs write its bytes the other way round, and all others as they should be. */
const LITTLE_ENDIAN: readonly number[] = [0xfffe, 0xfeff];
const MINI_SECTOR_SHIFT = 6;
const SECTORS_IN_HEADER = 109;
const STREAM = 2;

/**
 * Refuses what a reader would follow for ever or take memory for that the file has no room for: chains of sectors and
 * a tree of entries that lead back to themselves, and counts and sizes beyond the file.
 *
 * @throws Error that says what is broken
 */
export function checkCompoundFile(bytes: Uint8Array): void {
  if (bytes.length < HEADER_BYTES) throw new Error('the header of the compound file is cut off');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shift = view.getUint16(30, true);
  const sectors = bytes.length >> shift;
  /** Of the table of sectors, of that of small ones, and of the list of the former. */
  const [table = 0, small = 0, list = 0] = [44, 64, 72].map((at) => view.getUint32(at, true));
  const sound =
    LITTLE_ENDIAN.includes(view.getUint16(28, true)) &&
    (shift === 9 || shift === 12) &&
    view.getUint16(32, true) === MINI_SECTOR_SHIFT &&
    [table, small, list].every((count) => count <= sectors);
  if (!sound) throw new Error('the header of the compound file is broken');

  const perSector = 1 << (shift - 2);
  /** Words of one sector; of one that the file does not have, ends of chains. */
  const wordsOf = (sector: number): readonly number[] => {
    const start = (sector + 1) << shift;
    if (sector < 0 || sector >= sectors || start + (1 << shift) > bytes.length)
      return Array<number>(perSector).fill(-1);
    return Array.from({ length: perSector }, (_, index) => view.getInt32(start + index * 4, true));
  };
  const tables = Array.from({ length: Math.min(table, SECTORS_IN_HEADER) }, (_, at) =>
    view.getInt32(76 + at * 4, true),
  );
  for (let sector = view.getInt32(68, true), left = list; left > 0 && tables.length < table; left -= 1) {
    const words = wordsOf(sector);
    tables.push(...words.slice(0, perSector - 1));
    sector = words.at(-1) ?? -1;
  }
  const next = tables.slice(0, table).flatMap(wordsOf);
  refuseCircles(next);
  refuseCircles(chainFrom(view.getInt32(60, true), next).flatMap(wordsOf));
  checkEntries(chainFrom(view.getInt32(48, true), next), { view, shift, length: bytes.length });
}

/** @param next for each sector the one behind it; a negative one ends the chain */
function refuseCircles(next: readonly number[]): void {
  /** From which start a sector was first visited. */
  const reachedBy = new Int32Array(next.length).fill(-1);
  for (let start = 0; start < next.length; start += 1) {
    let sector = start;
    while (sector >= 0 && sector < next.length && reachedBy[sector] === -1) {
      reachedBy[sector] = start;
      sector = next[sector] ?? -1;
    }
    if (sector >= 0 && reachedBy[sector] === start && next[sector] !== undefined) {
      throw new Error('a chain of sectors leads back to itself');
    }
  }
}

/** @param next without circles */
function chainFrom(start: number, next: readonly number[]): readonly number[] {
  const chain: number[] = [];
  for (let sector = start; sector >= 0; sector = next[sector] ?? -1) chain.push(sector);
  return chain;
}

interface File {
  readonly view: DataView;
  readonly shift: number;
  readonly length: number;
}

function checkEntries(directory: readonly number[], { view, shift, length }: File): void {
  const perSector = (1 << shift) / ENTRY_BYTES;
  const at = (entry: number): number =>
    (((directory[Math.floor(entry / perSector)] ?? -1) + 1) << shift) + (entry % perSector) * ENTRY_BYTES;
  const count = directory.length * perSector;
  const seen = new Set<number>();
  for (const open = [0]; open.length > 0;) {
    const entry = open.pop() ?? 0;
    if (seen.has(entry)) throw new Error('the tree of entries leads back to itself');
    seen.add(entry);
    const start = at(entry);
    if (entry >= count || start + ENTRY_BYTES > length) throw new Error('an entry is missing');
    if (view.getUint8(start + 66) === STREAM && view.getUint32(start + 120, true) > length) {
      throw new Error('a stream is longer than the file');
    }
    for (const link of [68, 72, 76]) {
      const linked = view.getInt32(start + link, true);
      if (linked >= 0) open.push(linked);
    }
  }
}
