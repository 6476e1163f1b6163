import { type INestApplication, Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { ConfigModule, loadConfig } from '@vectorlane/config';
import { HealthModule } from '@vectorlane/health';
import { MetricsModule } from '@vectorlane/metrics';
import { LaneConsumers, LaneQueues, QueueModule, QueueTimeoutError } from '@vectorlane/queue';
import { EmbeddedValkey, RedisModule } from '@vectorlane/redis';
import { ShutdownModule } from '@vectorlane/shutdown';
import { Scrape } from '../../support/prometheus-text';
import { TcpProxy } from '../../support/tcp-proxy';
import { FastProcessor, IdleLanes } from '../../support/idle-lanes';
import { eventually } from '../../support/eventually';
import { Stopwatch } from '../../support/stopwatch';

let valkey: EmbeddedValkey;
let proxy: TcpProxy;
let app: INestApplication;
let url: string;

beforeEach(async () => {
  Logger.overrideLogger(false);
  valkey = await EmbeddedValkey.start();
  const { port, password } = valkey.endpoint;
  proxy = await TcpProxy.start(`redis://:${password}@127.0.0.1:${port}`);
  const config = loadConfig({
    NODE_ENV: 'test',
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', // goes with the other; no library that would use it is here
    REDIS_URL: proxy.url,
    REDIS_COMMAND_TIMEOUT_MS: '1000',
  });
  const module = await Test.createTestingModule({
    imports: [
      ConfigModule.forRoot(config),
      ShutdownModule,
      MetricsModule.register({ version: 'test', role: 'all' }),
      HealthModule,
      RedisModule,
      QueueModule,
      IdleLanes,
    ],
  }).compile();
  app = module.createNestApplication({ logger: false });
  await app.listen(0, '127.0.0.1');
  url = `${await app.getUrl()}/metrics`;
}, 30_000);

afterEach(async () => {
  await proxy?.recover();
  await app?.close();
  await proxy?.close();
  await valkey?.close();
}, 30_000);

const scrape = async (): Promise<{ scrape: Scrape; tookMs: number }> => {
  const watch = Stopwatch.start();
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  const text = await response.text();
  expect(response.status).toBe(200);
  return { scrape: Scrape.parse(text), tookMs: watch.stop() };
};

/** @throws anything else */
const isLate = (error: unknown): false => {
  if (error instanceof QueueTimeoutError) return false;
  throw error;
};
const document = (index: number): string => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
const SIZES = (waiting: number, delayed: number, completed = 0): Record<string, number> => ({
  '{status="waiting"}': waiting,
  '{status="active"}': 0,
  '{status="delayed"}': delayed,
  '{status="completed"}': completed,
  '{status="failed"}': 0,
});

describe('the queue’s gauges', () => {
  it('say what is in both lanes, how long the next job has waited, and follow what becomes of it', async () => {
    const queues = app.get(LaneQueues);
    const addedAt = Date.now();
    for (const index of [1, 2, 3]) await queues.add({ documentId: document(index), lane: 'fast', delivery: 1 });
    await queues.add({ documentId: document(4), lane: 'heavy', delivery: 1 }, 60_000);

    const { scrape: waiting } = await scrape();
    expect(waiting.of('processing_queue_up')).toEqual({ '': 1 });
    expect(waiting.of('processing_queue_size')).toEqual(SIZES(3, 1));
    const age = waiting.of('processing_queue_oldest_waiting_job_age_seconds');
    expect(age).toEqual({ '{lane="fast"}': expect.any(Number), '{lane="heavy"}': 0 });
    expect(age['{lane="fast"}']).toBeGreaterThan(0);
    expect(age['{lane="fast"}']).toBeLessThanOrEqual((Date.now() - addedAt) / 1_000);

    // Worked off, they are retained and counted as completed; what is delayed still is.
    app.get(LaneConsumers).start();
    await eventually(async () => (await queues.counts()).fast['completed'] === 3);
    await eventually(async () => (await scrape()).scrape.of('processing_queue_size')['{status="completed"}'] === 3);
    const { scrape: done } = await scrape();
    expect(done.of('processing_queue_size')).toEqual(SIZES(0, 1, 3));
    expect(done.of('processing_queue_oldest_waiting_job_age_seconds')).toEqual({
      '{lane="fast"}': 0,
      '{lane="heavy"}': 0,
    });
  }, 30_000);

  it('are asked for once a second, however many scrape', async () => {
    const counts = jest.spyOn(app.get(LaneQueues), 'counts');
    const startedAt = performance.now();
    for (let round = 0; round < 10; round += 1) await Promise.all(Array.from({ length: 10 }, () => scrape()));
    const seconds = Math.ceil((performance.now() - startedAt) / 1_000);
    expect(counts.mock.calls.length).toBeGreaterThanOrEqual(1);
    expect(counts.mock.calls.length).toBeLessThanOrEqual(seconds + 1);
  }, 30_000);

  it('are gone within a second of waiting when Redis is frozen, and say so; they come back with it', async () => {
    // The bound of a command is short here, and a busy machine may take longer before anything is frozen.
    const job = { documentId: document(1), lane: 'fast', delivery: 1 } as const;
    const isTaken = (): Promise<boolean> =>
      app
        .get(LaneQueues)
        .add(job)
        .then(() => true, isLate);
    await eventually(isTaken);
    await eventually(async () => (await scrape()).scrape.of('processing_queue_size')['{status="waiting"}'] === 1);
    proxy.silence();
    const tookMs: number[] = [];
    const isUp = async (): Promise<boolean> => {
      const answer = await scrape();
      tookMs.push(answer.tookMs);
      frozen = answer.scrape;
      return frozen.value('processing_queue_up') === 1;
    };
    let frozen: Scrape | undefined;
    await eventually(async () => !(await isUp()));
    // While it lasts, over the time in which connections are given up and opened again: no old number, no slow answer.
    for (const until = performance.now() + 4_000; performance.now() < until;) {
      expect(await isUp()).toBe(false);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(frozen?.of('processing_queue_size')).toEqual({});
    expect(frozen?.of('processing_queue_oldest_waiting_job_age_seconds')).toEqual({});
    expect(frozen?.of('ingestion_chunks_stored_total')).toEqual({ '': 0 });
    // One stray is this machine's, which may be busy; a bound that does not hold shows every time.
    expect(tookMs.filter((ms) => ms >= 1_000).length).toBeLessThanOrEqual(1);

    await proxy.recover();
    await eventually(isUp);
    expect((await scrape()).scrape.of('processing_queue_size')).toEqual(SIZES(1, 0));
  }, 60_000);

  it('are gone when Redis is gone', async () => {
    await eventually(async () => (await scrape()).scrape.value('processing_queue_up') === 1);
    await proxy.vanish();
    await eventually(async () => (await scrape()).scrape.value('processing_queue_up') === 0);
    const { scrape: down, tookMs } = await scrape();
    expect(down.of('processing_queue_size')).toEqual({});
    expect(tookMs).toBeLessThan(1_000);
  }, 60_000);
});

describe('stalled jobs', () => {
  it('are counted under their lane', async () => {
    app.get(LaneConsumers).start();
    app.get(FastProcessor).worker.emit('stalled', document(1), 'active');
    const { scrape: after } = await scrape();
    expect(after.of('processing_queue_jobs_stalled_total')).toEqual({ '{lane="fast"}': 1, '{lane="heavy"}': 0 });
  }, 30_000);
});
