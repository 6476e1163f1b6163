import * as fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { locateModel } from '../local/model-files';
import { cutToTokens, estimateTokens } from './token-estimate';
import { parseTokenizerDefinition } from './tokenizer-definition';
import { WordPieceTokenizer } from './wordpiece-tokenizer';
import { sized } from '../../../../test/support/sizes';
import { cpuMs } from '../../../../test/support/stopwatch';

const spans = (text: string): string[] => {
  const { count, starts, ends } = estimateTokens(text);
  return Array.from({ length: count }, (_, index) => text.slice(starts[index], ends[index]));
};

const texts = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'word',
        'HTTPServer',
        'a1b2c3',
        '2026',
        '  ',
        ' ',
        '\n\n\n\n\n\n\n',
        '\u3000',
        'Straße',
        'Привет',
      ),
      fc.constantFrom('ελιά', '蜜を集める。', 'สวน', '👨‍👩‍👧', '\ud800', '\udc00', 'e\u0301', '...', '\u0000'),
      fc.string({ unit: 'binary', maxLength: 8 }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

describe('the estimate of tokens', () => {
  it.each([
    ['', []],
    ['honey', ['hone', 'y']],
    ['two words', ['two', 'word', 's']],
    ['Bees', ['Bees']],
    ['HTTP', ['HT', 'TP']],
    ['getItemById', ['get', 'Ite', 'mBy', 'Id']],
    ['3.14', ['3', '.', '1', '4']],
    ['x9fab', ['x', '9', 'fa', 'b']],
    ['Häuser', ['Häu', 'ser']],
    ['蜜を', ['蜜', 'を']],
    ['🐝', ['🐝', '🐝']],
    ['a      b', ['a', '    ', 'b']],
  ])('of %j', (text, expected) => {
    expect(spans(text)).toEqual(expected);
  });

  it('covers everything but space, in order, and never half a code point', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const { count, starts, ends } = estimateTokens(text);
        expect([starts.length, ends.length]).toEqual([count, count]);
        const covered = new Uint8Array(text.length);
        for (let index = 0; index < count; index += 1) {
          const [start, end] = [starts[index] as number, ends[index] as number];
          expect(start).toBeLessThan(end);
          expect(start).toBeGreaterThanOrEqual(starts[index - 1] ?? 0);
          expect(end).toBeGreaterThanOrEqual(ends[index - 1] ?? 0);
          for (const cut of [start, end]) {
            const isInside = /[\ud800-\udbff]/.test(text[cut - 1] ?? '') && /[\udc00-\udfff]/.test(text[cut] ?? '');
            expect(isInside).toBe(false);
          }
          covered.fill(1, start, end);
        }
        for (let at = 0; at < text.length; at += 1) if (covered[at] === 0) expect(text[at]).toMatch(/\s/);
      }),
      { numRuns: sized(100, 500) },
    );
  });

  it('cuts to at most so many tokens, and leaves alone what has no more', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 0, max: 60 }), (text, most) => {
        const cut = cutToTokens(text, most);
        expect(text.startsWith(cut)).toBe(true);
        expect(estimateTokens(cut).count).toBeLessThanOrEqual(most);
        if (estimateTokens(text).count <= most) expect(cut).toBe(text);
      }),
      { numRuns: sized(100, 500) },
    );
  });

  it('is no lower than half of what a real tokenizer counts, and no lower at all in English', () => {
    const source = readFileSync(join(locateModel(undefined).folder, 'tokenizer.json'), 'utf8');
    const wordPiece = new WordPieceTokenizer(parseTokenizerDefinition(source));
    const folder = join(__dirname, '../../../../test/corpus');
    for (const file of readdirSync(folder)) {
      const text = readFileSync(join(folder, file), 'utf8');
      const ratio = estimateTokens(text).count / wordPiece.tokenize(text).count;
      expect(ratio).toBeGreaterThan(file === 'beekeeping-winter.txt' ? 1 : 0.7);
    }
  });

  // Work is counted by time only to tell linear from quadratic: quadratic, these take minutes.
  it.each([
    ['one word', 'x'.repeat(1_000_000)],
    ['spaces', ' '.repeat(1_000_000)],
    ['capitals and digits', 'A1'.repeat(500_000)],
    ['halves of pairs', '\ud800'.repeat(1_000_000)],
    ['emoji', '🐝'.repeat(500_000)],
    ['marks', '\u0301'.repeat(1_000_000)],
  ])('is linear in a megabyte of %s, and bounded by its length', async (_name, text) => {
    let estimate = estimateTokens('');
    expect(await cpuMs(() => (estimate = estimateTokens(text)))).toBeLessThan(5_000);
    const { count, ends } = estimate;
    expect(count).toBeGreaterThan(text.length / 8);
    expect(count).toBeLessThanOrEqual(text.length);
    expect(ends.at(-1)).toBeGreaterThan(text.length - 8);
    expect(cutToTokens(text, 100).length).toBeLessThanOrEqual(500);
  });
});
