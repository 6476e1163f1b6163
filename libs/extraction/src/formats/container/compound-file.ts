import { IngestionFailure } from '@vectorlane/errors';
import { damaged, passwordProtected } from './zip-archive';

/**
 * Compound files (OLE), the container of Office before 2007: an encrypted DOCX is wrapped in one, and an old DOC is
 * one. Which it is stands in the directory; its entries are looked for by their shape, as the chains that lead to them
 * may be broken.
 */
const MAGIC = Buffer.from('d0cf11e0a1b11ae1', 'hex');
/** Entries are this long, and lie at multiples of it. */
const ENTRY_BYTES = 128;
const NAME_LENGTH_OFFSET = 64;

/** @throws IngestionFailure when these bytes are a compound file: `PASSWORD_PROTECTED` or `CORRUPT_FILE` */
export function refuseCompoundFile(source: Uint8Array): void {
  const bytes = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return;
  if (hasEntry(bytes, 'EncryptedPackage')) throw passwordProtected();
  if (hasEntry(bytes, 'WordDocument')) {
    throw new IngestionFailure(
      'CORRUPT_FILE',
      'This is an older Word document (DOC) under the name of a newer one. ' +
        'Open it in a word processor, save it as DOCX or PDF and upload that.',
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
