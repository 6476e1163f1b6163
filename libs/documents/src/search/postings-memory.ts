import type { UnpackedPostings } from './postings';

/** Rows of one word, by what tells a row from every other one. */
export type RememberedRows = ReadonlyMap<string, UnpackedPostings>;

interface Entry {
  readonly rows: RememberedRows;
  readonly bytes: number;
}

/** Nine million postings; those of 100,000 chunks. */
const MOST_BYTES = 64 * 2 ** 20;
/** What an entry and a row take beside their postings, about. */
const ENTRY_BYTES = 200;
const ROW_BYTES = 400;

const NONE: RememberedRows = new Map();

/**
 * Postings of the words that were asked for last. Questions share their frequent words, whose postings are the large
 * ones: to fetch and to unpack them is most of what a search by words costs. The word goes that was not asked for
 * longest. A row is never changed, so that what is remembered of it holds as long as the database has the row.
 */
export class PostingsMemory {
  private readonly entries = new Map<string, Entry>();
  private bytes = 0;

  constructor(private readonly most = MOST_BYTES) {}

  /** @param place the collections that are searched */
  get(place: string, term: string): RememberedRows {
    const key = keyOf(place, term);
    const entry = this.entries.get(key);
    if (entry === undefined) return NONE;
    // A map is in the order of insertion.
    this.entries.delete(key);
    this.entries.set(key, entry);
    return entry.rows;
  }

  /** In place of what was remembered of the word: rows that are gone are forgotten by that. */
  put(place: string, term: string, rows: RememberedRows): void {
    const key = keyOf(place, term);
    this.remove(key);
    if (rows.size === 0) return;
    const bytes = [...rows.values()].reduce(
      (sum, { offsets, counts }) => sum + ROW_BYTES + offsets.byteLength + counts.byteLength,
      ENTRY_BYTES,
    );
    if (bytes > this.most) return;
    this.entries.set(key, { rows, bytes });
    this.bytes += bytes;
    for (const oldest of this.entries.keys()) {
      if (this.bytes <= this.most) return;
      this.remove(oldest);
    }
  }

  private remove(key: string): void {
    const entry = this.entries.get(key);
    if (entry === undefined) return;
    this.entries.delete(key);
    this.bytes -= entry.bytes;
  }
}

const keyOf = (place: string, term: string): string => `${place}\u0000${term}`;
