/** The three forms of RFC 9110, all of which begin with a day of the week; `Date.parse` alone takes far more. */
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /;

/**
 * The header `Retry-After`: seconds (fractions too, as Discord sends them) or an HTTP date. How long a wait is worth it
 * is the caller's decision, so a number of any size is passed on.
 * @param nowMs milliseconds since the epoch
 * @returns milliseconds from now, never negative; nothing when it is neither
 */
export function retryAfterMs(header: string | null | undefined, nowMs: number): number | undefined {
  const value = header?.trim() ?? '';
  if (/^\d+(?:\.\d+)?$/.test(value)) return Math.ceil(Number(value) * 1_000);
  if (!HTTP_DATE.test(value)) return undefined;
  // The asctime form names no zone and means GMT all the same.
  const at = Date.parse(/GMT$/.test(value) ? value : `${value} GMT`);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
