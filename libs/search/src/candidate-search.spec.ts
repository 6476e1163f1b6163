import type { FilterReach, Passage, PassagesRepository, VectorsRepository } from '@vectorlane/documents';
import { CollectionScope } from '@vectorlane/documents';
import { seededRandom } from '../../../test/support/ingestion-digest';
import { CandidateSearch } from './candidate-search';
import type { KeywordHit, KeywordSearch, QuestionWords } from './keyword-search';
import { parseQuestion } from './question';
import type { RecallProbe } from './recall-probe';
import { fuseScores } from './score-fusion';

const filter = { scope: CollectionScope.allBut([]) };
const inquiry = {
  ...{ question: parseQuestion('berth fees waived'), mode: 'hybrid' as const, filter },
  vector: Promise.resolve(Float32Array.of(1)),
};

interface Chunk {
  readonly chunkId: string;
  readonly number: number;
  readonly cosine: number;
  readonly bm25: number;
}

/** Chunks of which some hold words of the question, most of them not the nearest. */
function library(seed: number, size: number): Chunk[] {
  const random = seededRandom(seed);
  return Array.from({ length: size }, (_, number) => ({
    chunkId: `chunk ${number}`,
    number,
    cosine: random(),
    bm25: random() < 0.4 ? 10 * random() ** 3 : 0,
  }));
}

/** @param quoting number of the chunk that holds the question as it stands */
function searchIn(chunks: readonly Chunk[], quoting?: number): CandidateSearch {
  const byWords = chunks
    .filter(({ bm25 }) => bm25 > 0)
    .toSorted((a, b) => b.bm25 - a.bm25)
    .map((chunk): KeywordHit => ({ ...chunk, score: chunk.bm25 }));
  const words: Partial<QuestionWords> = {
    best: (most, { passedOver } = {}) =>
      Promise.resolve(byWords.filter(({ number }) => passedOver?.has(number) !== true).slice(0, most)),
    scoresOf: (numbers) => Float64Array.from(numbers, (number) => chunks[number]?.bm25 ?? 0),
    bestPossible: 12,
    quoting: () => Promise.resolve(byWords.filter(({ number }) => number === quoting)),
  };
  const vectors: Partial<VectorsRepository> = {
    find: (_, limit) => Promise.resolve(chunks.toSorted((a, b) => b.cosine - a.cosine).slice(0, limit)),
  };
  const keywords: Partial<KeywordSearch> = {
    find: () => Promise.resolve(words as QuestionWords),
    holding: () => Promise.resolve(new Set()),
  };
  const passages: Partial<PassagesRepository> = {
    read: (ids) =>
      Promise.resolve(
        new Map(ids.map((id) => [id, { content: 'All berth fees waived.' } as Partial<Passage> as Passage])),
      ),
  };
  return new CandidateSearch(
    vectors as VectorsRepository,
    keywords as KeywordSearch,
    passages as PassagesRepository,
    { offer: () => undefined } as Partial<RecallProbe> as RecallProbe,
    {} as FilterReach,
  );
}

describe('both ways together', () => {
  it.each([1, 10, 50, 400])('give the %s best of all chunks, in order', async (wanted) => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const chunks = library(seed, 1_000);
      const neighbours = chunks.toSorted((a, b) => b.cosine - a.cosine).slice(0, wanted + 100);
      const all = fuseScores(chunks, {
        highestCosine: neighbours[0]!.cosine,
        lowestCosine: neighbours.at(-1)!.cosine,
        highestBm25: Math.max(...chunks.map(({ bm25 }) => bm25)),
        bestPossibleBm25: 12,
      });
      const { candidates } = await searchIn(chunks).find(inquiry, wanted);
      expect(candidates.length).toBeGreaterThanOrEqual(wanted);
      const good = candidates.filter(({ score }) => score > 0);
      expect(good).toEqual(all.slice(0, good.length));
    }
  });

  it('give what holds the question as it stands first, whatever its place by words', async () => {
    const chunks = library(1, 1_000);
    const isFar = ({ number }: Chunk): boolean =>
      chunks.filter(({ cosine }) => cosine > chunks[number]!.cosine).length > 200;
    const last = chunks.filter((chunk) => chunk.bm25 > 0 && isFar(chunk)).toSorted((a, b) => a.bm25 - b.bm25)[0]!;
    const { candidates } = await searchIn(chunks, last.number).find(inquiry, 10);
    expect(candidates[0]?.chunkId).toBe(last.chunkId);
    const { candidates: others } = await searchIn(chunks).find(inquiry, 10);
    expect(candidates.slice(1, 10)).toEqual(others.slice(0, 9));
  });

  it('know when a deeper search could find no more', async () => {
    const few = library(1, 60);
    const { candidates, complete } = await searchIn(few).find(inquiry, 50);
    expect({ found: candidates.length, complete }).toEqual({ found: 60, complete: true });
    expect(await searchIn(library(1, 1_000)).find(inquiry, 50)).toMatchObject({ complete: false });
  });
});
