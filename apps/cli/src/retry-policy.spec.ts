import fc from 'fast-check';
import { ApiProblem, RequestTimedOut, ServerUnreachable, UnexpectedAnswer } from './api-errors';
import { DEFAULT_RETRY_POLICY, parseRetryAfter, retryDelay, type FailedTry } from './retry-policy';

const problem = (status: number, retryAfterMs?: number) =>
  new ApiProblem(status, 'CODE', 'detail', undefined, retryAfterMs);
const unreachable = (refused: boolean) => new ServerUnreachable('http://h', 'ECONNREFUSED', refused);

function delay(error: unknown, changes: Partial<FailedTry> = {}): number | undefined {
  return retryDelay(DEFAULT_RETRY_POLICY, {
    error,
    tryNumber: 1,
    repeatable: true,
    metBefore: true,
    random: () => 0.5,
    ...changes,
  });
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
          const waited = delay(problem(503, afterMs), { random: () => random }) ?? -1;
          expect(waited).toBeGreaterThanOrEqual(afterMs);
          expect(waited).toBeLessThanOrEqual(afterMs + 1_000);
        },
      ),
    );
    expect(delay(problem(503, 180_001))).toBeUndefined();
  });

  it('grows, stays below its bound and ends', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (tryNumber, random) => {
          const waited = delay(problem(503), { tryNumber, random: () => random });
          if (tryNumber >= DEFAULT_RETRY_POLICY.maxTries) expect(waited).toBeUndefined();
          else expect(waited).toBeLessThanOrEqual(DEFAULT_RETRY_POLICY.maxDelayMs);
        },
      ),
    );
    expect(delay(problem(503), { tryNumber: 4 })).toBeGreaterThan(delay(problem(503), { tryNumber: 1 }) ?? Infinity);
  });
});

describe('parseRetryAfter', () => {
  const now = Date.parse('2026-11-24T10:00:00Z');

  it.each([
    ['7', 7_000],
    [' 0 ', 0],
    ['Tue, 24 Nov 2026 10:01:30 GMT', 90_000],
    ['Tue, 24 Nov 2026 09:00:00 GMT', 0],
    ['-5', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    ['2026', 2_026_000],
    ['', undefined],
    [null, undefined],
  ])('%j -> %j', (header, expected) => {
    expect(parseRetryAfter(header, now)).toBe(expected);
  });
});
