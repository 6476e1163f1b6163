import { setTimeout as delay } from 'node:timers/promises';
import { RedisConnections } from '@vectorlane/redis';
import { ShutdownSequence } from '@vectorlane/shutdown';
import { OwnRedis } from '../support/own-redis';
import { TestApp, type Untyped } from '../support/test-app';
import { onServer } from '../support/test-database';

/** A Redis that answers and takes no writes: full, or a replica after a failover. It serves nobody, and says so. */

let redis: OwnRedis | undefined;
let service: TestApp;
beforeAll(async () => {
  // On servers one of its own: what is refused here is refused to all who use it.
  redis = onServer ? await OwnRedis.start() : undefined;
  service = await TestApp.start({ RECONCILE_INTERVAL_MS: '200', ...(redis && { REDIS_URL: redis.url }) });
}, 60_000);
afterAll(async () => {
  await service?.stop();
  await redis?.stop();
}, 60_000);

async function eventually<T>(ask: () => Promise<T>, condition: (answer: T) => boolean): Promise<T> {
  const deadline = performance.now() + 25_000;
  for (;;) {
    const answer = await ask();
    if (condition(answer)) return answer;
    if (performance.now() > deadline) throw new Error(`Not in time: ${JSON.stringify(answer)}`);
    await delay(50);
  }
}

const ready = async (): Promise<Untyped> => (await service.json('/ready', undefined, { key: null })).body;
const document = async (id: string): Promise<Untyped> => (await service.json(`/api/documents/${id}`)).body;
const metrics = async (): Promise<string> => (await service.fetch('/metrics', { key: null })).text();

type Order = (...words: string[]) => Promise<unknown>;
/** Makes it refuse. @returns how it takes writes again */
type Refusal = (order: Order) => Promise<() => Promise<unknown>>;

const REFUSALS: Readonly<Record<string, Refusal>> = {
  'is full (OOM)': async (order) => {
    await order('CONFIG', 'SET', 'maxmemory', '1');
    return () => order('CONFIG', 'SET', 'maxmemory', '0');
  },
  'became a replica (READONLY)': async (order) => {
    await order('REPLICAOF', '127.0.0.1', '1');
    return () => order('REPLICAOF', 'NO', 'ONE');
  },
  'has another password, and has cut its clients off (WRONGPASS)': async (order) => {
    const [, password = ''] = (await order('CONFIG', 'GET', 'requirepass')) as string[];
    await order('CONFIG', 'SET', 'requirepass', 'another password');
    await order('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    return () => order('CONFIG', 'SET', 'requirepass', password);
  },
};

/** It cannot write its snapshot: a folder that takes no files. The engine inside writes none. */
const CANNOT_SAVE: Refusal = async (order) => {
  const [, folder = ''] = (await order('CONFIG', 'GET', 'dir')) as string[];
  const status = async (): Promise<string> => String(await order('INFO', 'persistence'));
  await order('CONFIG', 'SET', 'save', '3600 1');
  await order('CONFIG', 'SET', 'dir', '/proc');
  await order('BGSAVE');
  await eventually(status, (info) => info.includes('rdb_last_bgsave_status:err'));
  return async () => {
    await order('CONFIG', 'SET', 'dir', folder);
    await order('BGSAVE');
  };
};

it.each(Object.entries({ ...REFUSALS, ...(onServer && { 'cannot save (MISCONF)': CANNOT_SAVE }) }))(
  'a Redis that %s turns readiness, keeps what is uploaded and takes it when it is back',
  async (name, refuse) => {
    const client = service.app.get(RedisConnections).duplicate('test');
    let reconnected = 0;
    const count = (): void => void (reconnected += 1);
    service.app.get(RedisConnections).shared.on('reconnecting', count);
    const allow = await refuse((command = '', ...words) => client.call(command, ...words));
    try {
      const down = await eventually(ready, ({ checks }) => checks.redis.status === 'down');
      expect(down.status).toBe('error');
      const { status, body } = await service.upload('refused.txt', `Uploaded while a Redis ${name}.`);
      expect(status).toBe(202);
      const id = body.id as string;
      const waiting = await eventually(
        () => document(id),
        ({ waitingFor }) => waitingFor !== undefined,
      );
      expect(waiting).toMatchObject({ status: 'pending', attempts: 0, waitingFor: { dependency: 'redis' } });
      const text = await eventually(metrics, (page) => /^documents_unfinished\{status="pending"\} 1$/m.test(page));
      expect(text).toMatch(/^documents_oldest_unfinished_age_seconds \d/m);
      await allow();
      await eventually(ready, ({ status: word }) => word === 'ok');
      expect(await service.finished(id, 30_000)).toMatchObject({ status: 'completed', attempts: 0 });
      // Another server may be the primary by now: a connection to a replica is of no use.
      if (name.includes('READONLY')) expect(reconnected).toBeGreaterThan(0);
    } finally {
      service.app.get(RedisConnections).shared.off('reconnecting', count);
      await allow();
      client.disconnect();
    }
  },
  90_000,
);

it('a shutdown in the seconds in which Redis takes nobody in is an ordered one', async () => {
  const client = service.app.get(RedisConnections).duplicate('test');
  const change = REFUSALS['has another password, and has cut its clients off (WRONGPASS)'];
  await change?.((command = '', ...words) => client.call(command, ...words));
  await eventually(ready, ({ checks }) => checks.redis.status === 'down');
  await service.app.close();
  expect(service.app.get(ShutdownSequence).failures).toBe(0);
}, 60_000);
