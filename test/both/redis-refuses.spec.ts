import { setTimeout as delay } from 'node:timers/promises';
import { RedisConnections } from '@vectorlane/redis';
import { TestApp, type Untyped } from '../support/test-app';

/** A Redis that answers and takes no writes: full, or a replica after a failover. It serves nobody, and says so. */

let service: TestApp;
beforeAll(async () => {
  service = await TestApp.start({ RECONCILE_INTERVAL_MS: '200' });
}, 60_000);
afterAll(() => service?.stop(), 60_000);

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

it.each<[string, string, string[], string[]]>([
  ['is full (OOM)', 'full', ['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0']],
  ['became a replica (READONLY)', 'replica', ['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE']],
])(
  'a Redis that %s turns readiness, keeps what is uploaded and takes it when it is back',
  async (_, name, refuse, allow) => {
    const redis = service.app.get(RedisConnections).duplicate('test');
    const order = ([command, ...parts]: string[]): Promise<unknown> => redis.call(command ?? '', ...parts);
    await order(refuse);
    try {
      const down = await eventually(ready, ({ status }) => status === 'error');
      expect(down.checks.redis.status).toBe('down');
      const { status, body } = await service.upload(`${name}.txt`, `Uploaded while Redis was ${name}.`);
      expect(status).toBe(202);
      const id = body.id as string;
      const waiting = await eventually(
        () => document(id),
        ({ waitingFor }) => waitingFor !== undefined,
      );
      expect(waiting).toMatchObject({ status: 'pending', attempts: 0, waitingFor: { dependency: 'redis' } });
      const text = await eventually(metrics, (page) => /^documents_unfinished\{status="pending"\} 1$/m.test(page));
      expect(text).toMatch(/^documents_oldest_unfinished_age_seconds \d/m);
      await order(allow);
      await eventually(ready, ({ status: word }) => word === 'ok');
      expect(await service.finished(id, 30_000)).toMatchObject({ status: 'completed', attempts: 0 });
    } finally {
      await order(allow);
      redis.disconnect();
    }
  },
  90_000,
);
