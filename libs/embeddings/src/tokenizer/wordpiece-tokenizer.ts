import {
  BREAK,
  CODE_POINT_MASK,
  CodePointNormalizer,
  EXTEND,
  KIND_SHIFT,
  PUNCTUATION,
  WORD,
} from './code-point-normalizer';
import type { TokenOffsets } from '../embedding-provider';
import type { TokenizerDefinition } from './tokenizer-definition';
import { VocabularyTrie } from './vocabulary-trie';

/**
 * BERT's WordPiece with exact offsets. The chunker counts and cuts by the model's own tokens, over whole documents in
 * the caller's thread: so one pass, linear in the text, typed arrays alone, no object per token.
 */

/** Ids of a text's tokens, without special tokens, and the units of the original text each stands for. */
export interface Tokens extends TokenOffsets {
  readonly ids: Int32Array;
}

const ASCII_WORD = 0;
const ASCII_BREAK = 1;
const ASCII_PUNCTUATION = 2;
const ASCII_OTHER = 3;

export class WordPieceTokenizer {
  /** Special tokens `encode` adds. */
  readonly specialTokens = 2;
  private readonly trie: VocabularyTrie;
  private readonly normalizer: CodePointNormalizer;
  private readonly addedTokenPattern: RegExp | undefined;
  private readonly addedTokenIds: ReadonlyMap<string, number>;
  private readonly asciiKind = new Uint8Array(128);
  private readonly asciiUnit = new Uint8Array(128);

  constructor(private readonly definition: TokenizerDefinition) {
    this.trie = new VocabularyTrie(definition.vocabulary, definition.continuationPrefix);
    this.normalizer = new CodePointNormalizer(definition);
    this.addedTokenIds = new Map(definition.addedTokens.map(({ content, id }) => [content, id]));
    const alternatives = definition.addedTokens.map(({ content }) => content.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
    if (alternatives.length > 0) this.addedTokenPattern = new RegExp(alternatives.join('|'), 'g');
    for (let unit = 0; unit < 128; unit += 1) this.tabulate(unit);
  }

  /**
   * Every token of the text, or the first `limit` of them (a few more when the last word has several pieces).
   */
  tokenize(text: string, limit = Number.POSITIVE_INFINITY): Tokens {
    const { unknownId, maxCharactersPerWord } = this.definition;
    const scan = new Scan(this.trie, unknownId, maxCharactersPerWord, Math.min(text.length >>> 2, limit) + 16);
    let from = 0;
    if (this.addedTokenPattern !== undefined) {
      for (const match of text.matchAll(this.addedTokenPattern)) {
        this.scanSection(text, from, match.index, scan, limit);
        if (scan.count >= limit) break;
        from = match.index + match[0].length;
        scan.push(this.addedTokenIds.get(match[0]) as number, match.index, from);
      }
    }
    this.scanSection(text, from, text.length, scan, limit);
    return scan.result();
  }

  /**
   * What the model is fed: first special token, the text's ids, last special token, at most `maxTokens` in all; a
   * longer text loses its end, never its last special token.
   * @param maxTokens at least `specialTokens`
   */
  encode(text: string, maxTokens: number): Int32Array<ArrayBuffer> {
    const room = maxTokens - this.specialTokens;
    const { ids } = this.tokenize(text, room);
    const used = Math.min(ids.length, room);
    const encoded = new Int32Array(used + 2);
    encoded[0] = this.definition.firstId;
    encoded.set(ids.subarray(0, used), 1);
    encoded[used + 1] = this.definition.lastId;
    return encoded;
  }

  private scanSection(text: string, from: number, to: number, scan: Scan, limit: number): void {
    const { asciiKind, asciiUnit } = this;
    for (let at = from; at < to && scan.count < limit;) {
      const unit = text.charCodeAt(at);
      if (unit < 128) {
        const kind = asciiKind[unit];
        if (kind === ASCII_WORD) scan.append(asciiUnit[unit] as number, at, at + 1);
        else if (kind === ASCII_BREAK) scan.endWord();
        else if (kind === ASCII_PUNCTUATION) scan.isolate(asciiUnit[unit] as number, at, at + 1);
        at += 1;
        continue;
      }
      // A pair that a section border would cut in two cannot be: added tokens are whole code points.
      const codePoint = text.codePointAt(at) as number;
      const next = at + (codePoint > 0xffff ? 2 : 1);
      const expansion = this.normalizer.expand(codePoint, text, at, from, to);
      for (let index = 0; index < expansion.length; index += 1) {
        const part = expansion[index] as number;
        const kind = part >>> KIND_SHIFT;
        if (kind === WORD) scan.append(part, at, next);
        else if (kind === BREAK) scan.endWord();
        else if (kind === EXTEND) scan.extend(at, next);
        else scan.isolate(part & CODE_POINT_MASK, at, next);
      }
      at = next;
    }
    scan.endWord();
  }

  /** ASCII is most of most texts: one look-up instead of an expansion. */
  private tabulate(unit: number): void {
    const expansion = this.normalizer.expand(unit, '', 0, 0, 0);
    const part = expansion[0] ?? 0;
    const kind = part >>> KIND_SHIFT;
    this.asciiUnit[unit] = part & CODE_POINT_MASK;
    if (expansion.length === 0) this.asciiKind[unit] = ASCII_OTHER;
    else if (kind === BREAK) this.asciiKind[unit] = ASCII_BREAK;
    else this.asciiKind[unit] = kind === PUNCTUATION ? ASCII_PUNCTUATION : ASCII_WORD;
  }
}

/** One pass over one text: the word being read and the tokens found so far. */
class Scan {
  count = 0;
  private ids: Int32Array;
  private starts: Uint32Array;
  private ends: Uint32Array;
  /** The normalised word, and for each of its units where it came from. */
  private readonly word: Uint16Array;
  private readonly wordStarts: Uint32Array;
  private readonly wordEnds: Uint32Array;
  private length = 0;
  private characters = 0;
  private lastEnd = 0;

