import { setMaxListeners } from 'node:events';
import { isAboutReading } from '@vectorlane/domain';
import type { ApiClient } from './api-client';
import type { UploadAnswer } from './api-schemas';
import { ApiProblem, ServerUnreachable, UnexpectedAnswer, UnreadableFile } from './api-errors';
import { DocumentNews } from './document-news';
import type { FoundFile } from './found-files';
import type { IngestionTally, Outcome } from './ingestion-tally';
import { IngestionStalled, LaneFollowers, type Uploaded } from './lane-followers';
import type { Clock } from './terminal';

/**
 * Uploads a list of files and follows each document to its end. Uploading runs ahead of the server's work: waiting
 * documents are safe there, and a large one at the front holds up no other upload.
 */
export interface IngestionObserver {
  /** Something in the tally has changed. */
  changed(): void;
  /** A file did not get in, or its document failed. */
  unsuccessful(file: FoundFile, outcome: Outcome, code: string, message: string): void;
  /** A document completed of which not everything was read, or can be found by its meaning. */
  incomplete(file: FoundFile, missing: Missing): void;
}

/** What of a completed document was not read. */
export interface Missing {
  readonly pagesWithoutText: readonly number[];
  readonly notes: readonly string[];
}

/** Whether what there is to say of it is not about its reading. */
export function isWhollyRead({ pagesWithoutText, notes }: Missing): boolean {
  return pagesWithoutText.length === 0 && !notes.some(isAboutReading);
}

