import type { TokenOffsets } from '@vectorlane/embeddings';
import type { ChunkTokenizer } from './chunk';
import { isInsideSurrogatePair } from './text-boundaries';
import type { Section } from './section';

/** Tokens of a stretch of the text, at positions of the whole text. */
export class TokenWindow {
  constructor(
    private readonly tokens: TokenOffsets,
    readonly start: number,
    readonly end: number,
  ) {}

  get count(): number {
    return this.tokens.count;
  }

  /** First code unit of token `index`, or the window's end behind the last one. */
  startOf(index: number): number {
    return index < this.tokens.count ? this.start + (this.tokens.starts[index] ?? 0) : this.end;
  }

  /** Index of the first token that starts at or after `position`. */
  firstAt(position: number): number {
    let low = 0;
    let high = this.tokens.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.startOf(middle) < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/**
 * Tokenises a text a little ahead of the chunker: as many code units as the last chunks' tokens let expect, twice as
 * many where that was too few. So all windows of a text together are a small multiple of it, and none is long.
 */
export class TokenWindows {
  private charsPerToken = 5;

  constructor(
    private readonly text: string,
    private readonly tokenizer: ChunkTokenizer,
  ) {}

  /** From `start`, with more than `wanted` tokens unless the section or `maxChars` ends before. */
  read(section: Section, start: number, wanted: number, maxChars: number): TokenWindow {
    let chars = Math.ceil(wanted * this.charsPerToken * 1.25) + 32;
    for (;;) {
      const limit = start + Math.min(chars, maxChars);
      let end = Math.min(section.endBefore(limit), limit);
      if (isInsideSurrogatePair(this.text, end)) end = end - 1 > start ? end - 1 : end + 1;
      const tokens = this.tokenizer.tokenize(this.text.slice(start, end));
      if (tokens.count > wanted || chars >= maxChars || end < limit - 1) return new TokenWindow(tokens, start, end);
      chars *= 2;
    }
  }

  /** Teaches the expectation by a finished chunk. */
  learn(chars: number, tokens: number): void {
    this.charsPerToken = Math.min(30, Math.max(1, (this.charsPerToken + chars / Math.max(1, tokens)) / 2));
  }
}
