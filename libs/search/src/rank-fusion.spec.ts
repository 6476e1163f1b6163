import { fuseRanks, type RankedList } from './rank-fusion';

const byMeaning = (...ids: string[]): RankedList => ({
  candidates: ids.map((chunkId, index) => ({ chunkId, score: 0.9 - index / 100 })),
  weight: 1,
  graded: false,
});
const byWords = (score: number, ...ids: string[]): RankedList => ({
  candidates: ids.map((chunkId) => ({ chunkId, score })),
  weight: 1.5,
  graded: true,
});
const order = (...lists: RankedList[]): string[] => fuseRanks(lists).map(({ chunkId }) => chunkId);

describe('fuseRanks', () => {
  it('puts what both lists have at their top first, with score 1 when it holds every word', () => {
    const fused = fuseRanks([byMeaning('a', 'b', 'c'), byWords(1, 'a', 'c')]);
    expect(fused[0]?.chunkId).toBe('a');
    expect(fused[0]?.score).toBeCloseTo(1);
    expect(order(byMeaning('a', 'b', 'c'), byWords(1, 'a', 'c'))).toEqual(['a', 'c', 'b']);
  });

  it('lets a chunk that holds the words pass one that only means something like it', () => {
    expect(order(byMeaning('a', 'b', 'c'), byWords(0.9, 'c'))[0]).toBe('c');
  });

  it('does not let an incidental word pass the best by meaning', () => {
    const middle = ['m1', 'm2', 'm3', 'm4'];
    expect(order(byMeaning('answer', 'x', 'y', ...middle), byWords(0.1, ...middle))[0]).toBe('answer');
  });

  it('keeps every score in (0, 1] and falling', () => {
    const fused = fuseRanks([byMeaning('a', 'b', 'c', 'd'), byWords(0.5, 'x', 'y', 'd')]);
    expect(fused).toHaveLength(6);
    fused.forEach(({ score }, index) => {
      expect(score).toBeGreaterThan(0);
      expect(score).toBeLessThanOrEqual(fused[index - 1]?.score ?? 1);
    });
  });

  it('is the one list when the other is empty', () => {
    expect(order(byMeaning('a', 'b'), byWords(1))).toEqual(['a', 'b']);
  });
});
