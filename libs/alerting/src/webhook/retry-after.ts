/** A receiver cannot ask for a longer pause than this: alerts that come an hour late help nobody. */
export const RETRY_AFTER_AT_MOST_MS = 60_000;

/**
 * `Retry-After` in seconds (fractions too, as Discord sends them) or as an HTTP date.
 * @returns milliseconds, at most a minute; undefined when there is none or it makes no sense
 */
export function parseRetryAfter(value: string | null, now: number): number | undefined {
  const text = value?.trim() ?? '';
  if (text === '') return undefined;
  const milliseconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1_000 : httpDate(text) - now;
  // A date in the past means now.
  return Number.isNaN(milliseconds)
    ? undefined
    : Math.min(RETRY_AFTER_AT_MOST_MS, Math.max(0, Math.ceil(milliseconds)));
}

/** @returns NaN for anything but the three forms of RFC 9110, all of which begin with a weekday */
function httpDate(text: string): number {
  return /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /.test(text) ? Date.parse(text) : Number.NaN;
}