export interface IngestionRunOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly tally: IngestionTally;
  readonly observer: IngestionObserver;
  /** Uploads at once, and documents followed at once in each lane. */
  readonly concurrency: number;
  /** Where the documents go; left out: where the key's documents go by themselves. */
  readonly collection?: string | undefined;
  /** What each file is called there, so that other bytes of it are a revision; left out: by its bytes alone. */
  readonly externalId?: ((file: FoundFile) => string) | undefined;
  /** Sent with each file, beside its folder as `path`. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

export class IngestionRun {
  private readonly controller = new AbortController();
  private readonly news: DocumentNews;
  private readonly followers: LaneFollowers;
  private readonly seen = new Set<string>();
  /** Made by an upload of this run: of two alike that race, the "duplicate" may be answered first. */
  private readonly made = new Set<string>();

  constructor(private readonly options: IngestionRunOptions) {
    setMaxListeners(0, this.controller.signal);
    const { client, clock, concurrency, tally, observer, collection } = options;
    this.news = new DocumentNews(client, clock, collection);
    this.followers = new LaneFollowers({
      client,
      news: this.news,
      clock,
      signal: this.controller.signal,
      followedAtOnce: concurrency,
      onProgress: (file, percent) => {
        tally.advance(file, percent);
        observer.changed();
      },
    });
  }

  /**
   * @throws what ended the run early: the signal's reason, or an error that concerns every file (no server, bad key,
   * no progress). The tally then holds what was done until then, and nothing of the run goes on.
   */
  async run(files: readonly FoundFile[], signal: AbortSignal): Promise<void> {
    const stop = () => this.controller.abort(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      // Before the first upload, so that nothing of it is missed.
      if (files.length > 0) await this.news.open(this.controller.signal);
      const queue = files.values();
      const uploaders = Array.from({ length: this.options.concurrency }, () => this.guard(() => this.uploadAll(queue)));
      await Promise.all(uploaders);
      // Followers are started by uploads alone, so by now all there will ever be are known.
      await this.followers.idle();
    } finally {
      await this.news.close();
      signal.removeEventListener('abort', stop);
    }
    if (this.controller.signal.aborted) throw this.controller.signal.reason;
  }

  /** The first error nobody below could place ends the whole run; the others then meet the aborted signal. */
  private async guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.controller.abort(error);
    }
  }

  private async uploadAll(queue: Iterator<FoundFile>): Promise<void> {
    for (let next = queue.next(); next.done !== true; next = queue.next()) {
      if (this.controller.signal.aborted) return;
      await this.upload(next.value);
    }
  }

  private async upload(file: FoundFile): Promise<void> {
    const { client, clock, metadata, tally, observer, collection, externalId } = this.options;
    tally.currentFile = file.path;
    observer.changed();
    let answer: UploadAnswer;
    try {
      const sent = { ...(file.folder !== undefined && { path: file.folder }), ...metadata };
      const to = { collection, externalId: externalId?.(file) };
      answer = await client.uploadDocument(file.location, file.name, sent, this.controller.signal, to);
    } catch (error) {
      if (this.controller.signal.aborted || concernsEveryFile(error)) throw error;
      const { code, message } = shown(error);
      this.settleBadly(file, error instanceof UnreadableFile ? 'unreadable' : 'refused', code, message);
      return;
    }
    tally.take(file);
    const duplicate = answer.duplicate === true;
    if (!duplicate) this.made.add(answer.id);
    if (this.seen.has(answer.id)) {
      // The same bytes twice in one run: the first of them is being followed.
      this.settleWell(file, 'duplicate', 0);
      return;
    }
    this.seen.add(answer.id);
    if (duplicate && answer.status === 'completed') {
      this.settleWell(file, 'duplicate', 0);
    } else if (duplicate && answer.status === 'failed') {
      const { code, message } = answer.failure ?? { code: 'FAILED', message: 'it failed' };
      const advice = `uploaded before and failed then: ${message} (try again: POST /api/documents/${answer.id}/retry)`;
      this.settleBadly(file, 'failed', code, advice);
    } else {
      observer.changed();
      const revision = answer.pendingRevision ? answer.revision + 1 : answer.revision;
      const upload = { id: answer.id, revision, at: clock.now() };
      this.followers.add(answer.lane, () => this.guard(() => this.follow(file, upload)));
    }
  }

  private async follow(file: FoundFile, upload: Uploaded): Promise<void> {
    const { tally, observer } = this.options;
    try {
      const document = await this.followers.untilSettled(file, upload);
      if (document.status === 'completed') {
        const missing = document.coverage;
        if (missing && missing.pagesWithoutText.length + missing.notes.length > 0) {
          if (!isWhollyRead(missing)) tally.incomplete += 1;
          observer.incomplete(file, missing);
        }
        if (this.made.has(upload.id)) this.settleWell(file, 'completed', document.chunkCount ?? 0);
        else this.settleWell(file, 'duplicate', 0);
      } else {
        const { code, message } = document.failure ?? { code: 'FAILED', message: 'it failed' };
        this.settleBadly(file, 'failed', code, message);
      }
    } catch (error) {
      if (this.controller.signal.aborted || concernsEveryFile(error)) throw error;
      const { code, message } = shown(error);
      this.settleBadly(file, 'failed', code, message);
    }
  }

  private settleWell(file: FoundFile, outcome: Outcome, chunks: number): void {
    this.options.tally.settle(file, outcome, chunks);
    this.options.observer.changed();
  }

  private settleBadly(file: FoundFile, outcome: Outcome, code: string, message: string): void {
    this.options.tally.settle(file, outcome);
    this.options.observer.unsuccessful(file, outcome, code, message);
    this.options.observer.changed();
  }
}

function concernsEveryFile(error: unknown): boolean {
  if (error instanceof ApiProblem) return error.concernsEveryRequest;
  // A refused connection after all tries: the server is gone. A broken one may be about this file.
  if (error instanceof ServerUnreachable) return error.refused;
  return error instanceof UnexpectedAnswer || error instanceof IngestionStalled;
}

function shown(error: unknown): { code: string; message: string } {
  if (error instanceof ApiProblem) {
    const request = error.requestId === undefined ? '' : ` (request ${error.requestId})`;
    return { code: error.code, message: error.detail + request };
  }
  if (error instanceof UnreadableFile) return { code: error.code, message: error.message };
  // Whatever is no refusal and no bad file is a broken program or connection; the class names which.
  return {
    code: error instanceof Error ? error.name : 'ERROR',
    message: error instanceof Error ? error.message : String(error),
  };
}
