import type { WordReading, WordRun } from '@vectorlane/documents';
import type { QuestionWord } from './question-words';

/** Robertson's BM25: how fast a word's repetition stops counting, and how much a chunk's length does. */
const K1 = 1.2;
const B = 0.75;

const PAGE = 16_384;

/**
 * Chunks of all words together whose scores are added up, rarest word first: as many in any case, and this share of a
 * larger collection. Frequent words beyond it say little, and are looked up for the best by the others alone.
 */
const ADDED = 250_000;
const ADDED_SHARE = 0.5;
/** The best by the words that were added up, which are scored by all (ADR 34), and how many for each that is wanted. */
const LOOKED_UP = 5_000;
const LOOKED_UP_EACH = 4;

export interface ScoredChunk {
  readonly number: number;
  readonly score: number;
}

/** One word of the question, with what it is worth. */
interface WeighedWord {
  readonly runs: readonly WordRun[];
  /** What it adds to the score of a chunk that repeats it without end. */
  readonly most: number;
  /** A chunk that holds the question holds it; not so the whole of an identifier, and what was not read. */
  readonly isRequired: boolean;
  /** Whether the scores of all its chunks are added up; else it is looked up where a chunk may be among the best. */
  readonly isAdded: boolean;
}

/** Scores of the chunks that hold a word of the question. */
export class Bm25Scores {
  /** What a chunk would score that repeats every word of the question without end. */
  readonly bestPossible: number;
  private readonly words: readonly WeighedWord[];
  private readonly perLength: number;

  /**
   * @param among the only chunks of interest
   * @param added chunks of all words together whose scores are added up
   */
  constructor(
    words: readonly QuestionWord[],
    reading: WordReading,
    private readonly among?: ReadonlySet<number>,
    added = ADDED,
  ) {
    const total = reading.languages.reduce((sum, { chunks }) => sum + chunks, 0);
    const average = reading.languages.reduce((sum, { length }) => sum + length, 0) / Math.max(1, total);
    this.perLength = (K1 * B) / average;
    const byTerm = new Map<string, WordRun[]>();
    for (const run of reading.runs) {
      const known = byTerm.get(run.term);
      if (known === undefined) byTerm.set(run.term, [run]);
      else known.push(run);
    }
    const weighed = words.map(({ terms, weight, beside }) => {
      const runs = terms.flatMap((term) => byTerm.get(term) ?? []);
      const holding = Math.min(total, sizeOf(runs));
      const idf = Math.log(1 + (total - holding + 0.5) / (holding + 0.5));
      const isRead = runs.length === 0 || runs.some(({ postings }) => postings !== undefined);
      return { runs, most: weight * idf * (K1 + 1), isRequired: !beside && isRead };
    });
    let left = Math.max(added, total * ADDED_SHARE);
    this.words = weighed
      .toSorted((a, b) => sizeOf(a.runs) - sizeOf(b.runs))
      .map((word, index) => {
        const isAdded = index === 0 || left > 0;
        left -= sizeOf(word.runs);
        return { ...word, isAdded };
      });
    this.bestPossible = this.words.reduce((sum, { most }) => sum + most, 0);
  }

  /**
   * @param numbers of chunks, ascending
   * @returns their scores, in the same order; 0 for one without any of the words
   */
  of(numbers: readonly number[]): Float64Array {
    const scores = new Float64Array(numbers.length);
    for (const { runs, most } of this.words) for (const run of runs) this.lookUp(run, most, numbers, scores);
    return scores;
  }

  /** @returns the best, in order; equal ones by number */
  top(count: number): ScoredChunk[] {
    if (this.among !== undefined) return best([...this.among], (numbers) => this.of(numbers), count);
    const frequent = this.words.filter(({ isAdded }) => !isAdded);
    if (frequent.length === 0) return this.topOfAdded(count);
    const candidates = this.topOfAdded(Math.max(LOOKED_UP, LOOKED_UP_EACH * count));
    const byOthers = new Map(candidates.map(({ number, score }) => [number, score]));
    const scored = (numbers: readonly number[]): Float64Array => {
      const scores = Float64Array.from(numbers, (number) => byOthers.get(number) as number);
      for (const { runs, most } of frequent) for (const run of runs) this.lookUp(run, most, numbers, scores);
      return scores;
    };
    return best([...byOthers.keys()], scored, count);
  }

  /** The best by the words that are added up. */
  private topOfAdded(count: number): ScoredChunk[] {
    const heap = new WorstFirstHeap(count);
    const sums = new Sums();
    for (const { runs, most, isAdded } of this.words) {
      if (isAdded) for (const run of runs) this.add(sums, run, most);
    }
    sums.drain((first, scores) => {
      for (let at = 0; at < PAGE; at += 1) {
        const score = scores[at] as number;
        // Most chunks end here: nothing is called for them.
        if (score > heap.least) heap.offer(first + at, score);
      }
    });
    return heap.sorted();
  }

  /** The best of those that hold every word of the question. */
  topOfAllWords(count: number): ScoredChunk[] {
    const required = this.words
      .filter(({ isRequired }) => isRequired)
      .toSorted((a, b) => sizeOf(a.runs) - sizeOf(b.runs));
    const [rarest, ...others] = required;
    if (rarest === undefined) return [];
    let numbers = numbersOf(rarest.runs);
    for (const { runs } of others) {
      if (numbers.length === 0) return [];
      numbers = holding(numbers, runs);
    }
    // A chunk of no interest scores nothing.
    const ofInterest = this.among === undefined ? numbers : numbers.filter((number) => this.among?.has(number));
    return best(ofInterest, (ascending) => this.of(ascending), count);
  }

