import type { EmbeddingCall } from './embedding-call';

/** Queries in a row after which a waiting passage has its turn: overtaking must slow ingestion down, not stop it. */
const QUERIES_BEFORE_A_PASSAGE = 8;

/**
 * Calls in the order they came, queries first. Texts stay with their call until a thread is free for them, so that
 * waiting costs the memory the caller holds anyway.
 */
export class EmbeddingQueue {
  private readonly queries: EmbeddingCall[] = [];
  private readonly passages: EmbeddingCall[] = [];
  private queriesInARow = 0;

  constructor(private readonly maxCallsPerKind: number) {}

  /** False when too many calls of this kind are waiting: refusing early beats answering when nobody waits any more. */
  push(call: EmbeddingCall): boolean {
    const lane = this.laneOf(call);
    if (lane.length >= this.maxCallsPerKind) this.sweep(lane);
    if (lane.length >= this.maxCallsPerKind) return false;
    lane.push(call);
    return true;
  }

  /**
   * The call whose next text is to be worked on; it stays in the queue until all of its texts are taken.
   * @param kinds `queries` when there is no room for passages at present; they keep their turn
   */
  next(kinds: 'all' | 'queries' = 'all'): EmbeddingCall | undefined {
    this.dropExhausted(this.queries);
    this.dropExhausted(this.passages);
    const [query] = this.queries;
    if (kinds === 'queries') return query;
    const [passage] = this.passages;
    if (query !== undefined && (passage === undefined || this.queriesInARow < QUERIES_BEFORE_A_PASSAGE)) {
      this.queriesInARow += 1;
      return query;
    }
    this.queriesInARow = 0;
    return passage;
  }

  get isEmpty(): boolean {
    this.dropExhausted(this.queries);
    this.dropExhausted(this.passages);
    return this.queries.length === 0 && this.passages.length === 0;
  }

  /** Rejects every call that still waits. */
  clear(reason: Error): void {
    for (const call of [...this.queries.splice(0), ...this.passages.splice(0)]) call.reject(reason);
  }

  private laneOf(call: EmbeddingCall): EmbeddingCall[] {
    return call.kind === 'query' ? this.queries : this.passages;
  }

  private dropExhausted(lane: EmbeddingCall[]): void {
    while (lane[0]?.exhausted === true) lane.shift();
  }

  /** Aborted calls in the middle are found only when room is short. */
  private sweep(lane: EmbeddingCall[]): void {
    const waiting = lane.filter((call) => !call.exhausted);
    lane.splice(0, lane.length, ...waiting);
  }
}
