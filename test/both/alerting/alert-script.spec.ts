import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { advance, BUCKET_MS, emptyWindow, WINDOW_MS } from '../../../libs/alerting/src/window/alert-rules';
import { AlertWindow } from '../../../libs/alerting/src/window/alert-window';
import { SharedWindow } from '../../../libs/alerting/src/window/shared-window';
import { ERROR_TYPE as TYPE, Replica, WITHIN_MS } from '../../support/alert-replica';
import { openTestRedis, type TestRedis } from '../../support/test-redis';

const MINUTE = 60_000;
const START = 1_700_000_000_000;

let redis: TestRedis;
let now: number;
beforeAll(async () => {
  redis = await openTestRedis();
});
afterAll(() => redis.close());
beforeEach(async () => {
  now = START;
  await redis.connections.shared.flushdb();
});

describe('the script and the rules in memory', () => {
  const age = fc.integer({ min: 0, max: 70 * MINUTE });
  const report = fc.record(
    {
      counts: fc.array(fc.tuple(age, fc.integer({ min: 1, max: 40 })), { maxLength: 4 }),
      alertedAgeMs: age,
      escalatedAgeMs: age,
      open: fc.constant(true),
    },
    { requiredKeys: ['counts'] },
  );
  const errorsNow = fc.record({ counts: fc.integer({ min: 1, max: 30 }).map((count) => [[0, count]] as const) });
  const step = fc.record({
    ms: fc.oneof(
      fc.integer({ min: 0, max: 5 * MINUTE }),
      fc.integer({ min: 0, max: 80 * MINUTE }),
      fc.constant(BUCKET_MS),
    ),
    report: fc.oneof(
      { weight: 5, arbitrary: errorsNow },
      { weight: 2, arbitrary: fc.constant({ counts: [] }) },
      report,
    ),
  });
  const histories = fc.array(step, { minLength: 1, maxLength: 40 });

  it('answer every history alike', async () => {
    const shared = new SharedWindow(redis.connections.shared);
    const met = new Set<string>();
    await fc.assert(
      fc.asyncProperty(histories, fc.integer({ min: 1, max: 12 }), async (history, threshold) => {
        await redis.connections.shared.flushdb();
        const [who, state] = [randomUUID(), emptyWindow()];
        let at = START;
        for (const [index, { ms, report: given }] of history.entries()) {
          at += ms;
          const expected = advance(state, given, threshold, at);
          const reports = [{ errorType: TYPE, threshold, ...given }];
          const answers = await shared.exchange({ replica: who, sequence: index + 1, now: at, reports });
          for (const outcome of expected.outcomes) met.add(outcome);
          expect(answers).toEqual([
            {
              errorType: TYPE,
              outcomes: expected.outcomes,
              count: expected.count,
              incident: expected.incident,
              firstAgeMs: at - expected.first,
              lastAgeMs: at - expected.last,
              open: state.open,
              ...(state.alertedAt > 0 && { alertedAgeMs: at - state.alertedAt }),
              ...(state.escalatedAt > 0 && { escalatedAgeMs: at - state.escalatedAt }),
            },
          ]);
        }
      }),
      { numRuns: 150 },
    );
    // A history that never alerts would prove little.
    expect([...met].sort()).toEqual(['alert', 'escalation', 'reminder', 'resolved']);
  }, 120_000);

  it('keep little in Redis, and nothing for ever', async () => {
    const one = new Replica(redis.connections, () => now);
    for (let minute = 0; minute < 180; minute += 1) {
      now += 15_000 + (minute % 7) * 1_000;
      await one.errors(3);
    }
    const keys = await redis.connections.shared.keys('*');
    expect(keys.toSorted().map((key) => key.replace(/replica:.*/, 'replica'))).toEqual([
      'vectorlane:{alerts}:open',
      'vectorlane:{alerts}:replica',
      `vectorlane:{alerts}:window:${TYPE}`,
    ]);
    expect(await redis.connections.shared.hlen(`vectorlane:{alerts}:window:${TYPE}`)).toBeLessThanOrEqual(241 + 6);
    for (const key of keys) expect(await redis.connections.shared.pttl(key)).toBeGreaterThan(0);
    now += 2 * WINDOW_MS;
    await one.errors(0);
    expect(await redis.connections.shared.keys('vectorlane:{alerts}:window:*')).toEqual([]);
    expect(await redis.connections.shared.exists('vectorlane:{alerts}:open')).toBe(0);
  }, 60_000);

  it('take their time from Redis when nobody gives one', async () => {
    const window = new AlertWindow(new SharedWindow(redis.connections.shared), {
      thresholdOf: () => 5,
      now: () => now,
    });
    window.record([{ errorType: TYPE, count: 5, lastAt: now - 1_000, example: { message: 'x' } }]);
    // The clock of this process is years behind, and nothing depends on it.
    expect(await window.advance(WITHIN_MS)).toMatchObject([{ outcome: 'alert', count: 5, lastAt: now - 1_000 }]);
    const last = Number(await redis.connections.shared.hget(`vectorlane:{alerts}:window:${TYPE}`, 'last'));
    expect(Math.abs(Date.now() - 1_000 - last)).toBeLessThan(10 * MINUTE);
  });
});
