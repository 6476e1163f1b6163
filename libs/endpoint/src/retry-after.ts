/**
 * `Retry-After`: seconds or an HTTP date.
 * @param nowMs milliseconds since the epoch
 * @returns milliseconds from now, never negative; nothing when it is neither
 */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  const value = header?.trim() ?? '';
  if (/^\d{1,9}(?:\.\d{1,3})?$/.test(value)) return Number(value) * 1_000;
  // Date.parse takes far more than HTTP dates; those have letters.
  const at = /^[A-Z][a-z]/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
