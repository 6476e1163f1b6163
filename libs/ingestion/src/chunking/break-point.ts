import type { TextBlock } from '@vectorlane/extraction';
import { lastSentenceStart } from './sentence-boundaries';
import { isInsideGrapheme, lastLineStart, lastWordBorder, nearestCut } from './text-boundaries';
import type { TokenWindow } from './token-window';

/** What a chunk's end tears apart; the lower the better. */
export const TEARS = { nothing: 0, block: 1, sentence: 2, word: 3 } as const;

export interface BreakPoint {
  /** Where the cut is; white space before it is not trimmed yet. */
  readonly end: number;
  readonly tears: (typeof TEARS)[keyof typeof TEARS];
}

/**
 * The best place in (`after`, `upTo`] to break `block`, which does not fit: at a line of code or of a row, at a
 * sentence, between words, between tokens, and in a token of a thousand letters between two of them.
 */
export function breakInside(
  text: string,
  block: TextBlock | undefined,
  window: TokenWindow,
  after: number,
  upTo: number,
): BreakPoint {
  const isProse = block?.kind === 'paragraph' || block?.kind === 'list-item' || block?.kind === 'heading';
  const line = isProse ? -1 : lastLineStart(text, after, upTo);
  if (line !== -1) return { end: line, tears: TEARS.block };
  const sentence = block?.kind === 'code' ? -1 : lastSentenceStart(text, after, upTo);
  if (sentence !== -1) return { end: sentence, tears: TEARS.block };
  const word = lastWordBorder(text, after, upTo);
  if (word !== -1) return { end: word, tears: TEARS.sentence };
  for (let i = window.firstAt(upTo + 1) - 1; i >= 0; i--) {
    const start = window.startOf(i);
    if (start <= after) break;
    if (!isInsideGrapheme(text, start)) return { end: start, tears: TEARS.word };
  }
  return { end: nearestCut(text, upTo, after), tears: TEARS.word };
}
