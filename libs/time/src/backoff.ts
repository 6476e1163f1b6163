/** The bounds of a wait that doubles with each try. */
export interface Backoff {
  readonly firstMs: number;
  readonly longestMs: number;
}

/**
 * The wait before the next try, in milliseconds: doubled with each one up to a ceiling, half of it certain and half by
 * chance, so that callers who failed together do not come back together.
 * @param time of trying again, from 1
 * @param random 0 to 1; left out, the whole wait is certain
 */
export function backoffMs(bounds: Backoff, time: number, random: () => number = () => 1): number {
  // The exponent is bounded too: a document may wait out an outage hundreds of times.
  const most = Math.min(bounds.longestMs, bounds.firstMs * 2 ** Math.min(time - 1, 40));
  return Math.round(most / 2 + (most / 2) * random());
}

/** The next interval of somebody who asks again and again for something that is not a fault: half as long again. */
export function pollIntervalMs(lastMs: number, longestMs: number): number {
  return Math.min(longestMs, lastMs * 1.5);
}
