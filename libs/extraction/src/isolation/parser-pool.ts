import { IngestionFailure } from '@vectorlane/errors';
import { type OpenParser, ParserHost } from './parser-host';
import type { PageView, PageWish } from '../page-view';
import type { ExtractedDocument, ExtractionSource } from '../text-extractor';

export interface ParserPoolOptions {
  /** Most parsers at once: as many as documents are worked on, so that none waits for the parser of another. */
  readonly size: number;
  readonly open: OpenParser;
  /** Files after which a parser is ended, so that what it leaks goes with it. @default no bound */
  readonly maxFiles?: number;
  /**
   * Time without a file after which all parsers but the warm ones are ended and their memory given back. @default
   * kept
   */
  readonly idleMs?: number;
  /**
   * Resident memory beyond which a parser is ended after a file: what the file has left goes back. @default kept
   */
  readonly maxKeptBytes?: number;
  /** Idle parsers kept started, so that a file need not wait for the start of one. @default 0 */
  readonly warm?: number;
  /** Longest one file may keep a parser; the wait for a free one does not count. @default 60 s */
  readonly timeoutMs?: number;
}

/** More than this many files waiting for a parser is no queue, but a fault. */
const MAX_WAITING = 256;

/** Parser processes of one size, started when they are needed and kept while they are well. */
export class ParserPool {
  private readonly idle: ParserHost[] = [];
  private readonly busy = new Set<ParserHost>();
  /** Killed, but not gone yet. */
  private readonly ending = new Set<Promise<void>>();
  private readonly waiting: { take: (parser: ParserHost) => void; refuse: (reason: Error) => void }[] = [];
  private idleTimer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(private readonly options: ParserPoolOptions) {}

  /**
   * @throws IngestionFailure as `ParserHost.parse` does, `TIMEOUT` when the file takes longer than it may,
   *   `INTERNAL_ERROR` when too many files wait; the signal's reason
   */
  parse(format: string, source: ExtractionSource, signal: AbortSignal): Promise<ExtractedDocument> {
    return this.lend((parser, bound) => parser.parse(format, source, bound), signal);
  }

  /** Looks at one page; ends as `parse` does. */
  view(format: string, bytes: Uint8Array, page: PageWish, signal: AbortSignal): Promise<PageView> {
    return this.lend((parser, bound) => parser.view(format, bytes, page, bound), signal);
  }

  private async lend<T>(work: (parser: ParserHost, bound: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    const parser = await this.acquire(signal);
    const { timeoutMs = 60_000 } = this.options;
    const bound = new AbortController();
    const abort = (): void => bound.abort(signal.reason);
    const timer = setTimeout(
      () => bound.abort(new IngestionFailure('TIMEOUT', `Reading this file took longer than ${timeoutMs} ms.`)),
      timeoutMs,
    );
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await work(parser, bound.signal);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      this.release(parser);
    }
  }

  /** Starts the parsers that are kept warm. */
  prepare(): void {
    const { size, warm = 0 } = this.options;
    while (!this.closed && this.idle.length < warm && this.idle.length + this.busy.size < size) {
      this.idle.push(new ParserHost(this.options.open));
    }
  }

  /** Ends all parsers and sees them gone; what they had in hand fails and is taken up again after the next start. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.idleTimer);
    for (const { refuse } of this.waiting.splice(0)) refuse(closing());
    for (const parser of [...this.idle.splice(0), ...this.busy]) this.end(parser);
    await Promise.all(this.ending);
  }

  private acquire(signal: AbortSignal): Promise<ParserHost> {
    if (this.closed) return Promise.reject(closing());
    const parser = this.takeIdle() ?? this.start();
    if (parser !== undefined) return Promise.resolve(parser);
    if (this.waiting.length >= MAX_WAITING) {
      return Promise.reject(new IngestionFailure('INTERNAL_ERROR', 'Too many files wait for a parser.'));
    }
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.waiting.splice(this.waiting.indexOf(waiter), 1);
        reject(signal.reason as Error);
      };
      const waiter = {
        take: (free: ParserHost): void => {
          signal.removeEventListener('abort', leave);
          resolve(free);
        },
        refuse: (reason: Error): void => {
          signal.removeEventListener('abort', leave);
          reject(reason);
        },
      };
      signal.addEventListener('abort', leave, { once: true });
      this.waiting.push(waiter);
    });
  }

  private takeIdle(): ParserHost | undefined {
    for (let parser = this.idle.pop(); parser !== undefined; parser = this.idle.pop()) {
      if (!parser.usable) continue;
      this.busy.add(parser);
      return parser;
    }
    return undefined;
  }

  private start(): ParserHost | undefined {
    if (this.busy.size >= this.options.size) return undefined;
    const parser = new ParserHost(this.options.open);
    this.busy.add(parser);
    return parser;
  }

  private release(parser: ParserHost): void {
    const { maxFiles = Infinity, maxKeptBytes = Infinity } = this.options;
    this.busy.delete(parser);
    const isSpent = parser.files >= maxFiles || parser.residentBytes > maxKeptBytes;
    if (this.closed || isSpent || !parser.usable) this.end(parser);
    else this.keep(parser);
    const next = this.closed ? undefined : this.waiting.shift();
    if (next === undefined) return this.prepare();
    const free = this.takeIdle() ?? this.start();
    if (free !== undefined) next.take(free);
  }

  private keep(parser: ParserHost): void {
    this.idle.push(parser);
    const { idleMs } = this.options;
    if (idleMs === undefined) return;
    clearTimeout(this.idleTimer);
    this.idleTimer = setTimeout(() => this.endUnused(), idleMs).unref();
  }

  private endUnused(): void {
    for (const unused of this.idle.splice(this.options.warm ?? 0)) this.end(unused);
  }

  private end(parser: ParserHost): void {
    const ended = parser.end().finally(() => this.ending.delete(ended));
    this.ending.add(ended);
  }
}

function closing(): IngestionFailure {
  return new IngestionFailure('INTERNAL_ERROR', 'The service is shutting down.');
}