  constructor(
    private readonly trie: VocabularyTrie,
    private readonly unknownId: number,
    private readonly maxCharacters: number,
    capacity: number,
  ) {
    this.ids = new Int32Array(capacity);
    this.starts = new Uint32Array(capacity);
    this.ends = new Uint32Array(capacity);
    this.word = new Uint16Array(maxCharacters * 2);
    this.wordStarts = new Uint32Array(maxCharacters * 2);
    this.wordEnds = new Uint32Array(maxCharacters * 2);
  }

  append(codePoint: number, start: number, end: number): void {
    this.characters += 1;
    this.lastEnd = end;
    // Too long to be looked up: the whole word is unknown, only where it ends still matters.
    if (this.characters > this.maxCharacters) return;
    if (codePoint < 0x10000) {
      this.put(codePoint, start, end);
    } else {
      this.put(0xd800 + ((codePoint - 0x10000) >>> 10), start, end);
      this.put(0xdc00 + ((codePoint - 0x10000) & 0x3ff), start, end);
    }
  }

  /** A character that is a word of its own. */
  isolate(codePoint: number, start: number, end: number): void {
    this.endWord();
    this.append(codePoint, start, end);
    this.endWord();
  }

  /** Lets the character that ends where this mark starts reach over the mark. */
  extend(start: number, end: number): void {
    if (this.characters > 0) {
      if (this.lastEnd !== start) return;
      this.lastEnd = end;
      if (this.characters > this.maxCharacters) return;
      // All units of one character end together, or a token of its first half would end before the mark.
      for (let at = this.length - 1; at >= 0 && this.wordEnds[at] === start; at -= 1) this.wordEnds[at] = end;
    } else {
      for (let at = this.count - 1; at >= 0 && this.ends[at] === start; at -= 1) this.ends[at] = end;
    }
  }

  /** Greedy longest match; one piece that is not in the vocabulary makes the whole word unknown. */
  endWord(): void {
    const { length, characters, trie, word } = this;
    if (characters === 0) return;
    this.length = 0;
    this.characters = 0;
    const before = this.count;
    if (characters <= this.maxCharacters) {
      let from = 0;
      while (from < length) {
        let node = from === 0 ? VocabularyTrie.WORD_START : VocabularyTrie.CONTINUATION;
        let id = -1;
        let to = from;
        for (let at = from; at < length; at += 1) {
          node = trie.step(node, word[at] as number);
          if (node === -1) break;
          const found = trie.idAt(node);
          if (found !== -1) {
            id = found;
            to = at + 1;
          }
        }
        if (id === -1) break;
        this.push(id, this.wordStarts[from] as number, this.wordEnds[to - 1] as number);
        from = to;
      }
      if (from === length) return;
    }
    this.count = before;
    this.push(this.unknownId, this.wordStarts[0] as number, this.lastEnd);
  }

  push(id: number, start: number, end: number): void {
    if (this.count === this.ids.length) this.grow();
    this.ids[this.count] = id;
    this.starts[this.count] = start;
    this.ends[this.count] = end;
    this.count += 1;
  }

  result(): Tokens {
    const { count } = this;
    return {
      count,
      ids: this.ids.slice(0, count),
      starts: this.starts.slice(0, count),
      ends: this.ends.slice(0, count),
    };
  }

  private put(unit: number, start: number, end: number): void {
    this.word[this.length] = unit;
    this.wordStarts[this.length] = start;
    this.wordEnds[this.length] = end;
    this.length += 1;
  }

  private grow(): void {
    const capacity = this.ids.length * 2;
    const grown = { ids: new Int32Array(capacity), starts: new Uint32Array(capacity), ends: new Uint32Array(capacity) };
    grown.ids.set(this.ids);
    grown.starts.set(this.starts);
    grown.ends.set(this.ends);
    this.ids = grown.ids;
    this.starts = grown.starts;
    this.ends = grown.ends;
  }
}
