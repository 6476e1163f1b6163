import { analyse, detectLanguage, isLanguage } from '@vectorlane/analysis';
import { encodePostings, type Posting, unpackPostings, type WordReading } from '@vectorlane/documents';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Bm25Scores } from './bm25';
import { wordsOf } from './question-words';

// Twenty questions in each of ten languages, by words: the passage meant is among the first three of two hundred, and
// first in nine of ten. The words of the questions stand in other forms than those of the passages.

const FOLDER = join(__dirname, '../../../test/fixtures/languages');
const LANGUAGES = [
  'german',
  'french',
  'spanish',
  'russian',
  'arabic',
  'chinese',
  'japanese',
  'korean',
  'thai',
  'hindi',
];
const load = (language: string): [passage: string, question: string][] =>
  JSON.parse(readFileSync(join(FOLDER, `${language}.json`), 'utf8'));

/** Every passage of every language in one collection, each read in the language that its document is detected in. */
async function collection(): Promise<WordReading> {
  const postings = new Map<string, Posting[]>();
  const totals = new Map<string, { chunks: number; length: number }>();
  let number = 0;
  for (const name of LANGUAGES) {
    const passages = load(name).map(([passage]) => passage);
    const language = await detectLanguage(passages.join('\n'));
    for (const passage of passages) {
      const tokens = analyse(passage, isLanguage(language) ? language : 'simple');
      const length = tokens.filter(({ beside }) => !beside).length;
      const times = new Map<string, number>();
      for (const { term } of tokens) times.set(term, (times.get(term) ?? 0) + 1);
      for (const [term, count] of times) {
        postings.set(term, [...(postings.get(term) ?? []), { number, times: count, length }]);
      }
      const total = totals.get(language) ?? { chunks: 0, length: 0 };
      totals.set(language, { chunks: total.chunks + 1, length: total.length + length });
      number += 1;
    }
  }
  const runs = Array.from(postings, ([term, list]) => {
    const { first, bytes } = encodePostings(list);
    return { term, firstNumber: first, chunks: list.length, postings: unpackPostings(list.length, bytes) };
  });
  return { runs, languages: Array.from(totals, ([language, total]) => ({ language, ...total })) };
}

let reading: WordReading;
beforeAll(async () => (reading = await collection()));

it.each(LANGUAGES)('questions in %s find their passage', (name) => {
  const offset = LANGUAGES.indexOf(name) * 20;
  const ranks = load(name).map(([, question], index) => {
    const best = new Bm25Scores(wordsOf(question, reading.languages), reading).top(3);
    return { question, rank: best.findIndex(({ number }) => number === offset + index) + 1 };
  });
  expect(ranks.filter(({ rank }) => rank === 0)).toEqual([]);
  expect(ranks.filter(({ rank }) => rank === 1).length).toBeGreaterThanOrEqual(18);
});
