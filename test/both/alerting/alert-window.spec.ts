import { loadConfig } from '@vectorlane/config';
import { EmbeddedValkey, RedisConnections } from '@vectorlane/redis';
import fc from 'fast-check';
import { BUCKET_MS, COOL_DOWN_MS, WINDOW_MS } from '../../../libs/alerting/src/window/alert-rules';
import { AlertWindow } from '../../../libs/alerting/src/window/alert-window';
import { SharedWindow } from '../../../libs/alerting/src/window/shared-window';
import { ERROR_TYPE as TYPE, Replica, tally, WITHIN_MS } from '../../support/alert-replica';
import { eventually } from '../../support/eventually';
import { openTestRedis, recordLog, type TestRedis } from '../../support/test-redis';

const MINUTE = 60_000;
const START = 1_700_000_000_000;

let redis: TestRedis;
let log: ReturnType<typeof recordLog>;
let now: number;
beforeAll(async () => {
  redis = await openTestRedis();
});
afterAll(() => redis.close());
beforeEach(async () => {
  log = recordLog();
  now = START;
  await redis.connections.shared.flushdb();
});
afterEach(() => log.stop());

const replica = (connections = redis.connections): Replica => new Replica(connections, () => now);

describe('three replicas', () => {
  it('send one alert, one escalation and one resolved for 10,000 errors within a minute', async () => {
    const others = [await openSame(), await openSame()];
    try {
      const replicas = [redis.connections, ...others].map((connections) => replica(connections));
      // 100 rounds within a minute; in each, all three go at Redis at the same time.
      for (let round = 0; round < 100; round += 1) {
        now += 590;
        await Promise.all(replicas.map((one, index) => one.errors(index === 0 ? 34 : 33)));
      }
      expect(tally(replicas)).toEqual({ alert: 1, escalation: 1 });
      const key = `vectorlane:{alerts}:window:${TYPE}`;
      expect(await redis.connections.shared.hget(key, 'incident')).toBe('10000');
      now += WINDOW_MS + BUCKET_MS;
      for (let look = 0; look < 3; look += 1) await Promise.all(replicas.map((one) => one.errors(0)));
      expect(tally(replicas)).toEqual({ alert: 1, escalation: 1, resolved: 1 });
      const [resolved] = replicas.flatMap(({ decisions }) => decisions.filter(({ outcome }) => outcome === 'resolved'));
      expect(resolved).toMatchObject({ count: 0, incident: 10_000, firstAt: START + 590, lastAt: START + 59_000 });
    } finally {
      await Promise.all(others.map((connections) => connections.close()));
    }
  }, 60_000);

  it('count together what none of them would alert about alone, in a sliding hour', async () => {
    const [a, b, c] = [replica(), replica(), replica()];
    await a.errors(2);
    now += 50 * MINUTE;
    await b.errors(2);
    now += 20 * MINUTE; // the first two have left
    expect(await c.errors(2)).toEqual([]);
    expect(await a.errors(1)).toEqual(['alert']);
    expect(a.decisions[0]).toMatchObject({ count: 5, example: { message: 'one of 1' } });
  });

  it('know of the resolved alert of one that is gone', async () => {
    const [gone, there] = [replica(), replica()];
    await gone.errors(5);
    now += WINDOW_MS + BUCKET_MS;
    expect(await there.errors(0)).toEqual(['resolved']);
  });
});

