import { RetrySchedule } from '@vectorlane/time';
import fc from 'fast-check';
import { ApiProblem, RequestTimedOut, ServerUnreachable, UnexpectedAnswer } from './api-errors';
import { DEFAULT_RETRY_POLICY, retryDelay, type FailedTry } from './retry-policy';

const problem = (status: number, retryAfterMs?: number) =>
  new ApiProblem(status, 'CODE', 'detail', undefined, retryAfterMs);
const unreachable = (refused: boolean) => new ServerUnreachable('http://h', 'ECONNREFUSED', refused);

function delay(error: unknown, changes: Partial<FailedTry> = {}, random = 0.5): number | undefined {
  const schedule = new RetrySchedule(DEFAULT_RETRY_POLICY, () => random);
  return retryDelay(schedule, { error, tryNumber: 1, repeatable: true, metBefore: true, ...changes });
}

describe('retryDelay', () => {
  it.each([429, 502, 503, 504])('tries again after %i', (status) => {
    expect(delay(problem(status))).toBeGreaterThan(0);
  });

  it.each([400, 401, 403, 404, 409, 413, 415, 500])('takes %i as the answer', (status) => {
    expect(delay(problem(status))).toBeUndefined();
  });

  it('repeats what may have been carried out only where that does no harm', () => {
    for (const error of [problem(502), problem(504), unreachable(false), new RequestTimedOut('http://h', 1)]) {
      expect(delay(error, { repeatable: true })).toBeGreaterThan(0);
      expect(delay(error, { repeatable: false })).toBeUndefined();
    }
    expect(delay(problem(429), { repeatable: false })).toBeGreaterThan(0);
  });

  it('waits for a server that was there before, not for one that never was', () => {
    expect(delay(unreachable(true), { metBefore: false })).toBeUndefined();
    expect(delay(unreachable(true), { metBefore: true, repeatable: false })).toBeGreaterThan(0);
  });

  it('sends a request that timed out a second time and no more', () => {
    const error = new RequestTimedOut('http://h', 1);
    expect(delay(error, { tryNumber: 1 })).toBeGreaterThan(0);
    expect(delay(error, { tryNumber: 2 })).toBeUndefined();
  });

  it('does not repeat an answer it does not understand', () => {
    expect(delay(new UnexpectedAnswer('what'))).toBeUndefined();
  });

  it('honours Retry-After up to its bound and never comes earlier', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 180_000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (afterMs, random) => {
          const waited = delay(problem(503, afterMs), {}, random) ?? -1;
          expect(waited).toBeGreaterThanOrEqual(afterMs);
          expect(waited).toBeLessThanOrEqual(afterMs + 1_000);
        },
      ),
    );
    expect(delay(problem(503, 180_001))).toBeUndefined();
  });

  it('ends after eight tries', () => {
    const schedule = new RetrySchedule(DEFAULT_RETRY_POLICY, () => 1);
    const failed = { error: problem(503), tryNumber: 1, repeatable: true, metBefore: true };
    const waits = Array.from({ length: 8 }, () => retryDelay(schedule, failed));
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000, undefined]);
  });
});
