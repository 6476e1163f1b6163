import fc from 'fast-check';
import { phraseMatcher } from './analyser';
import { pairsOf } from './word-pairs';

const has = (text: string, phrase: string): boolean => {
  const of = pairsOf([text]);
  return [...pairsOf([phrase])].every((bit, index) => bit === '0' || of[index] === '1');
};

it('a text has the pairs of every phrase that it holds', () => {
  const word = fc.oneof(
    fc.constantFrom(
      'the',
      'Berth',
      'fees',
      'Ha\u0308fen',
      'don’t',
      '潮汐',
      'ท่าเรือ',
      'INV-2031',
      'Tシャツ',
      '항구',
      '٢٠٢٤',
      'soft\u00adly',
    ),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 }),
  );
  const words = fc.array(fc.tuple(word, fc.constantFrom(' ', ', ', '\n', ' – ', '')), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(words, fc.nat(), fc.nat(), (parts, a, b) => {
      const text = parts.flat().join('');
      const [from, to] = [a % (text.length + 1), b % (text.length + 1)].sort((x, y) => x - y) as [number, number];
      const phrase = text.slice(from, to);
      if (phraseMatcher(phrase)(text)) expect(has(text, phrase)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

it('the same words in another order have others', () => {
  const text = Array.from({ length: 200 }, (_, index) => `word${(index * 7) % 90}`).join(' ');
  expect(has(text, 'word7 word14 word21')).toBe(true);
  expect(has(text, 'word21 word14 word7 word3 word1')).toBe(false);
  expect(pairsOf(['one'])).not.toContain('1');
});
