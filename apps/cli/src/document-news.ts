import type { ApiClient } from './api-client';
import { eventSchema, type ToldDocument } from './api-schemas';
import type { Clock } from './terminal';

/**
 * What the server tells of documents, by one stream for all that are followed: one request, however many there are.
 * Where the stream is refused, or cannot be had again once it has ended, nothing is told and followers ask instead.
 */
export interface News extends ToldDocument {
  /** Grows with each event. */
  readonly number: number;
  readonly isDeleted: boolean;
}

/** A document of which nothing is heard for this long is asked after: events may be missed, never an end. */
const QUIET_MS = 30_000;
/** Latest news of documents, most of which may be other people's. */
const MOST_KEPT = 100_000;
/** Waits before the stream is asked for again: a server that is restarted is back by then. */
const AGAIN_AFTER_MS = [1_000, 2_000, 4_000, 8_000, 15_000];

export class DocumentNews {
  private readonly latest = new Map<string, News>();
  private readonly waiting = new Map<string, () => void>();
  private readonly ending = new AbortController();
  private lastEventId: string | undefined;
  private live = false;
  private reading: Promise<void> = Promise.resolve();

  constructor(
    private readonly client: Pick<ApiClient, 'openEvents'>,
    private readonly clock: Clock,
    private readonly collection: string | undefined,
  ) {}

  /** Whether there is a stream, or one is expected again. */
  get isLive(): boolean {
    return this.live;
  }

  /** Resolves once it is told of whatever happens from now on, or it is known that nothing will be told. */
  async open(signal: AbortSignal): Promise<void> {
    const over = AbortSignal.any([signal, this.ending.signal]);
    const events = await this.connect(over);
    this.live = events !== undefined;
    if (events !== undefined) this.reading = this.follow(events, over);
  }

  async close(): Promise<void> {
    this.ending.abort(new Error('Nothing is followed any more.'));
    await this.reading;
  }

  /**
   * The latest of a document that is newer than what is known.
   * @returns nothing where nothing was told for a while, or nothing will be
   * @throws the signal's reason
   */
  async next(id: string, known: number, signal: AbortSignal): Promise<News | undefined> {
    if (this.isNewer(id, known)) return this.latest.get(id);
    if (!this.live) return undefined;
    const told = new AbortController();
    this.waiting.set(id, () => told.abort(told));
    try {
      await this.clock.sleep(QUIET_MS, AbortSignal.any([signal, told.signal]));
    } catch (error) {
      if (error !== told) throw error;
    } finally {
      this.waiting.delete(id);
    }
    return this.isNewer(id, known) ? this.latest.get(id) : undefined;
  }

  private isNewer(id: string, known: number): boolean {
    return (this.latest.get(id)?.number ?? -1) > known;
  }

  private async follow(first: AsyncIterable<string>, signal: AbortSignal): Promise<void> {
    for (let events: AsyncIterable<string> | undefined = first; events !== undefined;) {
      try {
        for await (const block of events) this.take(block);
      } catch {
        // Broken off: what it would have told comes with the next one.
      }
      events = await this.reconnect(signal);
    }
    this.live = false;
    for (const wake of this.waiting.values()) wake();
  }

  private async reconnect(signal: AbortSignal): Promise<AsyncIterable<string> | undefined> {
    for (const waitMs of AGAIN_AFTER_MS) {
      try {
        await this.clock.sleep(waitMs, signal);
      } catch {
        return undefined;
      }
      const events = await this.connect(signal);
      if (events !== undefined) return events;
    }
    return undefined;
  }

  private async connect(signal: AbortSignal): Promise<AsyncIterable<string> | undefined> {
    if (signal.aborted) return undefined;
    return this.client.openEvents(this.collection, this.lastEventId, signal);
  }

  private take(block: string): void {
    const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
    const [id, type, data] = [field('id'), field('event'), field('data')];
    // A comment is a sign of life and nothing more.
    if (id === undefined || data === undefined) return;
    this.lastEventId = id;
    const told = eventSchema.parse(JSON.parse(data));
    this.latest.delete(told.documentId);
    this.latest.set(told.documentId, { ...told, number: Number(id), isDeleted: type === 'document.deleted' });
    const [oldest] = this.latest.size > MOST_KEPT ? this.latest.keys() : [];
    if (oldest !== undefined) this.latest.delete(oldest);
    this.waiting.get(told.documentId)?.();
  }
}
