import type { RawRow } from '@vectorlane/documents';

/**
 * Rows as bytes, see `backup-format.ts`. Text is kept as PostgreSQL writes it, so nothing is rounded or reinterpreted.
 */

const NULL_LENGTH = -1;

/** Bytes of one row, in parts that need no copying before they are joined. */
export function encodeRow(row: RawRow): Buffer[] {
  const parts: Buffer[] = [];
  for (const value of row) {
    const bytes = value === null ? undefined : typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
    const length = Buffer.allocUnsafe(4);
    length.writeInt32BE(bytes?.length ?? NULL_LENGTH);
    parts.push(length);
    if (bytes !== undefined && bytes.length > 0) parts.push(bytes);
  }
  return parts;
}

/**
 * The rows of a block; bytes are views into it.
 * @param isBytes for each column whether its values are bytes, not text
 * @throws RangeError when the block does not end with a whole row
 */
export function* decodeRows(block: Buffer, isBytes: readonly boolean[]): Generator<RawRow> {
  let at = 0;
  const take = (length: number): Buffer => {
    if (length < 0 || length > block.length - at) throw new RangeError('a row is cut off');
    const bytes = block.subarray(at, at + length);
    at += length;
    return bytes;
  };
  while (at < block.length) {
    yield isBytes.map((asBytes) => {
      const length = take(4).readInt32BE();
      if (length === NULL_LENGTH) return null;
      const bytes = take(length);
      return asBytes ? bytes : bytes.toString('utf8');
    });
  }
}

/** How many rows a block has. @throws RangeError as `decodeRows` */
export function countRows(block: Buffer, columns: number): number {
  let at = 0;
  let values = 0;
  while (at < block.length) {
    if (block.length - at < 4) throw new RangeError('a row is cut off');
    const length = block.readInt32BE(at);
    at += 4;
    if (length < NULL_LENGTH || length > block.length - at) throw new RangeError('a row is cut off');
    at += Math.max(0, length);
    values += 1;
  }
  if (values % columns !== 0) throw new RangeError('a row is cut off');
  return values / columns;
}
