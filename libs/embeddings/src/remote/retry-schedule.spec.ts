import { EndpointError } from './endpoint-error';
import { BUSY_LONGEST_MS, MAX_BUSY_ANSWERS, MAX_PASSING_FAULTS, RetrySchedule } from './retry-schedule';

const passing = new EndpointError('passing', 'was away');
const busy = (retryAfterMs?: number) =>
  new EndpointError('busy', 'asks to wait', retryAfterMs === undefined ? {} : { retryAfterMs });

/** Waits until it gives up. */
function waits(error: EndpointError, random = 1): number[] {
  const schedule = new RetrySchedule(() => random);
  const found: number[] = [];
  for (let wait = schedule.next(error); wait !== undefined; wait = schedule.next(error)) found.push(wait);
  return found;
}

describe('RetrySchedule', () => {
  it('waits twice as long after each passing fault, half of it by chance, and then gives up', () => {
    expect(waits(passing, 1)).toEqual([250, 500, 1_000]);
    expect(waits(passing, 0)).toEqual([125, 250, 500]);
    expect(waits(passing)).toHaveLength(MAX_PASSING_FAULTS - 1);
  });

  it('waits at least as long as the endpoint asks for, up to a bound', () => {
    expect(waits(busy(2_000), 0)[0]).toBe(2_000);
    expect(waits(busy(2_000), 1)[0]).toBe(3_000);
    expect(waits(busy(0), 0)[0]).toBe(0);
    expect(waits(busy(3_600_000), 1)[0]).toBe(BUSY_LONGEST_MS);
  });

  it('is patient with an endpoint that is busy, yet not for ever', () => {
    expect(waits(busy())).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000]);
    expect(waits(busy(1))).toHaveLength(MAX_BUSY_ANSWERS - 1);
  });

  it('counts faults and busy answers apart', () => {
    const schedule = new RetrySchedule(() => 1);
    for (let time = 1; time < MAX_PASSING_FAULTS; time += 1) schedule.next(passing);
    expect(schedule.next(busy())).toBe(1_000);
    expect(schedule.next(passing)).toBeUndefined();
  });

  it('does not wait for a connection that the server had closed already', () => {
    const schedule = new RetrySchedule(() => 1);
    expect(schedule.next(new EndpointError('passing', 'was away', { retryAtOnce: true }))).toBe(0);
  });

  it.each(['final', 'too-long', 'dimensions-refused'] as const)('does not repeat what is %s', (fault) => {
    expect(waits(new EndpointError(fault, 'will not'))).toEqual([]);
  });
});
