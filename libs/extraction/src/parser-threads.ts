import { IngestionFailure } from '@vectorlane/errors';
import { ParserThread, type ParserThreadOptions } from './parser-thread';
import type { ExtractedDocument, ExtractionSource, TextExtractor } from './text-extractor';

export interface ParserThreadsOptions extends ParserThreadOptions {
  /** Most threads at once: as many as documents are worked on, so that none waits for the parser of another. */
  readonly threads: number;
}

/** More than this many files waiting for a thread is no queue, but a fault. */
const MAX_WAITING = 256;
/** The heap of a thread that read a file this large goes back with the thread. */
const LARGE_FILE_BYTES = 8 * 1024 * 1024;

/** Parser threads, started when they are needed and kept while they are well. */
export class ParserThreads {
  private readonly idle: ParserThread[] = [];
  private readonly busy = new Set<ParserThread>();
  private readonly waiting: { take: (thread: ParserThread) => void; refuse: (reason: Error) => void }[] = [];
  private closed = false;

  constructor(private readonly options: ParserThreadsOptions) {}

  /** @throws IngestionFailure as `ParserThread.parse` does, and the signal's reason */
  async parse(format: string, source: ExtractionSource, signal: AbortSignal): Promise<ExtractedDocument> {
    signal.throwIfAborted();
    const thread = await this.acquire(signal);
    try {
      return await thread.parse(format, source, signal);
    } finally {
      this.release(thread, source.bytes.byteLength >= LARGE_FILE_BYTES);
    }
  }

  /** Ends all threads; what they had in hand fails and is taken up again after the next start. */
  async close(): Promise<void> {
    this.closed = true;
    for (const { refuse } of this.waiting.splice(0)) refuse(closing());
    await Promise.all([...this.idle.splice(0), ...this.busy].map((thread) => thread.end()));
  }

  private acquire(signal: AbortSignal): Promise<ParserThread> {
    if (this.closed) return Promise.reject(closing());
    const thread = this.takeIdle() ?? this.start();
    if (thread !== undefined) return Promise.resolve(thread);
    if (this.waiting.length >= MAX_WAITING) {
      return Promise.reject(new IngestionFailure('TIMEOUT', 'Too many files wait for a parser.'));
    }
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.waiting.splice(this.waiting.indexOf(waiter), 1);
        reject(signal.reason as Error);
      };
      const waiter = {
        take: (free: ParserThread): void => {
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

  private takeIdle(): ParserThread | undefined {
    for (let thread = this.idle.pop(); thread !== undefined; thread = this.idle.pop()) {
      if (!thread.usable) continue;
      this.busy.add(thread);
      return thread;
    }
    return undefined;
  }

  private start(): ParserThread | undefined {
    if (this.busy.size >= this.options.threads) return undefined;
    const thread = new ParserThread(this.options);
    this.busy.add(thread);
    return thread;
  }

  private release(thread: ParserThread, wasLarge: boolean): void {
    this.busy.delete(thread);
    if (this.closed || wasLarge || !thread.usable) void thread.end();
    else this.idle.push(thread);
    const next = this.closed ? undefined : this.waiting.shift();
    if (next === undefined) return;
    const free = this.takeIdle() ?? this.start();
    if (free !== undefined) next.take(free);
  }
}

function closing(): IngestionFailure {
  return new IngestionFailure('INTERNAL_ERROR', 'The service is shutting down.');
}

/** A fast format as the rest of the program meets it: same face, parsed in a thread. */
export class ThreadedExtractor implements TextExtractor {
  readonly format: string;
  readonly lane: TextExtractor['lane'];
  readonly extensions: readonly string[];
  readonly mediaTypes: readonly string[];

  constructor(
    extractor: TextExtractor,
    private readonly threads: ParserThreads,
  ) {
    this.format = extractor.format;
    this.lane = extractor.lane;
    this.extensions = extractor.extensions;
    this.mediaTypes = extractor.mediaTypes;
  }

  extract(source: ExtractionSource, signal: AbortSignal): Promise<ExtractedDocument> {
    return this.threads.parse(this.format, source, signal);
  }
}
