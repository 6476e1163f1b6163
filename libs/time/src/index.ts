export { type Backoff, backoffMs, pollIntervalMs } from './backoff';
export { retry, type RetryOptions } from './retry';
export { retryAfterMs } from './retry-after';
export { type BusyPolicy, type RetryPolicy, RetrySchedule } from './retry-schedule';
export { REAL_TIMING, type Timing } from './timing';
export { type Bound, LateError, within } from './within';
