import { signal } from '@preact/signals';
import { EventStreamParser } from '../../../../clients/typescript/src/event-stream';
import { CONSOLE_HEADER, isReachable, session } from './client';
import { type Change, changeOf } from './change';

type Listener = (change: Change) => void;

/** `live`: told at once; `polling`: the server has no stream, the page asks; `cut`: it does not answer. */
export const liveness = signal<'live' | 'polling' | 'cut'>('cut');

const POLL_MS = 2_000;
/** A server that had no stream may have been changed for one that has. */
const ASK_AGAIN_MS = 60_000;
const LONGEST_WAIT_MS = 30_000;
/** A stream gives a sign of life every 15 s. */
const SILENCE_MS = 45_000;

const listeners = new Set<Listener>();

/** @returns how to stop listening */
export function onChange(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell(change: Change): void {
  for (const listener of listeners) listener(change);
}

/** Follows the server until the signal is aborted; a stream that is cut goes on where it ended. */
export async function follow(until: AbortSignal): Promise<void> {
  let lastId: string | undefined;
  let failures = 0;
  while (!until.aborted) {
    const outcome = await stream(lastId, until, (id) => {
      lastId = id ?? lastId;
      failures = 0;
    });
    if (until.aborted) return;
    if (outcome === 'no-stream') {
      liveness.value = 'polling';
      for (let waited = 0; waited < ASK_AGAIN_MS && !until.aborted; waited += POLL_MS) {
        await pause(POLL_MS, until);
        tell({ kind: 'unknown' });
        liveness.value = isReachable.value ? 'polling' : 'cut';
      }
      continue;
    }
    if (outcome === 'too-old') {
      // What happened meanwhile is kept no longer: look at everything.
      lastId = undefined;
      tell({ kind: 'unknown' });
      continue;
    }
    liveness.value = 'cut';
    failures += 1;
    // Not all pages at once, when a server comes back.
    await pause(Math.min(LONGEST_WAIT_MS, 500 * 2 ** failures) * (0.5 + Math.random() / 2), until);
    tell({ kind: 'unknown' });
  }
}

type Outcome = 'ended' | 'no-stream' | 'too-old';

async function stream(
  lastId: string | undefined,
  until: AbortSignal,
  arrived: (id: string | undefined) => void,
): Promise<Outcome> {
  const silent = new AbortController();
  let timer = setTimeout(() => silent.abort(), SILENCE_MS);
  try {
    const response = await fetch('/api/events', {
      headers: {
        [CONSOLE_HEADER]: '1',
        Accept: 'text/event-stream',
        ...(lastId !== undefined && { 'Last-Event-ID': lastId }),
      },
      signal: AbortSignal.any([until, silent.signal]),
    });
    isReachable.value = true;
    if (response.status === 401) session.value = null;
    if (response.status === 404) return 'no-stream';
    if (response.status === 410) return 'too-old';
    if (!response.ok || response.body === null) return 'ended';
    liveness.value = 'live';
    arrived(undefined);
    const parser = new EventStreamParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return 'ended';
      clearTimeout(timer);
      timer = setTimeout(() => silent.abort(), SILENCE_MS);
      for (const event of parser.push(value)) {
        arrived(event.id);
        tell(changeOf(event.data));
      }
    }
  } catch {
    // Cut, silent or not to be reached: all the same, it is tried again.
    if (!until.aborted && !silent.signal.aborted) isReachable.value = false;
    return 'ended';
  } finally {
    clearTimeout(timer);
  }
}

function pause(ms: number, until: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      until.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    until.addEventListener('abort', end);
  });
}