describe('while Redis is away', () => {
  it('one process goes on alone, and hands over what it counted and sent', async () => {
    const one = replica();
    await one.errors(3);
    one.line.state = 'cut';
    now += MINUTE;
    expect(await one.errors(1)).toEqual([]);
    expect(await one.errors(1)).toEqual(['alert']); // three before, two alone
    expect(await one.errors(40)).toEqual([]);
    now += MINUTE;
    expect(await one.errors(5)).toEqual(['escalation']);
    one.line.state = 'up';
    expect(await one.errors(100)).toEqual([]);
    expect(await redis.connections.shared.hget(`vectorlane:{alerts}:window:${TYPE}`, 'incident')).toBe('150');
    // Everybody knows of the alert: the cool-down holds for all, and its end is told once.
    const other = replica();
    now += COOL_DOWN_MS - 1_000;
    expect(await other.errors(10)).toEqual([]);
    now += 2 * WINDOW_MS;
    expect([...(await other.errors(0)), ...(await one.errors(0))]).toEqual(['resolved']);
    expect(log.lines.filter((line) => line.includes('alone while Redis is away'))).toHaveLength(1);
    expect(log.lines.filter((line) => line.includes('across all processes again'))).toHaveLength(1);
  });

  it('the cool-down that Redis began holds, and its alert is left to Redis to resolve', async () => {
    const [one, other] = [replica(), replica()];
    await one.errors(5);
    await other.errors(5);
    one.line.state = other.line.state = 'cut';
    now += MINUTE;
    expect(await one.errors(45)).toEqual(['escalation']);
    expect(await other.errors(5)).toEqual([]);
    now += 2 * WINDOW_MS;
    expect([...(await one.errors(0)), ...(await other.errors(0))]).toEqual([]);
    one.line.state = other.line.state = 'up';
    expect([...(await other.errors(0)), ...(await one.errors(0)), ...(await other.errors(0))]).toEqual(['resolved']);
  });

  it('an alert that began and ended meanwhile is resolved alone', async () => {
    const one = replica();
    one.line.state = 'cut';
    expect(await one.errors(5)).toEqual(['alert']);
    now += WINDOW_MS + BUCKET_MS;
    expect(await one.errors(0)).toEqual(['resolved']);
    one.line.state = 'up';
    expect(await one.errors(0)).toEqual([]);
    expect(await redis.connections.shared.exists('vectorlane:{alerts}:open')).toBe(0);
  });

  it('three that each alerted alone have one alert together afterwards', async () => {
    const replicas = [replica(), replica(), replica()];
    for (const one of replicas) one.line.state = 'cut';
    for (const one of replicas) expect(await one.errors(20)).toEqual(['alert']);
    for (const one of replicas) one.line.state = 'up';
    now += MINUTE;
    for (const one of replicas) expect((await one.errors(1)).filter((outcome) => outcome !== 'escalation')).toEqual([]);
    expect(tally(replicas)).toEqual({ alert: 3, escalation: 1 }); // 63 errors are news that none of them had
    now += WINDOW_MS + BUCKET_MS;
    for (const one of replicas) await one.errors(0);
    expect(tally(replicas)).toEqual({ alert: 3, escalation: 1, resolved: 1 });
  });
});

describe('an answer that is lost on the way', () => {
  it('counts once, and the decision it held is sent once', async () => {
    const one = replica();
    await one.errors(3);
    one.line.state = 'loses answers';
    expect(await one.errors(2)).toEqual(['alert']); // decided alone: five of its own
    one.line.state = 'up';
    expect(await one.errors(0)).toEqual([]); // Redis' own alert, heard of late, is the same one
    expect(await redis.connections.shared.hget(`vectorlane:{alerts}:window:${TYPE}`, 'incident')).toBe('5');
  });

  it('does not take with it what only Redis could decide', async () => {
    const [one, other] = [replica(), replica()];
    await other.errors(4);
    one.line.state = 'loses answers';
    expect(await one.errors(1)).toEqual([]); // one error of its own
    one.line.state = 'up';
    expect(await other.errors(0)).toEqual([]); // it was given to the one who asked
    expect(await one.errors(0)).toEqual(['alert']);
    expect(one.decisions).toMatchObject([{ count: 5 }]);
  });

  it('holds under any mixture of cuts, losses and errors: nothing counts twice or is lost', async () => {
    const steps = fc.array(
      fc.record({
        who: fc.nat(2),
        state: fc.constantFrom('up', 'cut', 'loses answers'),
        errors: fc.nat(4),
        ms: fc.integer({ min: 0, max: 20_000 }),
      }),
      { minLength: 5, maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (history) => {
        await redis.connections.shared.flushdb();
        now = START;
        const replicas = [replica(), replica(), replica()];
        let total = 0;
        for (const { who, state, errors, ms } of history) {
          now += ms;
          const one = replicas[who];
          if (one === undefined) throw new Error('no such replica');
          one.line.state = state;
          await one.errors(errors);
          total += errors;
        }
        for (const one of replicas) one.line.state = 'up';
        for (const one of replicas) await one.errors(0);
        const incident = await redis.connections.shared.hget(`vectorlane:{alerts}:window:${TYPE}`, 'incident');
        expect(Number(incident ?? 0)).toBe(total);
        // All of it lies within one cool-down: each replica sends at most one alert, whatever it heard and when.
        for (const one of replicas) {
          const sent = one.decisions.map(({ outcome }) => outcome);
          expect(sent.filter((outcome) => outcome === 'alert').length).toBeLessThanOrEqual(1);
          expect(sent).not.toContain('resolved');
        }
        // The end is told once for all of it.
        now += WINDOW_MS + BUCKET_MS;
        const before = tally(replicas);
        for (const one of replicas) await one.errors(0);
        const alerted = (before['alert'] ?? 0) > 0;
        expect(tally(replicas)['resolved'] ?? 0).toBe(alerted ? 1 : 0);
      }),
      { numRuns: 60 },
    );
  }, 120_000);
});

