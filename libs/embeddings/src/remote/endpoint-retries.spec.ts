import { RetrySchedule } from '@vectorlane/time';
import { EndpointError } from './endpoint-error';
import { BATCH_RETRIES, BUSY_LONGEST_MS, MAX_BUSY_ANSWERS, MAX_TRANSIENT_FAULTS, waitAfter } from './endpoint-retries';

const transient = new EndpointError('transient', 'was away');
const busy = (retryAfterMs?: number) =>
  new EndpointError('busy', 'asks to wait', retryAfterMs === undefined ? {} : { retryAfterMs });

/** Waits until it gives up. */
function waits(error: EndpointError): number[] {
  const schedule = new RetrySchedule(BATCH_RETRIES, () => 1);
  const found: number[] = [];
  for (let wait = waitAfter(error, schedule); wait !== undefined; wait = waitAfter(error, schedule)) found.push(wait);
  return found;
}

describe('the retries of one batch', () => {
  it('end after few faults and many requests to wait', () => {
    expect(waits(transient)).toHaveLength(MAX_TRANSIENT_FAULTS - 1);
    expect(waits(busy())).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000]);
    expect(waits(busy(1))).toHaveLength(MAX_BUSY_ANSWERS - 1);
    expect(waits(busy(3_600_000))[0]).toBe(BUSY_LONGEST_MS);
  });

  it('do not wait for a connection that the server had closed already', () => {
    const closed = new EndpointError('transient', 'was away', { retryAtOnce: true });
    expect(waits(closed)).toEqual([0, 0, 0]);
  });

  it.each(['final', 'too-long', 'dimensions-refused'] as const)('are none for what is %s', (fault) => {
    expect(waits(new EndpointError(fault, 'will not'))).toEqual([]);
  });
});
