import { IngestionFailure } from '@vectorlane/errors';
import { unpackDocument } from './document-transfer';
import {
  type FileDescription,
  type Outcome,
  type ParserReply,
  type ParserRequest,
  partsOf,
  PartsBuffer,
} from './parser-protocol';
import type { PageView, PageWish } from '../page-view';
import type { ExtractedDocument, ExtractionSource } from '../text-extractor';

/** The way to one parser process. */
export interface ParserChannel {
  /** Resolves when the request is on its way, or when there is nobody to receive it. */
  send(request: ParserRequest): Promise<void>;
  /** Keeps this program running until `release`: a file is being parsed. */
  hold(): void;
  release(): void;
  /** Ends the parser wherever it is; resolves when it is gone. May be called at any time, and more than once. */
  kill(): Promise<void>;
}

export interface ParserEvents {
  reply(reply: ParserReply): void;
  /** Once it is gone, whatever the reason; only the first call counts. */
  died(death: ParserDeath): void;
}

/** @throws Error when the parser cannot even be begun */
export type OpenParser = (events: ParserEvents) => ParserChannel;

export interface ParserDeath {
  readonly of: 'memory' | 'kill' | 'crash';
  readonly cause: Error;
}

/** The parser was ended because the file needs more memory than this parser may have. */
export class MemoryExceededFailure extends IngestionFailure {
  constructor(cause: Error) {
    super('PARSER_CRASHED', DEATHS.memory, { cause });
  }
}

const DEATHS: Readonly<Record<ParserDeath['of'], string>> = {
  memory: 'The parser needs more memory for this file than it may have. Split the file into smaller ones.',
  kill: 'The parser was killed while it read this file, most likely because memory ran out.',
  crash: 'The parser stopped while it read this file.',
};

/** One parser, one file at a time. It ends with the first file that is aborted or kills it. */
export class ParserHost {
  private readonly channel: ParserChannel | undefined;
  private ready = false;
  private dead: ParserDeath | IngestionFailure | undefined;
  private settle: { resolve: (reply: Outcome) => void; reject: (reason: unknown) => void } | undefined;
  private readonly parts = new PartsBuffer();
  private taken = 0;
  private resident = 0;

  constructor(open: OpenParser) {
    try {
      this.channel = open({
        reply: (reply) => {
          if (reply.kind === 'ready') this.ready = true;
          else if (reply.kind === 'part') this.parts.add(reply.bytes, reply.size);
          else this.outcome(reply);
        },
        died: (death) => this.die(death),
      });
    } catch (error) {
      this.die({ of: 'crash', cause: error instanceof Error ? error : new Error(String(error)) });
    }
  }

  /** Whether it can still take a file. */
  get usable(): boolean {
    return this.dead === undefined;
  }

  /** Files it was given so far. */
  get files(): number {
    return this.taken;
  }

  /** Memory that it held after its last file, in bytes. */
  get residentBytes(): number {
    return this.resident;
  }

  /**
   * Parses one file; never two at once.
   * @throws IngestionFailure the parser's own, `PARSER_CRASHED` when the parser dies of the file, `INTERNAL_ERROR` when
   *   it cannot be started, is stopped by us or breaks its promise
   * @throws the signal's reason, and then the parser is ended: there is no other way to stop it
   */
  async parse(format: string, source: ExtractionSource, signal: AbortSignal): Promise<ExtractedDocument> {
    const { bytes, filename, declaredCharset, recognition, options } = source;
    const file = {
      format,
      filename,
      ...(declaredCharset !== undefined && { declaredCharset }),
      ...(recognition !== undefined && { recognition }),
      ...(options !== undefined && { options }),
    };
    const reply = await this.request(file, bytes, signal);
    if (reply.kind !== 'document') throw failureIn(reply);
    const text = { bytes: this.parts.take(), encoding: reply.document.text.encoding };
    return unpackDocument({ ...reply.document, text });
  }

  /** Looks at one page; ends as `parse` does. */
  async view(format: string, bytes: Uint8Array, page: PageWish, signal: AbortSignal): Promise<PageView> {
    const reply = await this.request({ format, filename: '', page }, bytes, signal);
    if (reply.kind !== 'page') throw failureIn(reply);
    return { ...reply.page, picture: this.parts.take() };
  }

  async end(): Promise<void> {
    // Ended by us, at a shutdown or for a caller that gave up: no fault of the file in hand.
    this.die(new IngestionFailure('INTERNAL_ERROR', 'The parser was stopped before it had read this file.'));
    await this.channel?.kill();
  }

  private async request(file: FileDescription, bytes: Uint8Array, signal: AbortSignal): Promise<Outcome> {
    signal.throwIfAborted();
    const { channel } = this;
    if (this.dead !== undefined || channel === undefined) throw this.failure();
    this.taken += 1;
    const abort = (): void => {
      this.settle?.reject(signal.reason);
      void this.end();
    };
    channel.hold();
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await new Promise((resolve, reject) => {
        this.settle = { resolve, reject };
        void this.hand(channel, file, bytes);
      });
    } finally {
      this.settle = undefined;
      signal.removeEventListener('abort', abort);
      channel.release();
    }
  }

  private async hand(channel: ParserChannel, file: FileDescription, bytes: Uint8Array): Promise<void> {
    await channel.send({ kind: 'file', ...file, size: bytes.byteLength });
    for (const part of partsOf(bytes)) {
      // Aborted or dead: the rest has nobody to go to.
      if (this.settle === undefined) return;
      await channel.send({ kind: 'bytes', bytes: part });
    }
  }

  private outcome(reply: Extract<ParserReply, Outcome>): void {
    this.resident = reply.residentBytes;
    this.settle?.resolve(reply);
  }

  /** The first cause counts. */
  private die(death: ParserDeath | IngestionFailure): void {
    this.dead ??= death;
    this.settle?.reject(this.failure());
  }

  private failure(): IngestionFailure {
    const { dead } = this;
    if (dead instanceof IngestionFailure) return dead;
    if (dead === undefined || !this.ready) {
      return new IngestionFailure('INTERNAL_ERROR', 'The parser could not be started.', { cause: dead?.cause });
    }
    if (dead.of === 'memory') return new MemoryExceededFailure(dead.cause);
    return new IngestionFailure('PARSER_CRASHED', DEATHS[dead.of], { cause: dead.cause });
  }
}

function failureIn(reply: Outcome): IngestionFailure {
  if (reply.kind === 'failure') {
    return new IngestionFailure(
      reply.code,
      reply.message,
      reply.cause === undefined ? {} : { cause: new Error(reply.cause) },
    );
  }
  const cause = new Error(reply.kind === 'error' ? reply.stack : `It answered with a ${reply.kind}.`);
  return new IngestionFailure('INTERNAL_ERROR', 'The parser met an error of its own in this file.', { cause });
}
