import { Injectable } from '@nestjs/common';
import {
  BM25_K1,
  type Candidate,
  type ChunksByConfig,
  type Lexeme,
  type SearchFilter,
  type Term,
  WordsRepository,
} from '@vectorlane/documents';

/** Words of one query that are scored, rarest first. */
const QUERY_WORDS = 32;

/**
 * Chunks that hold any of the query's words, best first, for questions in plain words. The query is read once in every
 * text search configuration that some chunk uses, so that each chunk is matched in its own language.
 */
@Injectable()
export class KeywordSearch {
  constructor(private readonly words: WordsRepository) {}

  async find(query: string, limit: number, filter: SearchFilter | undefined): Promise<Candidate[]> {
    const terms = weigh(await this.words.lookUp(query), await this.words.chunksByConfig());
    if (!terms.some(({ chunks }) => chunks > 0)) return [];
    const candidates = await this.words.score(terms, limit, filter);
    const best = bestPossible(terms);
    return candidates.map(({ chunkId, score }) => ({ chunkId, score: Math.min(1, score / best) }));
  }
}

/**
 * Inverse document frequency of each lexeme, rarest first. A word's frequency is taken over all configurations that
 * read it as a word, so that a chunk whose language was taken for another one's is weighed like its neighbours; and it
 * counts as far as they read the collection, so that a stop word of one language is not a rare word of the others.
 */
export function weigh(lexemes: readonly Lexeme[], chunksByConfig: ChunksByConfig): Term[] {
  const total = [...chunksByConfig.values()].reduce((sum, chunks) => sum + chunks, 0);
  const words = new Map<number, { found: number; all: number }>();
  for (const { config, place, chunks } of lexemes) {
    const word = words.get(place) ?? { found: 0, all: 0 };
    words.set(place, { found: word.found + chunks, all: word.all + (chunksByConfig.get(config) ?? 0) });
  }
  return lexemes
    .map((lexeme) => {
      const { found, all } = words.get(lexeme.place) ?? { found: 0, all: 0 };
      const rarity = Math.log(1 + (Math.max(all, found) - found + 0.5) / (found + 0.5));
      return { ...lexeme, idf: rarity * Math.min(1, all / Math.max(1, total)) };
    })
    .sort((a, b) => b.idf - a.idf)
    .slice(0, QUERY_WORDS * chunksByConfig.size);
}

/**
 * The BM25 score of a chunk that holds every word of the query without end: what a score is measured by, so that a
 * chunk which holds one word of ten is worth little even when it is the best there is.
 */
function bestPossible(terms: readonly Term[]): number {
  const byPlace = new Map(terms.map(({ place, idf }) => [place, idf]));
  return [...byPlace.values()].reduce((sum, idf) => sum + idf * (BM25_K1 + 1), 0);
}
