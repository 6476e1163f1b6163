import { setImmediate as nextTurn } from 'node:timers/promises';
import { BlockKind, type Coverage, NAMED_POSITIONS, ORDINAL_POSITIONS, type Position } from '@vectorlane/domain';
import type { ExtractedDocument, TextBlock } from '../text-extractor';

/**
 * Documents between processes. A structured clone of a million block objects would hold up the receiving event loop
 * for seconds; numbers and joined strings cross at the speed of memory, and the objects are made in slices.
 */
export interface PackedDocument {
  readonly text: PackedText;
  /** Four numbers a block: kind, start, end, heading path. */
  readonly blocks: Uint32Array<ArrayBuffer>;
  readonly paths: PackedStrings;
  /** For each heading path, how many of `paths` it is made of. */
  readonly pathLengths: Uint32Array<ArrayBuffer>;
  /** One column for each kind of position that some block has. */
  readonly positions: readonly PositionColumn[];
  readonly coverage?: Coverage;
  readonly pagesToRecognise?: readonly number[];
}

/** As a string, 50 MB would be copied four times and hold up the receiver. */
interface PackedText {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly encoding: 'latin1' | 'utf16le';
}

/** A value a block; 0 or an empty string where the block has none. */
type PositionColumn =
  | { readonly key: (typeof ORDINAL_POSITIONS)[number]; readonly ordinals: Uint32Array<ArrayBuffer> }
  | { readonly key: (typeof NAMED_POSITIONS)[number]; readonly names: PackedStrings };

interface PackedStrings {
  readonly joined: string;
  readonly lengths: Uint32Array<ArrayBuffer>;
}

const KINDS = BlockKind.options;
const FIELDS = 4;
/** Made in one go: about a millisecond. */
const SLICE_BLOCKS = 5_000;

const NO_TITLES: readonly string[] = [];

export function packDocument({ text, blocks, coverage, pagesToRecognise }: ExtractedDocument): PackedDocument {
  const numbers = new Uint32Array(blocks.length * FIELDS);
  // Blocks under the same headings share one array; it crosses once.
  const known = new Map<readonly string[], number>();
  blocks.forEach((block, index) => {
    const titles = block.headingPath.length === 0 ? NO_TITLES : block.headingPath;
    let path = known.get(titles);
    if (path === undefined) known.set(titles, (path = known.size));
    // One by one: an array for each of a million blocks would be tens of megabytes to clear away.
    const at = index * FIELDS;
    numbers[at] = KINDS.indexOf(block.kind);
    numbers[at + 1] = block.start;
    numbers[at + 2] = block.end;
    numbers[at + 3] = path;
  });
  const paths = [...known.keys()];
  return {
    text: packText(text),
    blocks: numbers,
    paths: packStrings(paths.flat()),
    pathLengths: Uint32Array.from(paths, (path) => path.length),
    positions: packPositions(blocks),
    ...(coverage && { coverage }),
    ...(pagesToRecognise && { pagesToRecognise }),
  };
}

function packPositions(blocks: readonly TextBlock[]): PositionColumn[] {
  const isUsed = (key: keyof Position): boolean => blocks.some((block) => block[key] !== undefined);
  return [
    ...ORDINAL_POSITIONS.filter(isUsed).map((key) => ({
      key,
      ordinals: Uint32Array.from(blocks, (block) => block[key] ?? 0),
    })),
    ...NAMED_POSITIONS.filter(isUsed).map((key) => ({
      key,
      names: packStrings(blocks.map((block) => block[key] ?? '')),
    })),
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
  const readers = packed.positions.map(positionReader);
  const blocks: TextBlock[] = [];
  const { blocks: numbers } = packed;
  for (let at = 0; at < numbers.length; at += FIELDS) {
    const position: Position = {};
    for (const read of readers) read(position);
    blocks.push({
      kind: KINDS[numbers[at] ?? 0] ?? 'paragraph',
      start: numbers[at + 1] ?? 0,
      end: numbers[at + 2] ?? 0,
      headingPath: paths[numbers[at + 3] ?? 0] ?? [],
      ...position,
    });
    if (blocks.length % SLICE_BLOCKS === 0) await nextTurn();
  }
  const { bytes, encoding } = packed.text;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(encoding);
  const { coverage, pagesToRecognise } = packed;
  return { text, blocks, ...(coverage && { coverage }), ...(pagesToRecognise && { pagesToRecognise }) };
}

/** Puts what the column says of the next block into its position. */
function positionReader(column: PositionColumn): (position: Position) => void {
  if ('ordinals' in column) {
    let index = 0;
    return (position) => {
      const ordinal = column.ordinals[index++] ?? 0;
      if (ordinal !== 0) position[column.key] = ordinal;
    };
  }
  const names = new StringCursor(column.names);
  return (position) => {
    const name = names.next();
    if (name !== '') position[column.key] = name;
  };
}

function packText(text: string): PackedText {
  const encoding = /[^\0-\xff]/.test(text) ? 'utf16le' : 'latin1';
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
