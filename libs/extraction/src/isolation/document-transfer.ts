import { setImmediate as nextTurn } from 'node:timers/promises';
import { BlockKind, type Coverage } from '@vectorlane/domain';
import type { ExtractedDocument, TextBlock } from '../text-extractor';

/**
 * Documents between threads and processes. A structured clone of a million block objects would hold up the receiving
 * event loop for seconds; numbers and joined strings cross at the speed of memory, and the objects are made in slices.
 */
export interface PackedDocument {
  readonly text: PackedText;
  /** Six numbers a block: kind, start, end, heading path, page, row; 0 where there is no page or row. */
  readonly blocks: Uint32Array<ArrayBuffer>;
  readonly paths: PackedStrings;
  /** For each heading path, how many of `paths` it is made of. */
  readonly pathLengths: Uint32Array<ArrayBuffer>;
  /** One a block, empty where there is none; absent when no block has one. */
  readonly jsonPaths?: PackedStrings;
  readonly coverage?: Coverage;
  readonly pagesToRecognise?: readonly number[];
}

/** Moved, not copied: as a string, 50 MB would be copied four times and hold up the receiver. */
interface PackedText {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly encoding: 'latin1' | 'utf16le';
}

interface PackedStrings {
  readonly joined: string;
  readonly lengths: Uint32Array<ArrayBuffer>;
}

const KINDS = BlockKind.options;
const FIELDS = 6;
/** Made in one go: about a millisecond. */
const SLICE_BLOCKS = 5_000;

export function packDocument({ text, blocks, coverage, pagesToRecognise }: ExtractedDocument): PackedDocument {
  const numbers = new Uint32Array(blocks.length * FIELDS);
  // Blocks under the same headings share one array; it crosses once.
  const known = new Map<readonly string[], number>();
  blocks.forEach((block, index) => {
    let path = known.get(block.headingPath);
    if (path === undefined) known.set(block.headingPath, (path = known.size));
    const fields = [KINDS.indexOf(block.kind), block.start, block.end, path, block.page ?? 0, block.row ?? 0];
    numbers.set(fields, index * FIELDS);
  });
  const paths = [...known.keys()];
  return {
    text: packText(text),
    blocks: numbers,
    paths: packStrings(paths.flat()),
    pathLengths: Uint32Array.from(paths, (path) => path.length),
    ...(blocks.some((block) => block.jsonPath !== undefined) && {
      jsonPaths: packStrings(blocks.map((block) => block.jsonPath ?? '')),
    }),
    ...(coverage && { coverage }),
    ...(pagesToRecognise && { pagesToRecognise }),
  };
}

/** Buffers that may move to the receiver instead of being copied. */
export function transferables(packed: PackedDocument): ArrayBuffer[] {
  const strings = packed.jsonPaths === undefined ? [packed.paths] : [packed.paths, packed.jsonPaths];
  return [
    packed.text.bytes.buffer,
    packed.blocks.buffer,
    packed.pathLengths.buffer,
    ...strings.map(({ lengths }) => lengths.buffer),
  ];
}

/** Gives the event loop a turn every 5,000 blocks. */
export async function unpackDocument(packed: PackedDocument): Promise<ExtractedDocument> {
  const paths: (readonly string[])[] = [];
  const titles = new StringCursor(packed.paths);
  for (const length of packed.pathLengths) {
    paths.push(Array.from({ length }, () => titles.next()));
    if (paths.length % SLICE_BLOCKS === 0) await nextTurn();
  }
  const jsonPaths = packed.jsonPaths && new StringCursor(packed.jsonPaths);
  const blocks: TextBlock[] = [];
  const { blocks: numbers } = packed;
  for (let at = 0; at < numbers.length; at += FIELDS) {
    const page = numbers[at + 4] ?? 0;
    const row = numbers[at + 5] ?? 0;
    const jsonPath = jsonPaths?.next() ?? '';
    blocks.push({
      kind: KINDS[numbers[at] ?? 0] ?? 'paragraph',
      start: numbers[at + 1] ?? 0,
      end: numbers[at + 2] ?? 0,
      headingPath: paths[numbers[at + 3] ?? 0] ?? [],
      ...(page !== 0 && { page }),
      ...(row !== 0 && { row }),
      ...(jsonPath !== '' && { jsonPath }),
    });
    if (blocks.length % SLICE_BLOCKS === 0) await nextTurn();
  }
  // From a process the bytes come as a view of the whole message.
  const { bytes, encoding } = packed.text;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(encoding);
  const { coverage, pagesToRecognise } = packed;
  return { text, blocks, ...(coverage && { coverage }), ...(pagesToRecognise && { pagesToRecognise }) };
}

function packText(text: string): PackedText {
  const encoding = /[^\0-\xff]/.test(text) ? 'utf16le' : 'latin1';
  // Slow means: in memory of its own, which can move; small buffers of the usual kind share a pool.
  const bytes = Buffer.allocUnsafeSlow(encoding === 'latin1' ? text.length : text.length * 2);
  bytes.write(text, encoding);
  return { bytes, encoding };
}

function packStrings(strings: readonly string[]): PackedStrings {
  return { joined: strings.join(''), lengths: Uint32Array.from(strings, (string) => string.length) };
}

class StringCursor {
  private index = 0;
  private offset = 0;

  constructor(private readonly packed: PackedStrings) {}

  next(): string {
    const start = this.offset;
    this.offset += this.packed.lengths[this.index] ?? 0;
    this.index += 1;
    return this.packed.joined.slice(start, this.offset);
  }
}
