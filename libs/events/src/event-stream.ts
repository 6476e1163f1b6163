import type { Writable } from 'node:stream';
import { type DocumentEvent, type EventFilter, passes } from './event';
import type { EventPage } from './event-log.repository';

/** Longest a client may take to read what lies in its connection. */
const SLOWEST_MS = 30_000;
/** A client that does not even read why it is cut off. */
const FAREWELL_MS = 2_000;

export type ReadPage = (after: number, upTo: number, filter: EventFilter) => Promise<EventPage>;

/**
 * One open stream of Server-Sent Events. It is live as long as the client reads: then it takes what the feed reads for
 * all. A client that does not read is written nothing more, so that nothing piles up here; once it reads again, the
 * stream reads for itself what it has missed, until it is where the feed is.
 */
export class EventStream {
  private isLive = false;
  private blockedSince: number | undefined;
  private isOver = false;

  constructor(
    private readonly out: Writable,
    private readonly filter: EventFilter,
    /** Number of the last event that the client has, or does not want. */
    private position: number,
    private readonly onReady: () => void,
  ) {}

  get over(): boolean {
    return this.isOver;
  }

  /** It has something to read for itself, and a client that takes it. */
  get isBehind(): boolean {
    return !this.isLive && !this.isOver && this.blockedSince === undefined;
  }

  /** All that has happened after what was offered before, up to a number. */
  offer(events: readonly DocumentEvent[], upTo: number): void {
    if (!this.isLive || this.isOver) return;
    for (const event of events) {
      // What it has read for itself is not told twice.
      if (event.number <= this.position || !passes(this.filter, event)) continue;
      this.position = event.number;
      if (!this.write(textOf(event))) {
        this.isLive = false;
        return;
      }
    }
    this.position = Math.max(this.position, upTo);
  }

  /** One page of what it has missed. @param feedAt where the feed is now */
  async catchUp(read: ReadPage, feedAt: () => number): Promise<void> {
    if (this.position < feedAt()) {
      const { events, upTo } = await read(this.position, feedAt(), this.filter);
      for (const event of events) {
        if (this.isOver) return;
        this.position = event.number;
        if (!this.write(textOf(event))) return;
      }
      this.position = upTo;
    }
    // Nothing is awaited from here on: the feed cannot go on in between.
    this.isLive = !this.isOver && this.position >= feedAt();
  }

  /** A comment: proxies see that the connection is used, and we whether the client reads. */
  beat(now: number): void {
    if (this.isOver) return;
    if (this.blockedSince === undefined) {
      if (!this.write(': \n\n')) this.isLive = false;
    } else if (now - this.blockedSince > SLOWEST_MS) {
      this.end(': cut off, for this client does not read\n\n');
    }
  }

  /** @param last what the client is told */
  end(last: string): void {
    if (this.isOver) return;
    this.isOver = true;
    this.out.end(last);
    setTimeout(() => this.out.destroy(), FAREWELL_MS).unref();
  }

  /** The client has gone. */
  left(): void {
    this.isOver = true;
  }

  /** @returns whether the client takes more at once */
  private write(text: string): boolean {
    if (this.out.write(text)) return true;
    if (this.blockedSince === undefined) {
      this.blockedSince = performance.now();
      this.out.once('drain', () => {
        this.blockedSince = undefined;
        this.onReady();
      });
    }
    return false;
  }
}

function textOf({ number, type, at, body }: DocumentEvent): string {
  return `id: ${number}\nevent: ${type}\ndata: ${JSON.stringify({ ...body, at })}\n\n`;
}
