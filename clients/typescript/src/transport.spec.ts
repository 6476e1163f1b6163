import { ApiError, ConnectionFailed, retryAfterMs } from './errors.ts';
import { DEFAULT_RETRY, retryDelay } from './retry.ts';

it('reads Retry-After in both forms', () => {
  const now = Date.parse('2026-11-24T09:30:00.000Z');
  expect(retryAfterMs('7')).toBe(7_000);
  expect(retryAfterMs('Tue, 24 Nov 2026 09:30:05 GMT', now)).toBe(5_000);
  expect(retryAfterMs('Tue, 24 Nov 2026 09:00:00 GMT', now)).toBe(0);
  expect([retryAfterMs(null), retryAfterMs('soon')]).toEqual([undefined, undefined]);
});

it('waits longer from try to try, as long as the service asks, and not for ever', () => {
  const delay = (error: unknown, tryNumber: number, repeatable = true): number | undefined =>
    retryDelay(DEFAULT_RETRY, { error, tryNumber, repeatable }, () => 1);
  const lost = new ConnectionFailed('x');
  expect([1, 2, 5, 6].map((tryNumber) => delay(lost, tryNumber))).toEqual([500, 1_000, 8_000, undefined]);
  expect(delay(lost, 1, false)).toBeUndefined();
  expect(delay(new ApiError(429, {}, 3_000), 1, false)).toBe(3_500);
  expect(delay(new ApiError(503, {}, 121_000), 1)).toBeUndefined();
  expect(delay(new ApiError(500, { retryable: true }), 1)).toBe(500);
  expect(delay(new ApiError(500, { retryable: true }), 1, false)).toBeUndefined();
  expect(delay(new ApiError(400, {}), 1)).toBeUndefined();
});
