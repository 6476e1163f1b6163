import { IngestionFailure } from '@vectorlane/errors';
import { setMaxListeners } from 'node:events';

export type TextKind = 'query' | 'passage';

/** One call of `embed`: its texts, what has been answered, and the one settlement of its promise. */
export class EmbeddingCall {
  readonly vectors: Promise<Float32Array[]>;
  /** Aborted when the call is rejected, for whatever reason: its work in hand is of no use any more. */
  readonly cancelled: AbortSignal;
  private readonly cancellation = new AbortController();
  private readonly startedAt = performance.now();
  private readonly answers: Float32Array[];
  private next = 0;
  private unanswered: number;
  private done = false;
  private timer: NodeJS.Timeout | undefined;
  private resolve!: (vectors: Float32Array[]) => void;
  private rejectPromise!: (reason: unknown) => void;
  private readonly onAbort = (): void => this.reject(this.signal?.reason);

  constructor(
    private readonly texts: readonly string[],
    readonly kind: TextKind,
    private readonly timeoutMs: number,
    private readonly signal: AbortSignal | undefined,
    /** Of the request or job it is made for; passed on to where the vectors come from. */
    readonly requestId?: string,
  ) {
    this.answers = new Array<Float32Array>(texts.length);
    this.unanswered = texts.length;
    this.cancelled = this.cancellation.signal;
    // One listener for each of its requests in flight: as many as there are, and no leak.
    setMaxListeners(0, this.cancelled);
    this.vectors = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.rejectPromise = reject;
    });
    signal?.addEventListener('abort', this.onAbort, { once: true });
    // Somebody waits for a query, in the queue as much as in the model.
    if (kind === 'query') this.startClock();
  }

  get settled(): boolean {
    return this.done;
  }

  /** Every text has been handed out, or nobody wants the rest. */
  get exhausted(): boolean {
    return this.done || this.next === this.texts.length;
  }

  /** What `take` would give; only while not `exhausted`. */
  peek(): string {
    return this.texts[this.next] as string;
  }

  /** Milliseconds a query still waits; without end for passages, which wait as long as they get on. */
  get remainingMs(): number {
    if (this.kind === 'passage') return Number.POSITIVE_INFINITY;
    return this.startedAt + this.timeoutMs - performance.now();
  }

  /** Passages that were told to wait are not late meanwhile; a query's user waits all the same. */
  holdClock(): void {
    if (this.kind === 'passage') clearTimeout(this.timer);
  }

  /** After `holdClock`: the whole time again. */
  resumeClock(): void {
    if (this.kind === 'query' || this.done) return;
    clearTimeout(this.timer);
    this.startClock();
  }

  /** The next text to work on; only while not `exhausted`. */
  take(): { readonly index: number; readonly text: string } {
    // Passages wait as long as the queue is: only once they are worked on does slowness mean that something is wrong.
    if (this.next === 0 && this.kind === 'passage') this.startClock();
    const index = this.next;
    this.next += 1;
    return { index, text: this.texts[index] as string };
  }

  answer(index: number, vector: Float32Array): void {
    if (this.done) return;
    this.answers[index] = vector;
    this.unanswered -= 1;
    // A large batch that gets on is not late, however long it takes.
    if (this.kind === 'passage') this.timer?.refresh();
    if (this.unanswered > 0) return;
    this.settle();
    this.resolve(this.answers);
  }

  /** Rejects at once; texts in a thread run out there and are thrown away. */
  reject(reason: unknown): void {
    if (this.done) return;
    this.settle();
    this.rejectPromise(reason);
    this.cancellation.abort(reason);
  }

  private startClock(): void {
    this.timer = setTimeout(
      () => this.reject(unavailable(`did not answer within ${this.timeoutMs} ms`)),
      this.timeoutMs,
    );
  }

  private settle(): void {
    this.done = true;
    clearTimeout(this.timer);
    this.signal?.removeEventListener('abort', this.onAbort);
  }
}

/** @param what finishes the sentence users read; what only the log should know is the cause */
export function unavailable(what: string, cause?: unknown, ofDocument = false): IngestionFailure {
  return new IngestionFailure('EMBEDDING_UNAVAILABLE', `The embedding model ${what}.`, { cause, ofDocument });
}
