import * as fc from 'fast-check';
import { EmbeddingCall } from '../embedding-call';
import { type BatchText, smallerBatches, takeBatch } from './text-batch';

const prepare = (text: string) => ({ text, tokens: text.length });
const callOf = (texts: readonly string[]) => new EmbeddingCall(texts, 'passage', 60_000, undefined);

function batchesOf(texts: readonly string[], maxTexts: number, maxTokens: number): BatchText[][] {
  const call = callOf(texts);
  call.vectors.catch(() => undefined);
  const batches: BatchText[][] = [];
  while (!call.exhausted) batches.push(takeBatch(call, { maxTexts, maxTokens }, prepare));
  call.reject(new Error('only its texts were wanted'));
  return batches;
}

describe('batches', () => {
  it.each([
    [['a', 'b', 'c'], 2, 100, [['a', 'b'], ['c']]],
    [['aa', 'bb', 'cc'], 10, 5, [['aa', 'bb'], ['cc']]],
    [['aa', 'bbbbbbb', 'c'], 10, 5, [['aa'], ['bbbbbbb'], ['c']]],
    [['', ''], 10, 5, [['', '']]],
  ])('of %j, at most %i texts and %i tokens', (texts, maxTexts, maxTokens, expected) => {
    expect(batchesOf(texts, maxTexts, maxTokens).map((batch) => batch.map(({ text }) => text))).toEqual(expected);
  });

  it('hold every text once and in order, within both bounds', () => {
    const texts = fc.array(fc.string({ maxLength: 20 }), { minLength: 1, maxLength: 50 });
    const bound = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(texts, bound, bound, (all, maxTexts, maxTokens) => {
        const batches = batchesOf(all, maxTexts, maxTokens);
        expect(batches.flat().map(({ index }) => index)).toEqual(all.map((_, index) => index));
        for (const batch of batches) {
          expect(batch.length).toBeLessThanOrEqual(maxTexts);
          const tokens = batch.reduce((sum, text) => sum + text.tokens, 0);
          if (batch.length > 1) expect(tokens).toBeLessThanOrEqual(maxTokens);
        }
      }),
    );
  });
});

describe('smaller batches', () => {
  const text = (content: string, halvings = 0): BatchText => ({ index: 0, text: content, tokens: 1, halvings });

  it('are the halves of a batch of several texts', () => {
    const [a, b, c] = [text('a'), text('b'), text('c')];
    expect(smallerBatches([a, b, c])).toEqual([[a], [b, c]]);
  });

  it('are the half of a single text, never of a code point', () => {
    expect(smallerBatches([text('abcdef')])).toEqual([[text('abc', 1)]]);
    expect(smallerBatches([text('ab🐝cd')])).toEqual([[text('ab', 1)]]);
    expect(smallerBatches([text('🐝')])).toEqual([[text('\ud83d', 1)]]);
  });

  it('end after six halvings, or with a single character', () => {
    let batch: BatchText[] | undefined = [text('x'.repeat(1_000_000))];
    let times = 0;
    while ((batch = smallerBatches(batch)?.[0]) !== undefined) times += 1;
    expect(times).toBe(6);
    expect(smallerBatches([text('x')])).toBeUndefined();
    expect(smallerBatches([])).toBeUndefined();
  });
});
