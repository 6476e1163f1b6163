import { placeAt } from '@vectorlane/domain';
import type { ExtractedDocument, TextBlock } from '@vectorlane/extraction';
import { breakInside, TEARS, type BreakPoint } from './break-point';
import type { Chunk, ChunkingOptions, ChunkTokenizer } from './chunk';
import { HeadingPrefixes } from './heading-prefix';
import { Section } from './section';
import { firstSentenceStart } from './sentence-boundaries';
import { firstWordStart, nearestCut, skipWhiteSpace, trimEnd } from './text-boundaries';
import { TableHeaders } from './table-headers';
import { TokenWindow, TokenWindows } from './token-window';

/**
 * Cuts a document into chunks along its structure: sections are never mixed, blocks are packed whole as long as they
 * fit, and what does not fit is broken at the least harmful place. Works from left to right on one window of tokens at
 * a time, so that a text of any length costs linear time and each `next()` a few milliseconds at most; the caller
 * decides when to let others run.
 *
 * Every sign of the text that is not white space is in at least one chunk, and no chunk has more tokens than
 * `maxTokens` and the model's window allow. (A single code point that alone has more is a chunk all the same.)
 * @throws RangeError when the limits leave no room for a token beside the special ones.
 */
export function* chunkDocument(
  document: ExtractedDocument,
  tokenizer: ChunkTokenizer,
  options: ChunkingOptions,
): Generator<Chunk, void, undefined> {
  const budget = Math.min(options.maxTokens, tokenizer.windowTokens) - tokenizer.specialTokens;
  const maxChars = options.maxChars ?? 8_000;
  if (!(budget >= 1) || !(maxChars >= 2)) throw new RangeError(`No room for text in chunks of ${budget} tokens`);
  const chunker = new Chunker(document, tokenizer, {
    budget,
    maxChars,
    overlap: Math.min(options.overlapTokens, budget >> 1),
    prefix: Math.min((budget + tokenizer.specialTokens) >> 2, budget - 1),
  });
  for (let first = 0; first < document.blocks.length;) {
    first = yield* chunker.chunkSection(new Section(document.blocks, first));
  }
}

/** In tokens without the special ones, but for `maxChars`. */
interface Limits {
  readonly budget: number;
  readonly maxChars: number;
  readonly overlap: number;
  readonly prefix: number;
}

/** The extent of a chunk and the tokens of what will be embedded: those of the prefix lie before `start`. */
interface Passage {
  readonly start: number;
  readonly end: number;
  readonly input: string;
  readonly tokens: TokenWindow;
}

/** Where a chunk begins: what it repeats of the chunk before at `start`, what is new at `from`. */
interface ChunkBeginning {
  readonly section: Section;
  /** The block in which the new text begins. */
  readonly index: number;
  readonly from: number;
  /** Equals `from` where nothing is repeated. */
  readonly start: number;
}

class Chunker {
  private readonly text: string;
  private readonly blocks: readonly TextBlock[];
  private readonly windows: TokenWindows;
  private readonly prefixes: HeadingPrefixes;
  private readonly headers: TableHeaders;
  private ordinal = 0;

  constructor(
    document: ExtractedDocument,
    private readonly tokenizer: ChunkTokenizer,
    private readonly limits: Limits,
  ) {
    this.text = document.text;
    this.blocks = document.blocks;
    this.windows = new TokenWindows(document.text, tokenizer);
    this.prefixes = new HeadingPrefixes(tokenizer, limits.prefix);
    this.headers = new TableHeaders(document.text, document.blocks);
  }

  /** Yields the section's chunks; returns the index of the first block behind it. */
  *chunkSection(section: Section): Generator<Chunk, number, undefined> {
    let index = section.first;
    let previous: Passage | undefined;
    while (section.includes(index)) {
      const block = this.block(index);
      const from = skipWhiteSpace(this.text, Math.max(block.start, previous?.end ?? 0), block.end);
      if (from >= block.end) {
        index++;
        continue;
      }
      const start = previous === undefined ? from : this.overlapStart(section, previous, from, index);
      previous = this.nextPassage({ section, index, from, start });
      yield this.toChunk(section, previous, index);
    }
    return index;
  }

  private nextPassage(beginning: ChunkBeginning): Passage {
    const { section, index, from, start } = beginning;
    const { budget, maxChars, overlap } = this.limits;
    // A chunk that goes on with a table is told what its columns are.
    const prefix = this.prefixes.of(this.block(index).headingPath, this.headers.above(index));
    let room = budget - prefix.tokens;
    const wanted = start < from ? room + overlap + 8 : room;
    const window = this.windows.read(section, start, wanted, maxChars + from - start);

    // Tokens counted in the window can differ by a few from those of the finished input, which alone decides.
    let passage: Passage;
    let excess: number;
    let step = 1;
    do {
      const cut = this.bestCut(beginning, window, room);
      passage = this.passage(prefix.text, cut.start, from, cut.end);
      excess = passage.tokens.count - budget;
      room -= excess * step;
      step *= 2;
    } while (excess > 0 && room > 0);
    for (let span = Math.max(2, passage.end - from); excess > 0 && span > 1;) {
      span >>= 1;
      passage = this.passage(prefix.text, from, from, nearestCut(this.text, from + span, from));
      excess = passage.tokens.count - budget;
    }
    if (excess > 0) passage = this.passage('', from, from, passage.end);
    this.windows.learn(passage.end - passage.start, passage.tokens.count - prefix.tokens);
    return passage;
  }

