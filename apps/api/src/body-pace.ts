import type { IncomingMessage } from 'node:http';
import { Problem } from '@vectorlane/errors';

/** A client that sends nothing for this long has gone, whatever its socket says. */
const IDLE_MS = 30_000;
/** A start may be slow; from then on a body that comes slower than this, on the average, only takes up its place. */
const GRACE_MS = 10_000;
const LEAST_BYTES_PER_SECOND = 1_024;
const LOOK_MS = 1_000;

/**
 * Watches that a body comes, and not too slowly. Time in which we do not read is not the client's, nor what we take
 * once all of it is here.
 * @param giveUp called once, with what to refuse the request with
 * @returns stops watching
 */
export function watchPace(request: IncomingMessage, giveUp: (problem: Problem) => void): () => void {
  let bytes = 0;
  let elapsedMs = 0;
  let idleMs = 0;
  let lookedAt = performance.now();
  const onData = (part: Buffer): void => {
    bytes += part.length;
    idleMs = 0;
  };
  const look = (): void => {
    const now = performance.now();
    const passedMs = now - lookedAt;
    lookedAt = now;
    if (request.isPaused() || request.complete) return;
    elapsedMs += passedMs;
    idleMs += passedMs;
    const isSlow = elapsedMs > GRACE_MS && bytes / (elapsedMs / 1_000) < LEAST_BYTES_PER_SECOND;
    if (!isSlow && idleMs < IDLE_MS) return;
    stop();
    giveUp(
      new Problem(
        'BODY_TOO_SLOW',
        isSlow
          ? `The body came slower than ${LEAST_BYTES_PER_SECOND} bytes a second.`
          : `Nothing of the body came for ${IDLE_MS / 1_000} s.`,
      ),
    );
  };
  const timer = setInterval(look, LOOK_MS);
  const stop = (): void => {
    clearInterval(timer);
    request.off('data', onData);
  };
  request.on('data', onData);
  return stop;
}
