import { IngestionFailure } from '@vectorlane/errors';
import { Worker } from 'node:worker_threads';
import { unpackDocument } from './document-transfer';
import type { ExtractedDocument, ExtractionSource } from './text-extractor';
import type { ExtractionReply, ExtractionRequest } from './thread-protocol';

export interface ParserThreadOptions {
  /** Heap of one thread; a file that needs more ends its thread, never the program. */
  readonly maxHeapMegabytes: number;
  /** Compiled entry of the thread. */
  readonly entry: string;
}

/** One worker thread, one file at a time. It ends with the first file that is aborted or kills it. */
export class ParserThread {
  private readonly worker: Worker;
  private ready = false;
  private dead: Error | undefined;
  private settle: { resolve: (reply: ExtractionReply) => void; reject: (reason: unknown) => void } | undefined;

  constructor({ maxHeapMegabytes, entry }: ParserThreadOptions) {
    this.worker = new Worker(entry, { name: 'parser', resourceLimits: { maxOldGenerationSizeMb: maxHeapMegabytes } });
    // Only work holds the process.
    this.worker.unref();
    this.worker.on('message', (reply: ExtractionReply) => {
      if (reply.kind === 'ready') this.ready = true;
      else this.settle?.resolve(reply);
    });
    this.worker.on('messageerror', (error) => this.die(error));
    this.worker.on('error', (error) => this.die(error));
    this.worker.on('exit', (code) => this.die(new Error(`the parser thread ended with code ${code}`)));
  }

  /** Whether it can still take a file. */
  get usable(): boolean {
    return this.dead === undefined;
  }

  /**
   * Parses one file; never two at once.
   * @throws IngestionFailure the parser's own, `PARSER_CRASHED` when the thread dies of the file, `INTERNAL_ERROR` when
   *   the thread cannot be started or its parser breaks its promise
   * @throws the signal's reason, and then the thread is ended: there is no other way to stop a parser
   */
  async parse(format: string, source: ExtractionSource, signal: AbortSignal): Promise<ExtractedDocument> {
    const reply = await this.request(format, source, signal);
    if (reply.kind === 'document') return unpackDocument(reply.document);
    if (reply.kind === 'failure') {
      throw new IngestionFailure(
        reply.code,
        reply.message,
        reply.cause === undefined ? {} : { cause: new Error(reply.cause) },
      );
    }
    const cause = new Error(reply.kind === 'error' ? reply.stack : 'unexpected reply');
    throw new IngestionFailure('INTERNAL_ERROR', 'The parser met an error of its own in this file.', { cause });
  }

  async end(): Promise<void> {
    // Ended by us, at a shutdown or for a caller that gave up: no fault of the file in hand.
    this.die(new IngestionFailure('INTERNAL_ERROR', 'The parser was stopped before it had read this file.'));
    await this.worker.terminate();
  }

  private async request(format: string, source: ExtractionSource, signal: AbortSignal): Promise<ExtractionReply> {
    signal.throwIfAborted();
    if (this.dead !== undefined) throw this.failure(this.dead);
    // A copy, as the caller's bytes may be a view of something larger, and are needed again for the next attempt.
    const bytes = new Uint8Array(source.bytes);
    const request: ExtractionRequest = {
      format,
      bytes,
      filename: source.filename,
      ...(source.declaredCharset !== undefined && { declaredCharset: source.declaredCharset }),
    };
    const abort = (): void => {
      this.settle?.reject(signal.reason);
      void this.end();
    };
    this.worker.ref();
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await new Promise((resolve, reject) => {
        this.settle = { resolve, reject };
        this.worker.postMessage(request, [bytes.buffer]);
      });
    } finally {
      this.settle = undefined;
      signal.removeEventListener('abort', abort);
      this.worker.unref();
    }
  }

  /** The first cause counts; an exit follows every error. */
  private die(cause: Error): void {
    this.dead ??= cause;
    this.settle?.reject(this.failure(this.dead));
  }

  private failure(cause: Error): IngestionFailure {
    if (cause instanceof IngestionFailure) return cause;
    if (!this.ready) {
      return new IngestionFailure('INTERNAL_ERROR', 'The parser could not be started.', { cause });
    }
    const outOfMemory = (cause as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY';
    const message = outOfMemory
      ? 'The parser needs more memory for this file than it may have.'
      : 'The parser stopped while it read this file.';
    return new IngestionFailure('PARSER_CRASHED', message, { cause });
  }
}