  /** Gives the repeated text up where it would cost more than it gives: where something is torn that fits without. */
  private bestCut(beginning: ChunkBeginning, window: TokenWindow, room: number): { start: number; end: number } {
    const { section, index, from, start } = beginning;
    const overlapped = start < from ? this.cut(beginning, window, room) : undefined;
    if (overlapped?.tears === TEARS.nothing) return { start, end: overlapped.end };
    const covered = start === from || window.count - window.firstAt(from) > room;
    const ahead = covered ? window : this.windows.read(section, from, room, this.limits.maxChars);
    const plain = this.cut({ section, index, from, start: from }, ahead, room);
    const keepsOverlap =
      overlapped !== undefined &&
      (plain === undefined || plain.tears >= overlapped.tears || this.continues(from, index, overlapped, plain));
    if (keepsOverlap) return { start, end: overlapped.end };
    return { start: from, end: plain?.end ?? nearestCut(this.text, from + 1, from) };
  }

  /** Whether a block that is torn anyway goes on here, with whole sentences either way. */
  private continues(from: number, index: number, overlapped: BreakPoint, plain: BreakPoint): boolean {
    const blockStart = this.block(index).start;
    return (
      overlapped.tears === TEARS.block &&
      plain.tears === TEARS.nothing &&
      trimEnd(this.text, blockStart, from) > blockStart
    );
  }

  /**
   * Where a chunk with this beginning ends, or undefined when nothing new would fit.
   * @param room tokens it may have
   */
  private cut(
    { section, index, from, start }: ChunkBeginning,
    window: TokenWindow,
    room: number,
  ): BreakPoint | undefined {
    const upTo = Math.min(window.startOf(window.firstAt(start) + room), start + this.limits.maxChars);
    // Headings keep something of what follows them, if there is room for it at all.
    const after = this.bodyStart(section, index, upTo) ?? from;
    if (upTo <= after) return undefined;
    let end = -1;
    let next = index;
    for (; section.includes(next) && this.fits(next, upTo); next++) {
      if (this.block(next).end > after) end = this.block(next).end;
    }
    if (end !== -1) return { end, tears: TEARS.nothing };
    return breakInside(this.text, this.blocks[next], window, after, upTo);
  }

  /** Whether nothing but white space of the block lies behind `upTo`. */
  private fits(index: number, upTo: number): boolean {
    const { start, end } = this.block(index);
    return end <= upTo || (start < upTo && skipWhiteSpace(this.text, upTo, end) === end);
  }

  private bodyStart(section: Section, index: number, upTo: number): number | undefined {
    if (index >= section.bodyIndex || !section.includes(section.bodyIndex)) return undefined;
    const body = this.block(section.bodyIndex);
    const start = skipWhiteSpace(this.text, body.start, body.end);
    return start < Math.min(upTo, body.end) ? start : undefined;
  }

  /** Where the text repeated from the chunk before begins: at a sentence, else at a word; `from` when nothing is. */
  private overlapStart(section: Section, previous: Passage, from: number, index: number): number {
    const { tokens } = previous;
    const repeated = Math.min(this.limits.overlap, (tokens.count - tokens.firstAt(previous.start)) >> 1);
    if (repeated < 1) return from;
    const first = tokens.count - repeated;
    // Several tokens can stand for one sign: it is not repeated in part.
    const whole = tokens.startOf(first) + (tokens.startOf(first - 1) === tokens.startOf(first) ? 1 : 0);
    const lowest = Math.max(whole, previous.start + 1, from - (this.limits.maxChars >> 1));
    const begin = Math.max(lowest, this.runStart(section, from, index, lowest));
    const sentence = firstSentenceStart(this.text, begin, previous.end);
    if (sentence !== -1) return sentence;
    const word = firstWordStart(this.text, begin, previous.end);
    return word !== -1 ? word : from;
  }

  /** Start of the running text around `from`, as far back as `lowest` asks: rows and records are not one. */
  private runStart(section: Section, from: number, index: number, lowest: number): number {
    let first = index;
    while (
      first > section.bodyIndex &&
      this.block(first).start > lowest &&
      this.flows(first) &&
      this.flows(first - 1)
    ) {
      first--;
    }
    return Math.min(from, this.block(first).start);
  }

  private flows(index: number): boolean {
    const { kind } = this.block(index);
    return kind === 'paragraph' || kind === 'list-item' || kind === 'code';
  }

  private passage(prefix: string, start: number, from: number, cut: number): Passage {
    const end = trimEnd(this.text, from, cut);
    const input = prefix + this.text.slice(start, end);
    return { start, end, input, tokens: new TokenWindow(this.tokenizer.tokenize(input), start - prefix.length, end) };
  }

  private toChunk(section: Section, passage: Passage, index: number): Chunk {
    let first = index;
    while (this.block(first).start > passage.start) first--;
    const heading = this.block(section.includes(section.bodyIndex) ? section.bodyIndex : section.bodyIndex - 1);
    return {
      ordinal: this.ordinal++,
      content: this.text.slice(passage.start, passage.end),
      charStart: passage.start,
      charEnd: passage.end,
      tokenCount: passage.tokens.count + this.tokenizer.specialTokens,
      place: placeAt(this.block(first), heading.headingPath),
      embeddingInput: passage.input,
    };
  }

  private block(index: number): TextBlock {
    const block = this.blocks[index];
    if (block === undefined) throw new RangeError(`There is no block ${index}`);
    return block;
  }
}
