import { ConnectionFailed, TimedOut } from './errors.ts';
import { retryDelay, type RetryOptions, sleep } from './retry.ts';
import type { StreamEvent } from './event-stream.ts';
import type { CallOptions, EventBody, EventType } from './types.ts';

export interface DocumentEvent {
  /** For `lastEventId`, to go on after it another time. */
  readonly id: string;
  readonly type: EventType;
  readonly data: EventBody;
}

export interface EventsOptions extends CallOptions {
  /** Left out: all that the key may see. */
  readonly collection?: string | readonly string[];
  readonly documentId?: string;
  readonly types?: readonly EventType[];
  /** Left out: it begins with what happens from now on. */
  readonly lastEventId?: string;
}

/** Between a stream that has ended and the next one, at least. */
const PAUSE_MS = 1_000;

/**
 * Streams one after the other, each where the one before stood. Only trying in vain has an end.
 * @throws what opening a stream throws, or the signal's reason
 */
export async function* follow(
  open: (lastEventId: string | undefined, onOpen: () => void) => AsyncGenerator<StreamEvent>,
  retry: RetryOptions,
  { lastEventId, signal }: EventsOptions,
): AsyncGenerator<DocumentEvent> {
  let last = lastEventId;
  let tryNumber = 0;
  for (;;) {
    let pauseMs = PAUSE_MS;
    const onOpen = (): void => void (tryNumber = 0);
    try {
      for await (const event of open(last, onOpen)) {
        if (event.id === undefined) continue;
        last = event.id;
        yield { id: event.id, type: event.type as EventType, data: JSON.parse(event.data) as EventBody };
      }
    } catch (error) {
      signal?.throwIfAborted();
      tryNumber += 1;
      const delayMs = retryDelay(retry, { error, tryNumber, repeatable: true });
      if (delayMs === undefined) throw error;
      const isBroken = error instanceof ConnectionFailed || error instanceof TimedOut;
      pauseMs = isBroken ? Math.max(delayMs, PAUSE_MS) : delayMs;
    }
    await sleep(pauseMs, signal);
  }
}
