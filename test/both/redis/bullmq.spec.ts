import { once } from 'node:events';
import { Logger } from '@nestjs/common';
import { type ConnectionOptions, type Job, Queue, Worker } from 'bullmq';
import { eventually } from '../../support/eventually';
import { openTestRedis, type TestRedis } from '../../support/test-redis';

/** What libs/queue needs of Redis, on whichever engine the suite runs. */
interface Numbered {
  readonly index: number;
}

let redis: TestRedis;
let queue: Queue<Numbered>;
let worker: Worker<Numbered> | undefined;

beforeAll(async () => {
  Logger.overrideLogger(false);
  redis = await openTestRedis();
});
afterAll(() => redis.close());
beforeEach(async () => {
  queue = new Queue('round-trip', { connection: redis.connections.options('producer') as ConnectionOptions });
  queue.on('error', () => undefined);
  await queue.waitUntilReady();
});
afterEach(async () => {
  await worker?.close();
  await queue.obliterate({ force: true });
  await queue.close();
});

const work = (process: (job: Job<Numbered>) => void): Worker<Numbered> => {
  worker = new Worker<Numbered>('round-trip', (job) => Promise.resolve(process(job)), {
    connection: redis.connections.options('consumer') as ConnectionOptions,
    concurrency: 5,
  });
  worker.on('error', () => undefined);
  return worker;
};

describe('BullMQ', () => {
  it('delivers each of many jobs once', async () => {
    const seen: number[] = [];
    await queue.addBulk(Array.from({ length: 200 }, (_, index) => ({ name: 'job', data: { index } })));
    work(({ data }) => void seen.push(data.index));
    await eventually(async () => (await queue.getCompletedCount()) === 200);
    expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, index) => index));
  });

  it('retries what failed, after its backoff', async () => {
    const at: number[] = [];
    work(() => {
      at.push(performance.now());
      if (at.length === 1) throw new Error('once');
    });
    await queue.add('job', { index: 1 }, { attempts: 2, backoff: { type: 'fixed', delay: 150 } });
    await eventually(async () => (await queue.getCompletedCount()) === 1);
    expect(at).toHaveLength(2);
    // Clocks of two threads: a little less than the backoff is still the backoff.
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThan(140);
  });

  it('keeps a delayed job until its time', async () => {
    let deliveredAt = 0;
    work(() => void (deliveredAt = performance.now()));
    const addedAt = performance.now();
    await queue.add('job', { index: 1 }, { delay: 200 });
    await eventually(() => deliveredAt > 0);
    expect(deliveredAt - addedAt).toBeGreaterThan(190);
  });

  it('wakes a worker that waits', async () => {
    const waiting = work(() => undefined);
    await waiting.waitUntilReady();
    const done = once(waiting, 'completed');
    await queue.add('job', { index: 1 });
    await done;
  });
});
