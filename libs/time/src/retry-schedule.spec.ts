import fc from 'fast-check';
import { RetrySchedule, type RetryPolicy } from './retry-schedule';

const backoff = { firstMs: 250, longestMs: 8_000 };

/** Waits until it gives up, at most a hundred. */
function waits(policy: RetryPolicy, next: (schedule: RetrySchedule) => number | undefined, random = 1): number[] {
  const schedule = new RetrySchedule(policy, () => random);
  const found: number[] = [];
  for (let wait = next(schedule); wait !== undefined && found.length < 100; wait = next(schedule)) found.push(wait);
  return found;
}

const fault = (schedule: RetrySchedule): number | undefined => schedule.afterFault();
const busy =
  (retryAfterMs?: number) =>
  (schedule: RetrySchedule): number | undefined =>
    schedule.afterBusy(retryAfterMs);

describe('RetrySchedule', () => {
  it('waits twice as long after each fault, half of it by chance, and then gives up', () => {
    expect(waits({ backoff, maxFaults: 4 }, fault, 1)).toEqual([250, 500, 1_000]);
    expect(waits({ backoff, maxFaults: 4 }, fault, 0)).toEqual([125, 250, 500]);
    expect(waits({ backoff }, fault)).toHaveLength(100);
  });

  it('never waits longer than the ceiling, however often it is asked', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (times, random) => {
        const schedule = new RetrySchedule({ backoff }, () => random);
        let last = 0;
        for (let time = 0; time < times; time += 1) last = schedule.afterFault() ?? -1;
        expect(last).toBeGreaterThanOrEqual(125);
        expect(last).toBeLessThanOrEqual(8_000);
      }),
      { numRuns: 30 },
    );
  });

  it('waits at least as long as it is asked to, up to a bound', () => {
    const policy = { backoff, busy: { longestMs: 60_000 } };
    expect(waits(policy, busy(2_000), 0)[0]).toBe(2_000);
    expect(waits(policy, busy(2_000), 1)[0]).toBe(3_000);
    expect(waits(policy, busy(0), 0)[0]).toBe(0);
    expect(waits(policy, busy(3_600_000), 1)[0]).toBe(60_000);
  });

  it('gives up on a demand that is beyond its bound where it was told so', () => {
    const policy = { backoff, busy: { longestMs: 180_000, beyond: 'give-up' } } as const;
    expect(waits(policy, busy(180_000), 1)[0]).toBe(181_000);
    expect(waits(policy, busy(180_001), 1)).toEqual([]);
  });

  it('is patient with a server that is busy, yet not for ever', () => {
    const policy = { backoff, busy: { backoff: { firstMs: 1_000, longestMs: 30_000 }, maxAnswers: 8 } };
    expect(waits(policy, busy())).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    expect(waits(policy, busy(1))).toHaveLength(7);
  });

  it('counts faults and busy answers apart, and tries together', () => {
    const apart = new RetrySchedule({ backoff, maxFaults: 2, busy: { maxAnswers: 2 } }, () => 1);
    expect([apart.afterFault(), apart.afterBusy(undefined)]).toEqual([250, 250]);
    expect([apart.afterFault(), apart.afterBusy(undefined)]).toEqual([undefined, undefined]);
    const together = new RetrySchedule({ backoff, maxTries: 3 }, () => 1);
    expect([together.afterFault(), together.afterBusy(0), together.afterFault()]).toEqual([250, 1_000, undefined]);
  });

  it('ends when all waits together have been enough', () => {
    expect(waits({ backoff, maxWaitMs: 1_750 }, fault)).toEqual([250, 500, 1_000]);
    expect(waits({ backoff, maxWaitMs: 1_749 }, fault)).toEqual([250, 500]);
  });

  it('counts a fault at which nothing had reached the server, and does not wait for it', () => {
    expect(waits({ backoff, maxFaults: 3 }, (schedule) => schedule.afterFault(true))).toEqual([0, 0]);
  });
});
