import { timingSafeEqual } from 'node:crypto';
import { Problem } from '@vectorlane/errors';
import type { ParsedApiKey } from './api-key-format';
import type { ApiKey } from './api-key';

/** A row is read again after this long: what another process changed is seen by then. */
const FRESH_MS = 5_000;
/** How long a key counts as verified for those who only ask who it may be, such as the limiter. */
const VERIFIED_MS = 60_000;
/** Queries at once, and ids in one: however many unknown keys come, the database is asked no more than this. */
const MOST_QUERIES = 4;
const MOST_IDS = 500;
const MOST_WAITING = 10_000;
const MOST_ROWS = 10_000;

interface KnownRow {
  readonly row: ApiKey;
  readonly readAt: number;
  verifiedAt: number;
}

interface WaitingLookup {
  readonly id: string;
  readonly resolve: (row: ApiKey | null) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Rows of API keys by their public id, as the database had them within the last five seconds. Made-up ids are limited
 * by address before they get here; those that do are remembered apart from real ones, so that a flood of them neither
 * pushes a real key out nor costs a query each: lookups that find four queries under way share the next one.
 */
export class ApiKeyRows {
  private readonly known = new Map<string, KnownRow>();
  private readonly unknown = new Map<string, number>();
  private readonly pending = new Map<string, Promise<ApiKey | null>>();
  private readonly waiting: WaitingLookup[] = [];
  private queries = 0;

  /** @param read rows of these ids; those without a row are left out */
  constructor(private readonly read: (ids: readonly string[]) => Promise<readonly ApiKey[]>) {}

  async find(id: string): Promise<ApiKey | null> {
    const remembered = this.remembered(id);
    if (remembered !== undefined) return remembered;
    return this.pending.get(id) ?? this.lookUp(id);
  }

  /** What is known without asking the database; nothing when it would have to be asked. */
  remembered(id: string): ApiKey | null | undefined {
    const now = performance.now();
    const known = this.known.get(id);
    if (known !== undefined && now - known.readAt < FRESH_MS) return known.row;
    const missedAt = this.unknown.get(id);
    if (missedAt !== undefined && now - missedAt < FRESH_MS) return null;
    return undefined;
  }

  /** Forgets what is known of a key that was just changed, and what is being read of it at this moment. */
  forget(id: string): void {
    this.known.delete(id);
    this.unknown.delete(id);
    this.pending.delete(id);
  }

  /** Notes that the secret of this row was shown. A row that was forgotten meanwhile stays forgotten. */
  noteVerified(row: ApiKey): void {
    const known = this.known.get(row.id);
    if (known?.row === row) known.verifiedAt = performance.now();
  }

  /** The row of a key that was verified in the last 60 s, from memory alone. */
  verifiedLately(key: ParsedApiKey): ApiKey | undefined {
    const known = this.known.get(key.id);
    if (known === undefined || performance.now() - known.verifiedAt >= VERIFIED_MS) return undefined;
    return timingSafeEqual(known.row.secretSha256, key.secretSha256) ? known.row : undefined;
  }

  private lookUp(id: string): Promise<ApiKey | null> {
    if (this.waiting.length >= MOST_WAITING) {
      throw new Problem('DEPENDENCY_UNAVAILABLE', 'Too many keys are waiting to be verified.');
    }
    const lookup = new Promise<ApiKey | null>((resolve, reject) => this.waiting.push({ id, resolve, reject })).then(
      (row) => {
        // Forgotten since: what was read may be older than the change, and is this caller's alone.
        if (this.pending.get(id) === lookup) this.remember(id, row);
        return row;
      },
    );
    this.pending.set(id, lookup);
    const settled = (): void => {
      if (this.pending.get(id) === lookup) this.pending.delete(id);
    };
    lookup.then(settled, settled);
    this.readWaiting();
    return lookup;
  }

  private readWaiting(): void {
    while (this.queries < MOST_QUERIES && this.waiting.length > 0) {
      this.queries += 1;
      void this.readBatch(this.waiting.splice(0, MOST_IDS)).finally(() => {
        this.queries -= 1;
        this.readWaiting();
      });
    }
  }

  private async readBatch(batch: readonly WaitingLookup[]): Promise<void> {
    try {
      const rows = new Map((await this.read(batch.map(({ id }) => id))).map((row) => [row.id, row]));
      for (const { id, resolve } of batch) resolve(rows.get(id) ?? null);
    } catch (error) {
      // Those behind them would only wait as long again, for the same.
      for (const { reject } of [...batch, ...this.waiting.splice(0)]) reject(error);
    }
  }

  private remember(id: string, row: ApiKey | null): void {
    const readAt = performance.now();
    if (row === null) {
      this.known.delete(id);
      store(this.unknown, id, readAt);
    } else {
      this.unknown.delete(id);
      store(this.known, id, { row, readAt, verifiedAt: this.known.get(id)?.verifiedAt ?? Number.NEGATIVE_INFINITY });
    }
  }
}

/** The latest last; the oldest goes when it is full. */
function store<T>(entries: Map<string, T>, id: string, entry: T): void {
  entries.delete(id);
  if (entries.size >= MOST_ROWS) {
    const oldest = entries.keys().next();
    if (!oldest.done) entries.delete(oldest.value);
  }
  entries.set(id, entry);
}
