import { type Evidence, fuseScores, type FusionScale, liftQuotations } from './score-fusion';

const scale: FusionScale = { lowestCosine: 0.7, highestCosine: 0.9, highestBm25: 10, bestPossibleBm25: 20 };
const chunk = (chunkId: string, cosine: number | undefined, bm25: number): Evidence => ({ chunkId, cosine, bm25 });
const order = (evidence: readonly Evidence[], given = scale): string[] =>
  fuseScores(evidence, given).map(({ chunkId }) => chunkId);

describe('fuseScores', () => {
  it('puts what is best both by meaning and by words first', () => {
    expect(order([chunk('words', 0.75, 10), chunk('both', 0.9, 10), chunk('meaning', 0.9, 0)])[0]).toBe('both');
  });

  it('does not let an incidental word pass the best by meaning', () => {
    const poor = { ...scale, highestBm25: 1 };
    expect(order([chunk('incidental', 0.72, 1), chunk('answer', 0.9, 0)], poor)[0]).toBe('answer');
  });

  it('lets a chunk that holds the words pass one that only means something like it', () => {
    expect(order([chunk('holds', 0.86, 10), chunk('means', 0.9, 1)])[0]).toBe('holds');
  });

  it('keeps every score between 0 and 1, whatever it is given', () => {
    const odd = [chunk('a', undefined, 10), chunk('b', 0.1, 30), chunk('c', 1.2, 0), chunk('d', 0.7, 0)];
    for (const { score } of [
      ...fuseScores(odd, scale),
      ...fuseScores(odd, { lowestCosine: 0.9, highestCosine: 0.9, highestBm25: 0, bestPossibleBm25: 0 }),
    ]) {
      expect(score).toBeGreaterThanOrEqual(0);
      expect(score).toBeLessThanOrEqual(1);
    }
  });
});

describe('liftQuotations', () => {
  const fused = [
    { chunkId: 'a', score: 0.9 },
    { chunkId: 'b', score: 0.4 },
    { chunkId: 'c', score: 0.2 },
  ];

  it('puts what holds the question first, and leaves the others as they are', () => {
    expect(liftQuotations(fused, (id) => id === 'c')).toEqual([
      { chunkId: 'c', score: expect.closeTo(0.92) },
      { chunkId: 'a', score: 0.9 },
      { chunkId: 'b', score: 0.4 },
    ]);
  });

  it('changes nothing where nothing is quoted', () => {
    expect(liftQuotations(fused, () => false)).toEqual(fused);
  });
});
