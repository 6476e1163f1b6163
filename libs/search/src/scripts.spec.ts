import { analyse, analyseQuery } from '@vectorlane/analysis';
import { encodePostings, type Posting, unpackPostings, type WordReading } from '@vectorlane/documents';
import fc from 'fast-check';
import { Bm25Scores } from './bm25';
import { highlights } from './highlights';
import { wordsOf } from './question-words';

// Words that the analyser finds in a text are found by a search, in any script: texts of letters drawn from each, and
// from all of them side by side.

/** First and last code point that letters are drawn from. */
const SCRIPTS: Readonly<Record<string, readonly (readonly [number, number])[]>> = {
  Latin: [
    [0x61, 0x7a],
    [0xe0, 0x17f],
  ],
  Greek: [[0x3b1, 0x3c9]],
  Cyrillic: [[0x410, 0x44f]],
  Armenian: [[0x561, 0x586]],
  Hebrew: [[0x5d0, 0x5ea]],
  Arabic: [[0x620, 0x64a]],
  Syriac: [[0x712, 0x72f]],
  Thaana: [[0x780, 0x7a5]],
  Devanagari: [[0x904, 0x939]],
  Bengali: [[0x995, 0x9a8]],
  Gurmukhi: [[0xa15, 0xa28]],
  Gujarati: [[0xa95, 0xaa8]],
  Oriya: [[0xb15, 0xb28]],
  Tamil: [[0xbae, 0xbb9]],
  Telugu: [[0xc15, 0xc28]],
  Kannada: [[0xc95, 0xca8]],
  Malayalam: [[0xd15, 0xd39]],
  Sinhala: [[0xd9a, 0xdb1]],
  Thai: [
    [0xe01, 0xe2e],
    [0xe30, 0xe3a],
  ],
  Lao: [[0xe94, 0xe97]],
  Tibetan: [[0xf40, 0xf47]],
  Myanmar: [
    [0x1000, 0x1020],
    [0x102b, 0x103e],
  ],
  Georgian: [[0x10d0, 0x10f0]],
  Ethiopic: [[0x1208, 0x1246]],
  Cherokee: [[0x13a0, 0x13f4]],
  Khmer: [
    [0x1780, 0x17a2],
    [0x17b6, 0x17c5],
  ],
  Mongolian: [[0x1820, 0x1842]],
  Hiragana: [[0x3041, 0x3096]],
  Katakana: [[0x30a1, 0x30fa]],
  'Katakana of half width': [[0xff66, 0xff9f]],
  Bopomofo: [[0x3105, 0x312f]],
  Han: [
    [0x4e00, 0x9fff],
    [0x20000, 0x2a6d6],
  ],
  Hangul: [[0xac00, 0xd7a3]],
  Javanese: [[0xa984, 0xa9b2]],
  Adlam: [[0x1e922, 0x1e943]],
};

const letter = (ranges: readonly (readonly [number, number])[]): fc.Arbitrary<string> =>
  fc.oneof(...ranges.map(([min, max]) => fc.integer({ min, max }).map((codePoint) => String.fromCodePoint(codePoint))));
const wordOf = (ranges: readonly (readonly [number, number])[]): fc.Arbitrary<string> =>
  fc.string({ unit: letter(ranges), minLength: 1, maxLength: 8 });
const JOINERS = [' ', ' ', ' ', ', ', '. ', '-', '/', '_', '\u00ad', '\u200b', '\n', '。', ''];
const textOf = (word: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .array(fc.tuple(word, fc.constantFrom(...JOINERS)), { minLength: 1, maxLength: 12 })
    .map((parts) => parts.flat().join(''));

/** Chunk 7 holds the text, as it would be stored. */
function stored(text: string): WordReading {
  const tokens = analyse(text, 'simple');
  const length = tokens.filter(({ beside }) => !beside).length;
  const times = new Map<string, Posting>();
  for (const { term } of tokens) times.set(term, { number: 7, times: (times.get(term)?.times ?? 0) + 1, length });
  const runs = Array.from(times, ([term, posting]) => {
    const { first, bytes } = encodePostings([posting]);
    return { term, firstNumber: first, chunks: 1, postings: unpackPostings(1, bytes) };
  });
  return { runs, languages: [{ language: 'simple', chunks: 20, length: length * 20 }] };
}

function findsItsWords(text: string): void {
  const reading = stored(text);
  for (const { start, end } of analyse(text, 'simple')) {
    const asked = text.slice(start, end);
    const [score] = new Bm25Scores(wordsOf(asked, reading.languages), reading).of([7]);
    expect({ asked, score }).toEqual({ asked, score: expect.any(Number) });
    if (Number(score) <= 0) throw new Error(`${JSON.stringify(asked)} is not found`);
    if (highlights(text, asked, 'simple').length === 0) throw new Error(`${JSON.stringify(asked)} is not marked`);
  }
}

it.each(Object.entries(SCRIPTS))('words of %s are found', (_, ranges) => {
  fc.assert(
    fc.property(textOf(wordOf(ranges)), (text) => findsItsWords(text)),
    { numRuns: 15 },
  );
});

it('words of all scripts side by side are found, numbers and signs among them', () => {
  const any = fc.oneof(
    ...Object.values(SCRIPTS).map(wordOf),
    fc.string({ unit: 'binary', maxLength: 6 }),
    fc.nat().map(String),
  );
  fc.assert(
    fc.property(textOf(any), (text) => findsItsWords(text)),
    { numRuns: 80 },
  );
});

it('a question is cut into words alike in every language', () => {
  const any = fc.oneof(...Object.values(SCRIPTS).map(wordOf), fc.string({ unit: 'binary', maxLength: 6 }));
  fc.assert(
    fc.property(textOf(any), (text) => {
      const [simple, german, arabic] = (['simple', 'german', 'arabic'] as const).map((language) =>
        analyseQuery(text, language).map(({ start, end, beside }) => ({ start, end, beside })),
      );
      expect(german).toEqual(simple);
      expect(arabic).toEqual(simple);
    }),
    { numRuns: 50 },
  );
});
