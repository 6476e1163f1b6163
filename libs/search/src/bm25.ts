import { readPostings, type WordReading, type WordRun } from '@vectorlane/documents';
import type { QuestionWord } from './question-words';

/** Robertson's BM25: how fast a word's repetition stops counting, and how much a chunk's length does. */
const K1 = 1.2;
const B = 0.75;

const PAGE = 16_384;

export interface ScoredChunk {
  readonly number: number;
  readonly score: number;
}

/** Scores of every chunk that holds a word of the question. Chunk numbers are dense, so a score lies at its number. */
export class Bm25Scores {
  /** What a chunk would score that repeats every word of the question without end. */
  readonly bestPossible: number;
  private readonly pages = new Map<number, Page>();
  /** Words that a chunk could hold, as far as their postings were read; the wholes of identifiers apart. */
  private required = 0;

  /** @param among the only chunks of interest */
  constructor(words: readonly QuestionWord[], reading: WordReading, among?: ReadonlySet<number>) {
    const total = reading.languages.reduce((sum, { chunks }) => sum + chunks, 0);
    const average = reading.languages.reduce((sum, { length }) => sum + length, 0) / Math.max(1, total);
    const runs = new Map<string, WordRun[]>();
    for (const run of reading.runs) {
      const known = runs.get(run.term);
      if (known === undefined) runs.set(run.term, [run]);
      else known.push(run);
    }
    let best = 0;
    for (const { terms, weight, beside } of words) {
      const own = terms.flatMap((term) => runs.get(term) ?? []);
      const holding = Math.min(
        total,
        own.reduce((sum, { chunks }) => sum + chunks, 0),
      );
      const idf = Math.log(1 + (total - holding + 0.5) / (holding + 0.5));
      const most = weight * idf * (K1 + 1);
      best += most;
      const isRequired = !beside && (own.length === 0 || own.some(({ postings }) => postings !== undefined));
      if (isRequired) this.required += 1;
      for (const run of own) this.add(run, { most, average, among, held: isRequired ? 1 : 0 });
    }
    this.bestPossible = best;
  }

  /** 0 for a chunk without any of the words. */
  of(number: number): number {
    return this.pages.get(Math.floor(number / PAGE))?.scores[number % PAGE] ?? 0;
  }

  /** @returns the best, in order; equal ones by number */
  top(count: number): ScoredChunk[] {
    return this.best(count, 0);
  }

  /** The best of those that hold every word of the question. */
  topOfAllWords(count: number): ScoredChunk[] {
    return this.best(count, Math.max(1, this.required));
  }

  private best(count: number, least: number): ScoredChunk[] {
    const heap = new WorstFirstHeap(count);
    for (const [page, { scores, held }] of this.pages) {
      for (let index = 0; index < PAGE; index += 1) {
        const score = scores[index] as number;
        if (score > 0 && (held[index] as number) >= least) heap.offer(page * PAGE + index, score);
      }
    }
    return heap.sorted();
  }

  private add(
    { firstNumber, postings }: WordRun,
    word: { most: number; average: number; among: ReadonlySet<number> | undefined; held: 0 | 1 },
  ): void {
    const { most, average, among, held } = word;
    if (postings === undefined) return;
    const perLength = (K1 * B) / average;
    const fixed = K1 * (1 - B);
    let page = EMPTY;
    let begins = -1;
    let ends = -1;
    readPostings(firstNumber, postings, (number, times, length) => {
      if (among !== undefined && !among.has(number)) return;
      if (number >= ends || number < begins) {
        const index = Math.floor(number / PAGE);
        page = this.page(index);
        begins = index * PAGE;
        ends = begins + PAGE;
      }
      const at = number - begins;
      const { scores } = page;
      scores[at] = (scores[at] as number) + (most * times) / (times + fixed + perLength * length);
      page.held[at] = (page.held[at] as number) + held;
    });
  }

  private page(index: number): Page {
    let page = this.pages.get(index);
    if (page === undefined) this.pages.set(index, (page = pageOf(PAGE)));
    return page;
  }
}

/** Chunks whose numbers follow one another. */
interface Page {
  readonly scores: Float32Array;
  /** How many words of the question each holds. */
  readonly held: Uint16Array;
}

const pageOf = (size: number): Page => ({ scores: new Float32Array(size), held: new Uint16Array(size) });
const EMPTY = pageOf(0);

/** The best of very many, without sorting them. */
class WorstFirstHeap {
  private readonly items: ScoredChunk[] = [];

  constructor(private readonly size: number) {}

  offer(number: number, score: number): void {
    const { items } = this;
    if (items.length < this.size) {
      items.push({ number, score });
      this.rise(items.length - 1);
    } else if (isWorse(items[0], score, number)) {
      items[0] = { number, score };
      this.sink();
    }
  }

  sorted(): ScoredChunk[] {
    return this.items.toSorted((a, b) => b.score - a.score || a.number - b.number);
  }

  private rise(from: number): void {
    const { items } = this;
    for (let at = from; at > 0;) {
      const parent = (at - 1) >> 1;
      const [item, above] = [items[at] as ScoredChunk, items[parent] as ScoredChunk];
      if (!isWorse(item, above.score, above.number)) return;
      items[at] = above;
      items[parent] = item;
      at = parent;
    }
  }

  private sink(): void {
    const { items } = this;
    for (let at = 0; ;) {
      let worst = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        const other = items[worst] as ScoredChunk;
        if (child < items.length && isWorse(items[child], other.score, other.number)) worst = child;
      }
      if (worst === at) return;
      const moved = items[at] as ScoredChunk;
      items[at] = items[worst] as ScoredChunk;
      items[worst] = moved;
      at = worst;
    }
  }
}

function isWorse(item: ScoredChunk | undefined, score: number, number: number): boolean {
  return item !== undefined && (item.score < score || (item.score === score && item.number > number));
}
