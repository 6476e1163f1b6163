import { parseRetryAfter, RETRY_AFTER_AT_MOST_MS } from './retry-after';

const NOW = Date.parse('2026-11-24T04:00:00Z');

describe('parseRetryAfter', () => {
  it.each([
    ['2', 2_000],
    ['0', 0],
    ['0.35', 350],
    [' 7 ', 7_000],
    ['Tue, 24 Nov 2026 04:00:30 GMT', 30_000],
    ['Tuesday, 24-Nov-26 04:00:30 GMT', 30_000],
    ['Tue, 24 Nov 2026 03:00:00 GMT', 0],
    ['99999999999999999999', RETRY_AFTER_AT_MOST_MS],
    ['Tue, 24 Nov 2099 04:00:30 GMT', RETRY_AFTER_AT_MOST_MS],
    ['-5', undefined],
    ['1e9', undefined],
    ['soon', undefined],
    ['Infinity', undefined],
    ['2026', RETRY_AFTER_AT_MOST_MS],
    ['Mon, nonsense', undefined],
    ['', undefined],
    [null, undefined],
  ])('%j is %s ms', (value, milliseconds) => {
    expect(parseRetryAfter(value, NOW)).toBe(milliseconds);
  });
});
