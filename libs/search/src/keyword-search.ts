import { Injectable } from '@nestjs/common';
import { pairsOf } from '@vectorlane/analysis';
import {
  type CollectionScope,
  FilterReach,
  isPlain,
  type LanguageTotals,
  type SearchFilter,
  type WordReading,
  WordsRepository,
} from '@vectorlane/documents';
import { Bm25Scores } from './bm25';
import { type QuestionWord, wordsOf } from './question-words';

/**
 * Chunks of all words together that one search reads, rarest word first: as many in any case, and so many for each
 * chunk of a larger collection. What lies beyond are words that nearly every chunk holds, which say little of any.
 */
const BUDGET = 1_000_000;
const BUDGET_EACH = 3;
/** What must not occur is read to its end. */
const NO_BUDGET = Number.MAX_SAFE_INTEGER;
/** A filter that passes no more chunks is applied before scoring, any other to the best after it. */
const FEW_CHUNKS = 3_000;
/** Chunks that hold all words of a phrase: as many are asked whether they hold its pairs of words. */
const QUOTING_DEPTH = 5_000;
/**
 * How many of the best are looked at first, for each that is wanted, and with a filter as many more as it passes less;
 * four times as many in each further look.
 */
const LOOKED_AT = 1.1;
const FIRST_LOOK = 2_000;
const LOOK_GROWTH = 4;
const EVERYTHING = { share: 1, chunks: Infinity };
/** Sets of collections whose languages are remembered. */
const REMEMBERED_SCOPES = 1_000;

export interface KeywordHit {
  readonly chunkId: string;
  readonly number: number;
  /** BM25. */
  readonly score: number;
  /** To the question's vector, where that was given and the chunk has one. */
  readonly cosine: number | undefined;
}

/** What the words of a question find. */
export interface QuestionWords {
  /** Best first, at most `most` of them beside those that are passed over. */
  readonly best: (most: number, options?: BestOptions) => Promise<readonly KeywordHit[]>;
  /** BM25 of any chunks, in the order of their ascending numbers; 0 without a word of the question. */
  readonly scoresOf: (numbers: readonly number[]) => Float64Array;
  /** What a chunk would score that holds every word. */
  readonly bestPossible: number;
  readonly languages: readonly LanguageTotals[];
  /** At most `most` of those that hold every word, and phrases as far as pairs of words tell; best first. */
  readonly quoting: (phrases: readonly string[], most: number, vector?: Float32Array) => Promise<readonly KeywordHit[]>;
}

export interface BestOptions {
  /** Chunks that are known by other means. */
  readonly passedOver?: ReadonlySet<number | undefined>;
  /** Of the question, to tell how near in meaning each is. */
  readonly vector?: Float32Array | undefined;
}

const NONE: ReadonlySet<number> = new Set();

/** Chunks that hold any of the question's words, best first by BM25. */
@Injectable()
export class KeywordSearch {
  /**
   * Of the last search in the same collections: what the next one analyses its question for. A new language is noticed
   * and read again. Never of other collections: a question would be read by what others have.
   */
  private readonly languages = new Map<string, readonly LanguageTotals[]>();

  constructor(
    private readonly words: WordsRepository,
    private readonly reach: FilterReach,
  ) {}

  /** @param excluded chunks that are left out */
  async find(question: string, filter: SearchFilter, excluded: ReadonlySet<number> = NONE): Promise<QuestionWords> {
    const { words, reading } = await this.read(question, filter.scope);
    const { share, chunks } = isPlain(filter) ? EVERYTHING : await this.reach.of(filter);
    const among = chunks > FEW_CHUNKS ? undefined : await this.words.passing(filter, FEW_CHUNKS);
    const scores = new Bm25Scores(words, reading, among);
    const toPass = among === undefined ? filter : undefined;
    return {
      best: async (most, { passedOver = NONE, vector } = {}) => {
        const hits: KeywordHit[] = [];
        const expected = (most * LOOKED_AT) / (among === undefined ? share : 1);
        for (
          let seen = 0, wanted = Math.ceil(Math.min(expected, most + FIRST_LOOK));
          hits.length < most;
          wanted *= LOOK_GROWTH
        ) {
          const best = scores.top(wanted + passedOver.size).filter(({ number }) => !passedOver.has(number));
          const next = best.slice(seen, wanted).filter(({ number }) => !excluded.has(number));
          // A chunk whose document is not complete, or is gone, is in the index all the same.
          const visible = await this.words.visible(
            next.map(({ number }) => number),
            toPass,
            { vector },
          );
          for (const { number, score } of next) {
            const chunk = visible.get(number);
            if (chunk !== undefined && hits.length < most) hits.push({ ...chunk, number, score });
          }
          if (best.length < wanted) break;
          seen = wanted;
        }
        return hits;
      },
      scoresOf: (numbers) => scores.of(numbers),
      bestPossible: scores.bestPossible,
      languages: reading.languages,
      quoting: async (phrases, most, vector) => {
        const all = scores.topOfAllWords(QUOTING_DEPTH).filter(({ number }) => !excluded.has(number));
        const numbers = all.map(({ number }) => number);
        const visible = await this.words.visible(numbers, toPass, { pairs: pairsOf(phrases), vector });
        return all
          .flatMap(({ number, score }) => {
            const chunk = visible.get(number);
            return chunk === undefined ? [] : [{ ...chunk, number, score }];
          })
          .slice(0, most);
      },
    };
  }

  /** Chunks that hold any of some words, in any of their forms. */
  async holding(words: readonly string[], { scope }: SearchFilter): Promise<ReadonlySet<number>> {
    const numbers = new Set<number>();
    if (words.length === 0) return numbers;
    const reading = await Promise.all(words.map((word) => this.read(word, scope, NO_BUDGET)));
    for (const { reading: of } of reading) {
      for (const { firstNumber, postings } of of.runs) {
        postings?.offsets.forEach((offset) => numbers.add(firstNumber + offset));
      }
    }
    return numbers;
  }

  private async read(
    question: string,
    scope: CollectionScope,
    budget?: number,
  ): Promise<{ words: readonly QuestionWord[]; reading: WordReading }> {
    for (let again = false; ; again = true) {
      const before = this.languages.get(scope.id) ?? [];
      const words = wordsOf(question, before);
      const terms = [...new Set(words.flatMap(({ terms: ofWord }) => ofWord))];
      const chunks = before.reduce((sum, of) => sum + of.chunks, 0);
      const reading = await this.words.read(scope, terms, budget ?? Math.max(BUDGET, BUDGET_EACH * chunks));
      const known = new Set(before.map(({ language }) => language));
      const isNew = reading.languages.some(({ language }) => !known.has(language));
      this.remember(scope, reading.languages);
      if (!isNew || again) return { words, reading };
    }
  }

  /** The oldest is forgotten when there are too many: it is read twice the next time. */
  private remember({ id }: CollectionScope, languages: readonly LanguageTotals[]): void {
    this.languages.delete(id);
    const [oldest] = this.languages.size >= REMEMBERED_SCOPES ? this.languages.keys() : [];
    if (oldest !== undefined) this.languages.delete(oldest);
    this.languages.set(id, languages);
  }
}
