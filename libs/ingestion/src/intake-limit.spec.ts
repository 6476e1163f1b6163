import type { Config } from '@vectorlane/config';
import type { IngestionLedger } from '@vectorlane/documents';
import type { Metrics } from '@vectorlane/metrics';
import { IntakeLimit } from './intake-limit';

let unfinished = { pending: 0, processing: 0, oldestSeconds: 0 };
let readings: number;
let limit: IntakeLimit;
const inc = jest.fn();

beforeEach(() => {
  jest.useFakeTimers();
  readings = 0;
  const ledger = {
    unfinished: () => {
      readings += 1;
      return unfinished === undefined ? Promise.reject(new Error('away')) : Promise.resolve(unfinished);
    },
  };
  const config = { INGESTION_MAX_UNFINISHED: 10, INGESTION_MAX_AGE_MS: 60_000 };
  limit = new IntakeLimit(
    config as Config,
    ledger as unknown as IngestionLedger,
    {
      uploadsRefused: { inc },
    } as unknown as Metrics,
  );
});
afterEach(() => jest.useRealTimers());

const isTaken = async (pending: number, processing = 0, oldestSeconds = 0): Promise<boolean> => {
  jest.advanceTimersByTime(1_000);
  unfinished = { pending, processing, oldestSeconds };
  return limit.check().then(
    () => true,
    (error: { code: string; retryAfterSeconds: number }) => {
      expect(error).toMatchObject({ code: 'INGESTION_BUSY', status: 503, retryAfterSeconds: 15 });
      return false;
    },
  );
};

it('refuses from the bound on, and takes uploads again when a fifth is done', async () => {
  expect(await isTaken(9)).toBe(true);
  expect(await isTaken(8, 2)).toBe(false);
  expect(await isTaken(8)).toBe(false);
  expect(await isTaken(7)).toBe(true);
  expect(await isTaken(9)).toBe(true);
});

it('refuses while the oldest has waited too long', async () => {
  expect(await isTaken(1, 0, 59)).toBe(true);
  expect(await isTaken(1, 0, 60)).toBe(false);
  expect(await isTaken(1, 0, 50)).toBe(false);
  expect(await isTaken(1, 0, 10)).toBe(true);
});

it('asks the database once a second, however many uploads come, and again after an error', async () => {
  jest.advanceTimersByTime(1_000);
  unfinished = { pending: 0, processing: 0, oldestSeconds: 0 };
  await Promise.all(Array.from({ length: 50 }, () => limit.check()));
  expect(readings).toBe(1);
  jest.advanceTimersByTime(1_000);
  const good = unfinished;
  unfinished = undefined as never;
  await expect(limit.check()).rejects.toThrow('away');
  unfinished = good;
  await limit.check();
  expect(readings).toBe(3);
});
