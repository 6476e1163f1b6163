import { encodePostings, unpackPostings, type WordReading } from '@vectorlane/documents';
import { seededRandom } from '../../../test/support/ingestion-digest';
import { Bm25Scores } from './bm25';

/** A small library, its words as they would be read from the database, and scores worked out the long way. */
function library(
  chunks: readonly (readonly string[])[],
  apart = 20_000,
): {
  reading: WordReading;
  exact(words: string[]): number[];
} {
  const terms = [...new Set(chunks.flat())];
  const holding = (term: string): number => chunks.filter((chunk) => chunk.includes(term)).length;
  const runs = terms.map((term) => {
    const postings = chunks.flatMap((chunk, number) => {
      const times = chunk.filter((word) => word === term).length;
      return times === 0 ? [] : [{ number: number * apart, times, length: chunk.length }];
    });
    const { first, bytes } = encodePostings(postings);
    return { term, firstNumber: first, chunks: postings.length, postings: unpackPostings(postings.length, bytes) };
  });
  const length = chunks.flat().length;
  return {
    reading: { runs, languages: [{ language: 'simple', chunks: chunks.length, length }] },
    exact: (words) =>
      chunks.map((chunk) =>
        words.reduce((sum, word) => {
          const times = chunk.filter((one) => one === word).length;
          const idf = Math.log(1 + (chunks.length - holding(word) + 0.5) / (holding(word) + 0.5));
          const norm = 1.2 * (1 - 0.75 + (0.75 * chunk.length) / (length / chunks.length));
          return sum + (idf * times * 2.2) / (times + norm);
        }, 0),
      ),
  };
}

const { reading, exact } = library([
  ['mooring', 'fee', 'fee', 'harbour'],
  ['harbour', 'master', 'harbour', 'harbour', 'harbour', 'harbour', 'harbour', 'harbour', 'harbour', 'harbour', 'fee'],
  ['bees', 'winter'],
  ['mooring', 'fee'],
]);
const scoreOf = (scores: Bm25Scores, number: number): number => scores.of([number])[0] as number;
const word = (term: string, weight = 1) => ({ terms: [term], weight, beside: false });

it('is BM25', () => {
  const scores = new Bm25Scores([word('mooring'), word('fee'), word('harbour')], reading);
  exact(['mooring', 'fee', 'harbour']).forEach((score, chunk) =>
    expect(scoreOf(scores, chunk * 20_000)).toBeCloseTo(score, 5),
  );
});

it('counts a word twice that is asked for twice', () => {
  const scores = new Bm25Scores([word('mooring', 2), word('fee')], reading);
  exact(['mooring', 'mooring', 'fee']).forEach((score, chunk) =>
    expect(scoreOf(scores, chunk * 20_000)).toBeCloseTo(score, 5),
  );
});

it('weighs the stems of one word as one word', () => {
  const scores = new Bm25Scores([{ terms: ['mooring', 'bees'], weight: 1, beside: false }], reading);
  expect(scoreOf(scores, 60_000) / scoreOf(scores, 40_000)).toBeCloseTo(1, 5);
});

it('gives the best in order, as many as are wanted', () => {
  const scores = new Bm25Scores([word('mooring'), word('fee'), word('harbour')], reading);
  const order = exact(['mooring', 'fee', 'harbour'])
    .map((score, chunk) => ({ score, number: chunk * 20_000 }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ number }) => number);
  expect(scores.top(10).map(({ number }) => number)).toEqual(order);
  expect(scores.top(2).map(({ number }) => number)).toEqual(order.slice(0, 2));
});

it('scores only the chunks of interest where some are named', () => {
  const scores = new Bm25Scores([word('mooring'), word('fee')], reading, new Set([60_000]));
  expect(scores.top(10).map(({ number }) => number)).toEqual([60_000]);
});

it('leaves out what was beyond the budget, and knows how frequent it is', () => {
  const cut = {
    ...reading,
    runs: reading.runs.map((run) => (run.term === 'fee' ? { ...run, postings: undefined } : run)),
  };
  const scores = new Bm25Scores([word('mooring'), word('fee')], cut);
  exact(['mooring']).forEach((score, chunk) => expect(scoreOf(scores, chunk * 20_000)).toBeCloseTo(score, 5));
});

describe('frequent words, which are looked up for the best by the others alone', () => {
  // As words are in texts: the tenth occurs a tenth as often as the first.
  const random = seededRandom(12);
  const drawn = (): string => `w${Math.floor(300 ** random())}`;
  const chunks = Array.from({ length: 3_000 }, () => Array.from({ length: 20 + Math.floor(random() * 60) }, drawn));
  const { reading: ofMany } = library(chunks, 1);
  const questions = Array.from({ length: 30 }, () =>
    [...new Set(Array.from({ length: 12 }, drawn))].map((w) => word(w)),
  );

  it.each([10, 100])('leave the %s best of all words in their places', (count) => {
    for (const question of questions) {
      const whole = new Bm25Scores(question, ofMany, undefined, Infinity);
      // Half of the collection is added up, as of a large one.
      const best = new Bm25Scores(question, ofMany, undefined, 0).top(count);
      expect(best.map(({ number }) => scoreOf(whole, number))).toEqual(
        whole.top(count).map(({ score }) => expect.closeTo(score, 4)),
      );
    }
  });

  it('are added up as well where there is nothing else', () => {
    const frequent = new Bm25Scores([word('w1')], ofMany, undefined, 0).top(3_000);
    expect(frequent).toEqual(new Bm25Scores([word('w1')], ofMany, undefined, Infinity).top(3_000));
    expect(frequent.length).toBeGreaterThan(1_000);
  });
});

it('is 0 for a library without chunks', () => {
  const scores = new Bm25Scores([word('fee')], { runs: [], languages: [] });
  expect(scores.top(10)).toEqual([]);
  expect(scoreOf(scores, 1)).toBe(0);
});

it('knows which chunks hold every word', () => {
  const of = (...words: Parameters<typeof word>[0][]): number[] =>
    new Bm25Scores([...words.map((term) => word(term)), { ...word('mooringfee'), beside: true }], reading)
      .topOfAllWords(10)
      .map(({ number }) => number / 20_000);
  expect(of('mooring', 'fee').toSorted()).toEqual([0, 3]);
  expect(of('mooring', 'fee', 'harbour')).toEqual([0]);
  expect(of('mooring', 'bees')).toEqual([]);
  const inTwoLanguages = new Bm25Scores([{ terms: ['mooring', 'fee'], weight: 1, beside: false }], reading);
  const found = inTwoLanguages.topOfAllWords(10).map(({ number }) => number / 20_000);
  expect(found.toSorted()).toEqual([0, 1, 3]);
});
