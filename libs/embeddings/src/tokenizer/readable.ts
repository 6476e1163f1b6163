import type { TokenizerDefinition } from './tokenizer-definition';
import type { WordPieceTokenizer } from './wordpiece-tokenizer';

/**
 * A text is read by a model when not more than half of its letters stand in unknown tokens or in pieces of a single
 * letter. Measured with gte-small: English at most 0.02, other languages in Latin letters at most 0.12 (Turkish),
 * every other script at least 0.75 (Japanese with Latin names in it). A letter of ASCII by itself is a name.
 */
const MOST_UNREAD = 0.5;

/** A vocabulary with as many ideographs reads Chinese sign by sign, as those of multilingual models do. */
const READ_IDEOGRAPHS = 3_000;

const LETTER = /\p{L}/gu;
const SINGLE = /^\p{L}\p{M}*$/u;
const ASCII = /^[A-Za-z]$/;
const IDEOGRAPH = /^\p{sc=Han}$/u;

/** Whether a model with this tokenizer knows the letters that a text is written in. */
export class ReadableText {
  private readonly readsIdeographs: boolean;

  constructor(
    private readonly tokenizer: WordPieceTokenizer,
    private readonly definition: TokenizerDefinition,
  ) {
    let ideographs = 0;
    for (const piece of definition.vocabulary.keys()) if (IDEOGRAPH.test(piece)) ideographs += 1;
    this.readsIdeographs = ideographs >= READ_IDEOGRAPHS;
  }

  /** Of a text without letters there is nothing that a model could fail to read. */
  reads(text: string): boolean {
    const { ids, starts, ends, count } = this.tokenizer.tokenize(text);
    let letters = 0;
    let unread = 0;
    for (let index = 0; index < count; index += 1) {
      const piece = text.slice(starts[index], ends[index]);
      const held = piece.match(LETTER)?.length ?? 0;
      letters += held;
      if (ids[index] === this.definition.unknownId || (held === 1 && this.isMereLetter(piece))) unread += held;
    }
    return unread <= letters * MOST_UNREAD;
  }

  private isMereLetter(piece: string): boolean {
    return SINGLE.test(piece) && !ASCII.test(piece) && !(this.readsIdeographs && IDEOGRAPH.test(piece));
  }
}
