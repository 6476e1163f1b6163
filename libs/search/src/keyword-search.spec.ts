import { weigh } from './keyword-search';

const lexeme = (config: string, place: number, chunks: number) => ({
  config,
  lexeme: `${config}${place}`,
  place,
  chunks,
});

describe('weigh', () => {
  const english = new Map([['english', 1_000]]);

  it('gives a rare word more than a common one, and an absent one most', () => {
    const terms = weigh([lexeme('english', 1, 900), lexeme('english', 2, 3), lexeme('english', 3, 0)], english);
    expect(terms.map(({ place }) => place)).toEqual([3, 2, 1]);
    expect(terms.at(-1)?.idf).toBeGreaterThan(0);
  });

  it('does not take a stop word of the large language for a rare word of the small one', () => {
    const mixed = new Map([
      ['english', 1_000],
      ['german', 10],
    ]);
    // "the" is no lexeme of English; the German configuration reads it as a word nobody uses.
    const terms = weigh([lexeme('german', 1, 0), lexeme('english', 2, 5), lexeme('german', 2, 0)], mixed);
    const idf = (place: number) => terms.find((term) => term.place === place)?.idf ?? 0;
    expect(idf(2)).toBeGreaterThan(20 * idf(1));
  });

  it('bounds a query of very many words to the rarest', () => {
    const many = Array.from({ length: 500 }, (_, place) => lexeme('english', place, place));
    const terms = weigh(many, english);
    expect(terms).toHaveLength(32);
    expect(Math.max(...terms.map(({ chunks }) => chunks))).toBeLessThan(40);
  });
});