describe('a Redis that loses its memory', () => {
  it('is told the last hour again, and nothing is alerted twice', async () => {
    const [one, other] = [replica(), replica()];
    await one.errors(30);
    await other.errors(12);
    await redis.connections.shared.flushdb();
    now += MINUTE;
    expect(await other.errors(3)).toEqual([]);
    expect(await one.errors(1)).toEqual([]);
    expect(await redis.connections.shared.hget(`vectorlane:{alerts}:window:${TYPE}`, 'incident')).toBe('46');
    expect(await one.errors(10)).toEqual(['escalation']);
    now += 2 * WINDOW_MS;
    expect([...(await one.errors(0)), ...(await other.errors(0))]).toEqual(['resolved']);
  });

  it('may be a Valkey of our own that ended and was started again', async () => {
    const valkey = await EmbeddedValkey.start();
    const connections = new RedisConnections(loadConfig({}), valkey);
    try {
      await connections.connect();
      const one = replica(connections);
      expect(await one.errors(7)).toEqual(['alert']);
      await connections.shared.call('SHUTDOWN', 'NOSAVE').catch(() => undefined);
      await eventually(() => connections.shared.status !== 'ready');
      now += MINUTE;
      expect(await one.errors(2)).toEqual([]);
      await eventually(() => connections.shared.status === 'ready');
      expect(await one.errors(1)).toEqual([]);
      expect(await connections.shared.hget(`vectorlane:{alerts}:window:${TYPE}`, 'incident')).toBe('10');
      now += 2 * WINDOW_MS;
      expect(await one.errors(0)).toEqual(['resolved']);
    } finally {
      await connections.close();
      await valkey.close();
    }
  }, 60_000);
});

describe('a Redis that does not answer', () => {
  it('is waited for within the bound, and what it was asked is kept', async () => {
    let answerLate: () => void = () => undefined;
    const real = new SharedWindow(redis.connections.shared);
    const frozen = { on: true };
    const window = new AlertWindow(
      {
        exchange: async (request) => {
          if (frozen.on) await new Promise<void>((resolve) => (answerLate = resolve));
          return real.exchange(request);
        },
      },
      { thresholdOf: () => 5, now: () => now, ownTime: true },
    );
    window.record([{ errorType: TYPE, count: 5, lastAt: now, example: { message: 'x' } }]);
    expect(await window.advance(50)).toMatchObject([{ outcome: 'alert', count: 5 }]);
    frozen.on = false;
    expect(await window.advance(WITHIN_MS)).toEqual([]);
    // The request of before arrives after all, behind later ones.
    answerLate();
    expect(await window.advance(WITHIN_MS)).toEqual([]);
    const key = `vectorlane:{alerts}:window:${TYPE}`;
    expect(await redis.connections.shared.hget(key, 'incident')).toBe('5');
  });
});

/** Another connection to the same Redis, as another process has it. */
async function openSame(): Promise<RedisConnections> {
  const { options } = redis.connections.shared;
  const { host = '127.0.0.1', port = 6379, password, db = 0 } = options;
  const auth = password ? `:${encodeURIComponent(password)}@` : '';
  const connections = new RedisConnections(
    loadConfig({ DATABASE_URL: 'postgres://h/d', REDIS_URL: `redis://${auth}${host}:${port}/${db}` }),
  );
  await connections.connect();
  return connections;
}
