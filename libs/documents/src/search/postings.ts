/**
 * Where one word occurs: the numbers of the chunks that hold it, ascending, each with the times it occurs and the
 * length of the chunk, which is all that BM25 asks for. Packed as variable-length integers, three to four bytes a
 * chunk.
 *
 * For each chunk: the distance from the number before; then `length * 8 + min(times, 8) - 1`, and the times themselves
 * where there are eight or more.
 */

/** A word of one chunk. */
export interface Posting {
  readonly number: number;
  readonly times: number;
  /** Words of the whole chunk. */
  readonly length: number;
}

/** The postings of one row unpacked, to be gone through fast: what lies at one index belongs to one chunk. */
export interface UnpackedPostings {
  /** Numbers of chunks, ascending, as distances from the first. */
  readonly offsets: Uint32Array | Float64Array;
  /** `length * 65,536 + times`. */
  readonly counts: Uint32Array;
}

const MANY = 8;
const MOST = 0xffff;
const MOST_OFFSET = 0xffffffff;
const COUNTS_LENGTH = 0x10000;

/** @param postings ascending by number, none twice */
export function encodePostings(postings: readonly Posting[]): { first: number; bytes: Buffer } {
  const first = postings[0]?.number ?? 0;
  const bytes: number[] = [];
  let before = first;
  for (const { number, times, length } of postings) {
    putInteger(bytes, number - before);
    putInteger(bytes, Math.min(length, MOST) * MANY + Math.min(times, MANY) - 1);
    if (times >= MANY) putInteger(bytes, Math.min(times, MOST));
    before = number;
  }
  return { first, bytes: Buffer.from(bytes) };
}

/** Calls back for each chunk, in order: many rows of a word are read in a search, and none is kept. */
export function readPostings(
  first: number,
  bytes: Uint8Array,
  visit: (number: number, times: number, length: number) => void,
): void {
  let at = 0;
  let number = first;
  const { length: end } = bytes;
  while (at < end) {
    // Written out twice: a call for each integer is most of the time it takes.
    let distance = 0;
    let scale = 1;
    let byte = bytes[at++] as number;
    while (byte > 127) {
      distance += (byte & 127) * scale;
      scale *= 128;
      byte = bytes[at++] as number;
    }
    number += distance + byte * scale;
    let packed = 0;
    scale = 1;
    byte = bytes[at++] as number;
    while (byte > 127) {
      packed += (byte & 127) * scale;
      scale *= 128;
      byte = bytes[at++] as number;
    }
    packed += byte * scale;
    let times = (packed & (MANY - 1)) + 1;
    if (times === MANY) {
      times = 0;
      scale = 1;
      byte = bytes[at++] as number;
      while (byte > 127) {
        times += (byte & 127) * scale;
        scale *= 128;
        byte = bytes[at++] as number;
      }
      times += byte * scale;
    }
    visit(number, times, packed >>> 3);
  }
}

/** @param chunks how many there are */
export function unpackPostings(chunks: number, bytes: Uint8Array): UnpackedPostings {
  let offsets: Uint32Array | Float64Array = new Uint32Array(chunks);
  const counts = new Uint32Array(chunks);
  let index = 0;
  readPostings(0, bytes, (offset, times, length) => {
    if (offset > MOST_OFFSET && offsets instanceof Uint32Array) offsets = Float64Array.from(offsets);
    offsets[index] = offset;
    counts[index] = length * COUNTS_LENGTH + times;
    index += 1;
  });
  return { offsets, counts };
}

export function decodePostings(first: number, bytes: Uint8Array): Posting[] {
  const postings: Posting[] = [];
  readPostings(first, bytes, (number, times, length) => postings.push({ number, times, length }));
  return postings;
}

function putInteger(bytes: number[], value: number): void {
  let left = value;
  while (left > 127) {
    bytes.push((left % 128) + 128);
    left = Math.floor(left / 128);
  }
  bytes.push(left);
}
