import type { EmbeddingCall } from '../embedding-call';

/** What one request may hold. */
export interface BatchLimits {
  readonly maxTexts: number;
  /** Estimated; a single text may have more and goes alone. */
  readonly maxTokens: number;
}

/** One text of a call as it is sent. */
export interface BatchText {
  /** Its place in the call. */
  readonly index: number;
  /** Cut to the window, without its prefix. */
  readonly text: string;
  /** Estimated, prefix and special tokens included. */
  readonly tokens: number;
  /** How often the endpoint found it too long and half of it was left out. */
  readonly halvings: number;
}

/** Halvings of one text: no estimate is wrong by a factor of 64. */
const MAX_HALVINGS = 6;

/**
 * Takes the next texts of one call, at least one. Texts of several calls are never mixed: one document's odd text, or
 * one caller who leaves, then concerns nobody else.
 */
export function takeBatch(
  call: EmbeddingCall,
  { maxTexts, maxTokens }: BatchLimits,
  prepare: (text: string) => Pick<BatchText, 'text' | 'tokens'>,
): BatchText[] {
  const batch: BatchText[] = [];
  let tokens = 0;
  while (!call.exhausted && batch.length < maxTexts) {
    const prepared = prepare(call.peek());
    if (batch.length > 0 && tokens + prepared.tokens > maxTokens) break;
    tokens += prepared.tokens;
    batch.push({ index: call.take().index, ...prepared, halvings: 0 });
  }
  return batch;
}

/**
 * What to send in place of a batch that was too long: its halves, which finds the text that is, and then half of that.
 * @returns nothing when the text has been halved often enough
 */
export function smallerBatches(batch: readonly BatchText[]): BatchText[][] | undefined {
  if (batch.length > 1) {
    const middle = batch.length >> 1;
    return [batch.slice(0, middle), batch.slice(middle)];
  }
  const [only] = batch;
  if (only === undefined || only.halvings === MAX_HALVINGS || only.text.length < 2) return undefined;
  return [[{ ...only, text: firstHalf(only.text), halvings: only.halvings + 1 }]];
}

function firstHalf(text: string): string {
  const middle = text.length >> 1;
  // Between code points: not behind the first half of a pair.
  const cut = middle > 1 && (text.charCodeAt(middle - 1) & 0xfc00) === 0xd800 ? middle - 1 : middle;
  return text.slice(0, cut);
}
