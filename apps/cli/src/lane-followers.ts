import { pollIntervalMs } from '@vectorlane/time';
import type { ApiClient } from './api-client';
import type { FollowedDocument } from './api-schemas';
import type { DocumentNews, News } from './document-news';
import type { FoundFile } from './found-files';
import type { Clock } from './terminal';

/**
 * Follows documents to their end, by what the server tells of them or, where it tells nothing, by asking for their
 * status. The server works each lane in the order of upload, so the oldest few of a lane are asked after and the rest
 * wait here: about two requests a document, however long the queue, and a slow lane hides no other's progress.
 */
export interface LaneFollowersOptions {
  readonly client: Pick<ApiClient, 'getDocument'>;
  readonly news: Pick<DocumentNews, 'isLive' | 'next'>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** In each lane. */
  readonly followedAtOnce: number;
  readonly onProgress: (file: FoundFile, percent: number) => void;
}

const FIRST_INTERVAL_MS = 150;
const MAX_INTERVAL_MS = 5_000;

/** Far beyond what one step of a document takes with the server's default timeouts and backoff. */
const STALLED_AFTER_MS = 15 * 60_000;

/** No followed document has changed in any way for a long time. */
export class IngestionStalled extends Error {
  override readonly name = 'IngestionStalled';
  constructor() {
    super(
      `No document has made any progress for ${STALLED_AFTER_MS / 60_000} minutes. Is a worker running? What is uploaded stays queued.`,
    );
  }
}

interface Lane {
  readonly waiting: (() => Promise<void>)[];
  active: number;
}

/** What an upload was answered. */
export interface Uploaded {
  readonly id: string;
  /** Of the content that was sent. */
  readonly revision: number;
  /** By the clock. */
  readonly at: number;
}

export class LaneFollowers {
  private readonly lanes = new Map<string, Lane>();
  private readonly running = new Set<Promise<void>>();
  private lastChangeAt: number;

  constructor(private readonly options: LaneFollowersOptions) {
    this.lastChangeAt = options.clock.now();
  }

  /**
   * Queues `follow`, which must not reject, behind the others of its lane; at most as many wait as files were given.
   */
  add(laneName: string, follow: () => Promise<void>): void {
    const lane = this.lanes.get(laneName) ?? { waiting: [], active: 0 };
    this.lanes.set(laneName, lane);
    lane.waiting.push(follow);
    if (lane.active >= this.options.followedAtOnce) return;
    lane.active += 1;
    const running = this.work(lane).finally(() => this.running.delete(running));
    this.running.add(running);
  }

  /** Resolves when nothing is followed any more; call it after the last `add`. */
  async idle(): Promise<void> {
    await Promise.all(this.running);
  }

  /**
   * Until the document is completed or failed.
   * @throws IngestionStalled, what the client throws, or the signal's reason.
   */
  async untilSettled(file: FoundFile, upload: Uploaded): Promise<FollowedDocument> {
    const { news, clock, signal, onProgress } = this.options;
    let lastSeen = '';
    /** @returns whether it has ended */
    const look = (document: FollowedDocument): boolean => {
      const { status, stage, percent, attempts, updatedAt } = document;
      const seen = JSON.stringify([status, stage, percent, attempts, updatedAt]);
      if (seen !== lastSeen) this.lastChangeAt = clock.now();
      lastSeen = seen;
      if (status === 'completed' || status === 'failed') return true;
      onProgress(file, percent ?? 0);
      if (clock.now() - this.lastChangeAt > STALLED_AFTER_MS) throw new IngestionStalled();
      return false;
    };
    for (let known = -1; news.isLive;) {
      const told = await news.next(upload.id, known, signal);
      known = told?.number ?? known;
      // An end of the content before, which is none of this one.
      if (told !== undefined && told.revision < upload.revision) continue;
      const document = await this.documentOf(upload, told);
      if (look(document)) return document;
    }
    return this.poll(upload, look);
  }

  /** What was told of it, or what is found by asking where that says too little. */
  private async documentOf({ id }: Uploaded, told: News | undefined): Promise<FollowedDocument> {
    const { client, signal } = this.options;
    if (told === undefined || told.isDeleted) return client.getDocument(id, signal);
    return { ...told, id };
  }

  /** Asks at growing intervals; at once for one that has waited its turn here. */
  private async poll({ id, at }: Uploaded, look: (document: FollowedDocument) => boolean): Promise<FollowedDocument> {
    const { client, clock, signal } = this.options;
    let waitMs = FIRST_INTERVAL_MS - (clock.now() - at);
    for (let intervalMs = FIRST_INTERVAL_MS; ; waitMs = intervalMs) {
      if (waitMs > 0) await clock.sleep(waitMs, signal);
      const document = await client.getDocument(id, signal);
      if (look(document)) return document;
      intervalMs = pollIntervalMs(intervalMs, MAX_INTERVAL_MS);
    }
  }

  private async work(lane: Lane): Promise<void> {
    for (let follow = lane.waiting.shift(); follow !== undefined; follow = lane.waiting.shift()) {
      if (this.options.signal.aborted) break;
      await follow();
    }
    lane.active -= 1;
  }
}
