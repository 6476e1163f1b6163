import { DocumentFailed, hasCode, TimedOut, VectorlaneError } from './errors.ts';
import type { StreamEvent } from './event-stream.ts';
import { sleep } from './retry.ts';
import type { CallOptions, Document } from './types.ts';

export interface Progress {
  readonly status: Document['status'];
  readonly stage: Document['stage'];
  readonly percent: number;
}

export interface WaitOptions extends CallOptions {
  readonly timeoutMs?: number;
  readonly onProgress?: (progress: Progress) => void;
}

export interface Watched {
  getDocument(id: string, options: CallOptions): Promise<Document>;
  events(id: string, lastEventId: string | undefined, signal: AbortSignal): AsyncGenerator<StreamEvent>;
}

const FIRST_POLL_MS = 250;
const LONGEST_POLL_MS = 5_000;
/** Streams that fail without having told anything, after which only polling is left. */
const MOST_SILENT_STREAMS = 3;

const WAIT_MS = 15 * 60_000;

/**
 * Waits for the document, and for newer content on its way to it, by its events; where no stream can be had, by asking.
 * @throws DocumentFailed, TimedOut, the signal's reason, or what asking for the document throws
 */
export async function untilDone(watched: Watched, id: string, options: WaitOptions = {}): Promise<Document> {
  const { signal, timeoutMs = WAIT_MS, onProgress } = options;
  const deadline = AbortSignal.timeout(timeoutMs);
  const until = signal ? AbortSignal.any([signal, deadline]) : deadline;
  try {
    const document = await follow(watched, id, until, onProgress);
    if (document.status === 'failed') throw new DocumentFailed(document, document.failure);
    if (document.pendingRevision) throw new DocumentFailed(document, document.pendingRevision.failure);
    return document;
  } catch (error) {
    signal?.throwIfAborted();
    if (deadline.aborted) throw new TimedOut(`Document ${id} is not done after ${timeoutMs / 1_000} seconds.`);
    throw error;
  }
}

async function follow(
  watched: Watched,
  id: string,
  until: AbortSignal,
  onProgress: WaitOptions['onProgress'],
): Promise<Document> {
  let lastEventId: string | undefined;
  let pollMs = FIRST_POLL_MS;
  let silentStreams = 0;
  let document = await watched.getDocument(id, { signal: until });
  while (!isDone(document)) {
    if (silentStreams < MOST_SILENT_STREAMS) {
      silentStreams += 1;
      try {
        for await (const event of watched.events(id, lastEventId, until)) {
          lastEventId = event.id ?? lastEventId;
          silentStreams = 0;
          pollMs = FIRST_POLL_MS;
          if (event.type === 'document.progress') {
            onProgress?.(JSON.parse(event.data) as Progress);
          } else if (event.type !== 'document.accepted') {
            // Events of earlier content come too: the document itself says whether it is done.
            document = await watched.getDocument(id, { signal: until });
            if (isDone(document)) return document;
          }
        }
      } catch (error) {
        until.throwIfAborted();
        if (!(error instanceof VectorlaneError)) throw error;
        if (hasCode(error, 'EVENTS_GONE')) lastEventId = undefined;
        if (hasCode(error, 'DOCUMENT_NOT_FOUND')) throw error;
      }
    }
    await sleep(pollMs * (0.75 + Math.random() / 4), until);
    pollMs = Math.min(LONGEST_POLL_MS, pollMs * 1.5);
    document = await watched.getDocument(id, { signal: until });
    if (silentStreams >= MOST_SILENT_STREAMS) {
      onProgress?.({ status: document.status, stage: document.stage, percent: document.percent });
    }
  }
  return document;
}

function isDone({ status, pendingRevision }: Document): boolean {
  return [status, pendingRevision?.status ?? 'completed'].every((it) => it === 'completed' || it === 'failed');
}