  private add(sums: Sums, { firstNumber, postings }: WordRun, most: number): void {
    if (postings === undefined) return;
    const { perLength } = this;
    const { offsets, counts } = postings;
    let page: Float32Array = NO_PAGE;
    let begins = -1;
    let ends = -1;
    for (let index = 0, length = offsets.length; index < length; index += 1) {
      const number = firstNumber + (offsets[index] as number);
      if (number >= ends || number < begins) {
        const ofPage = Math.floor(number / PAGE);
        page = sums.page(ofPage);
        begins = ofPage * PAGE;
        ends = begins + PAGE;
      }
      // As in `share`, which is a call too many here.
      const packed = counts[index] as number;
      const times = packed & 0xffff;
      const at = number - begins;
      page[at] = (page[at] as number) + (most * times) / (times + FIXED + perLength * (packed >>> 16));
    }
  }

  /** @param numbers of chunks, ascending; what a word adds to each goes to `scores` at the same place */
  private lookUp(
    { firstNumber, postings }: WordRun,
    most: number,
    numbers: readonly number[],
    scores: Float64Array,
  ): void {
    if (postings === undefined) return;
    const { offsets, counts } = postings;
    const last = firstNumber + (offsets.at(-1) ?? 0);
    let from = 0;
    for (let at = firstAt(numbers, firstNumber); at < numbers.length; at += 1) {
      const number = numbers[at] as number;
      if (number > last) return;
      // Both ascend: what is before this one is before the next.
      from = firstAt(offsets, number - firstNumber, from);
      if (offsets[from] === number - firstNumber) {
        scores[at] = (scores[at] as number) + most * this.share(counts[from] as number);
      }
    }
  }

  /** Of what a word can add, by its times in a chunk and the length of that. */
  private share(packed: number): number {
    const times = packed & 0xffff;
    return times / (times + FIXED + this.perLength * (packed >>> 16));
  }
}

const FIXED = K1 * (1 - B);

const sizeOf = (runs: readonly WordRun[]): number => runs.reduce((sum, { chunks }) => sum + chunks, 0);

/** @returns where the first one stands that is not below `wanted`, at `from` or after it; the length where none is */
function firstAt(ascending: ArrayLike<number>, wanted: number, from = 0): number {
  let to = ascending.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((ascending[middle] as number) < wanted) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Numbers of all chunks of a word, ascending. */
function numbersOf(runs: readonly WordRun[]): number[] {
  const numbers: number[] = [];
  for (const { firstNumber, postings } of runs) {
    const offsets = postings?.offsets ?? [];
    for (let index = 0; index < offsets.length; index += 1) numbers.push(firstNumber + (offsets[index] as number));
  }
  return ascending(numbers);
}

/** Those of the numbers, ascending, whose chunks hold a word. */
function holding(numbers: readonly number[], runs: readonly WordRun[]): number[] {
  const held: number[] = [];
  for (const { firstNumber, postings } of runs) {
    const offsets = postings?.offsets ?? [];
    let from = 0;
    for (let at = firstAt(numbers, firstNumber); at < numbers.length && from < offsets.length; at += 1) {
      const number = numbers[at] as number;
      from = firstAt(offsets, number - firstNumber, from);
      if (offsets[from] === number - firstNumber) held.push(number);
    }
  }
  return ascending(held);
}

/** In order, each once. Rows follow one another as they are, but for a word that has other stems in other languages. */
function ascending(numbers: number[]): number[] {
  for (let at = 1; at < numbers.length; at += 1) {
    if ((numbers[at] as number) > (numbers[at - 1] as number)) continue;
    return numbers.sort((a, b) => a - b).filter((number, place) => number !== numbers[place - 1]);
  }
  return numbers;
}

/** @param scored scores of chunks in ascending order of their numbers */
function best(numbers: number[], scored: (ascending: readonly number[]) => Float64Array, count: number): ScoredChunk[] {
  const heap = new WorstFirstHeap(count);
  const scores = scored(numbers.sort((a, b) => a - b));
  numbers.forEach((number, at) => {
    const score = scores[at] as number;
    if (score > heap.least) heap.offer(number, score);
  });
  return heap.sorted();
}

/**
 * A sum for each chunk, in pages of chunks that follow one another: numbers are dense. Used pages are emptied and used
 * again, as making them is what scoring would otherwise spend most of its time with.
 */
class Sums {
  private static readonly spare: Float32Array[] = [];
  private readonly pages = new Map<number, Float32Array>();

  page(index: number): Float32Array {
    let page = this.pages.get(index);
    if (page === undefined) this.pages.set(index, (page = Sums.spare.pop() ?? new Float32Array(PAGE)));
    return page;
  }

  /** Every page, in order of the chunks' numbers. They cannot be read afterwards. */
  drain(read: (first: number, page: Float32Array) => void): void {
    for (const index of [...this.pages.keys()].sort((a, b) => a - b)) {
      const page = this.page(index);
      read(index * PAGE, page);
      if (Sums.spare.length < SPARE_PAGES) Sums.spare.push(page.fill(0));
    }
    this.pages.clear();
  }
}

/** 4 MB: those of a million chunks. */
const SPARE_PAGES = 64;
const NO_PAGE = new Float32Array(0);

/** The best of very many, without sorting them. */
class WorstFirstHeap {
  /** What is offered must score more, as numbers ascend: equal ones come after those that are here. */
  least = 0;
  private readonly items: ScoredChunk[] = [];

  constructor(private readonly size: number) {}

  offer(number: number, score: number): void {
    const { items } = this;
    if (items.length < this.size) {
      items.push({ number, score });
      this.rise(items.length - 1);
    } else {
      items[0] = { number, score };
      this.sink();
    }
    if (items.length === this.size) this.least = (items[0] as ScoredChunk).score;
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
