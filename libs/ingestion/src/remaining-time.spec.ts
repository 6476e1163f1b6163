import { RemainingTime, type Work } from './remaining-time';

const BATCH = 8;
const TOKENS_A_SECOND = 2_000;
const STORING_MS = 10;

interface Scene {
  readonly chunks: readonly Work[];
  /** How fast the machine is for this document at a moment of its work, in seconds. */
  readonly speedAt?: (second: number) => number;
  /** What the first batch waits for, in milliseconds. */
  readonly coldMs?: number;
}

/** What is told of a document after each batch, and how long the rest then takes in truth, in milliseconds. */
function told({ chunks, speedAt = () => 1, coldMs = 0 }: Scene): { eta: number | undefined; truth: number }[] {
  const remaining = new RemainingTime(chunks);
  let now = 1_000;
  const etas: { eta: number | undefined; now: number }[] = [];
  for (let from = 0; from < chunks.length; from += BATCH) {
    const batch = chunks.slice(from, from + BATCH);
    if (from === 0) now += coldMs;
    for (const { tokenCount, isEmbedded } of batch) {
      const alone = STORING_MS + (isEmbedded ? (tokenCount / TOKENS_A_SECOND) * 1_000 : 0);
      now += alone / speedAt(now / 1_000);
    }
    etas.push({ eta: remaining.after(batch, now), now });
  }
  return etas.map(({ eta, now: at }) => ({ eta, truth: now - at }));
}

const chunksOf = (count: number, of: (index: number) => Partial<Work> = () => ({})): Work[] =>
  Array.from({ length: count }, (_, index) => ({ tokenCount: 220, isEmbedded: true, ...of(index) }));

/** Repeatable numbers in [0, 1). */
const noise = (index: number): number => Math.abs(Math.sin(index * 78.233));

const SCENES: Readonly<Record<string, Scene>> = {
  'at one pace': { chunks: chunksOf(300) },
  'of chunks of all lengths': {
    chunks: chunksOf(400, (index) => ({ tokenCount: 20 + Math.round(noise(index) * 230) })),
  },
  'of rows first and prose after them': { chunks: chunksOf(400, (index) => ({ tokenCount: index < 200 ? 40 : 240 })) },
  'whose model is asleep at first': { chunks: chunksOf(200), coldMs: 6_000 },
  'beside which another one is in work for a while': {
    chunks: chunksOf(900),
    speedAt: (second) => (second > 30 && second < 60 ? 0.55 : 1),
  },
  'on a machine that stutters': {
    chunks: chunksOf(400),
    speedAt: (second) => (Math.floor(second) % 5 === 0 ? 0.3 : 1),
  },
  'of which half was embedded before': { chunks: chunksOf(900, (index) => ({ isEmbedded: index >= 450 })) },
  'of which the end was embedded before': { chunks: chunksOf(900, (index) => ({ isEmbedded: index < 450 })) },
  'of which every third chunk is new': { chunks: chunksOf(900, (index) => ({ isEmbedded: index % 3 === 0 })) },
};

describe('the time that the rest of a document takes', () => {
  it.each(Object.entries(SCENES))('is within a factor of two for one %s', (_, scene) => {
    const all = told(scene);
    // Documents of more than ten seconds; of the last second nobody asks for a factor.
    expect(all[0]?.truth).toBeGreaterThan(10_000);
    const judged = all.slice(1).filter(({ truth }) => truth > 1_000);
    expect(judged.length).toBeGreaterThan(10);
    const wrong = judged.filter(({ eta = Infinity, truth }) => eta > 2 * truth || eta < truth / 2);
    expect(wrong).toEqual([]);
  });

  it('is not told before there is a pace, and is nothing at the end', () => {
    const all = told({ chunks: chunksOf(30) });
    expect(all.map(({ eta }) => eta === undefined)).toEqual([true, false, false, false]);
    expect(all.at(-1)?.eta).toBe(0);
    expect(told({ chunks: chunksOf(5) })).toEqual([{ eta: 0, truth: 0 }]);
  });
});
