import { Injectable, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { Config, ConfigModule, loadConfig } from '@vectorlane/config';
import { HealthModule } from '@vectorlane/health';
import { MetricsModule } from '@vectorlane/metrics';
import {
  type IngestionJob,
  jobId,
  LaneConsumers,
  LaneProcessor,
  LaneQueues,
  ProcessesLane,
  QueueModule,
} from '@vectorlane/queue';
import { RedisModule } from '@vectorlane/redis';
import { ShutdownModule } from '@vectorlane/shutdown';
import { openTestServers, type TestServers } from '../../support/test-servers';

const seen: { documentId: string; jobId: string }[] = [];
let onDelivery: ((documentId: string, signal: AbortSignal) => Promise<void>) | undefined;

@Injectable()
@ProcessesLane('fast')
class FastProcessor extends LaneProcessor {
  constructor(consumers: LaneConsumers) {
    super('fast', 2, consumers);
  }
  protected async deliver({ documentId }: IngestionJob, id: string, signal: AbortSignal): Promise<void> {
    seen.push({ documentId, jobId: id });
    await onDelivery?.(documentId, signal);
  }
}

@Injectable()
@ProcessesLane('heavy')
class HeavyProcessor extends LaneProcessor {
  constructor(consumers: LaneConsumers) {
    super('heavy', 1, consumers);
  }
  protected deliver({ documentId }: IngestionJob, id: string): Promise<void> {
    seen.push({ documentId, jobId: `heavy ${id}` });
    return Promise.resolve();
  }
}

@Module({ providers: [FastProcessor] })
class OneLane {}

@Module({ providers: [FastProcessor, HeavyProcessor] })
class BothLanes {}

let servers: TestServers;
let opened: TestingModule | undefined;

const open = async (lanes: typeof OneLane, settings: Record<string, string> = {}): Promise<TestingModule> => {
  const config = loadConfig({ NODE_ENV: 'test', ...servers.settings, ...settings });
  opened = await Test.createTestingModule({
    imports: [
      ConfigModule.forRoot(config),
      ShutdownModule,
      MetricsModule.register({ version: 'test', role: 'all' }),
      HealthModule,
      RedisModule,
      QueueModule,
      lanes,
    ],
  }).compile();
  opened.useLogger(false);
  await opened.init();
  return opened;
};

const eventually = async (condition: () => boolean): Promise<void> => {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('It did not happen in time.');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

beforeEach(async () => {
  servers = await openTestServers();
  seen.length = 0;
  onDelivery = undefined;
});
afterEach(async () => {
  await opened?.close();
  opened = undefined;
  await servers.close();
});

describe('lanes', () => {
  it('deliver each document on its own lane, under its delivery', async () => {
    const app = await open(BothLanes);
    app.get(LaneConsumers).start();
    const queues = app.get(LaneQueues);
    await queues.add({ documentId: 'a', lane: 'fast', delivery: 1 });
    await queues.add({ documentId: 'b', lane: 'heavy', delivery: 3 });
    await eventually(() => seen.length === 2);
    expect(seen).toEqual(
      expect.arrayContaining([
        { documentId: 'a', jobId: 'a-1' },
        { documentId: 'b', jobId: 'heavy b-3' },
      ]),
    );
  });

  it('take one delivery once, and the next delivery of the same document although the first is retained', async () => {
    const app = await open(BothLanes);
    const queues = app.get(LaneQueues);
    const first = { documentId: 'twice', lane: 'fast', delivery: 1 } as const;
    await Promise.all([queues.add(first), queues.add(first), queues.add(first)]);
    app.get(LaneConsumers).start();
    await eventually(() => seen.length === 1);
    await queues.add({ ...first, delivery: 2 });
    await eventually(() => seen.length === 2);
    expect(seen.map((delivery) => delivery.jobId)).toEqual(['twice-1', 'twice-2']);
  });

  it('tell which deliveries no live job carries', async () => {
    const app = await open(BothLanes);
    const queues = app.get(LaneQueues);
    const queued = { documentId: 'queued', lane: 'fast', delivery: 1 } as const;
    const delayed = { documentId: 'delayed', lane: 'heavy', delivery: 1 } as const;
    const lost = { documentId: 'lost', lane: 'fast', delivery: 4 } as const;
    await queues.add(queued);
    await queues.add(delayed, 60_000);
    expect((await queues.withoutLiveJob([queued, delayed, lost])).map(jobId)).toEqual(['lost-4']);
    const counts = await queues.counts();
    expect(counts.heavy['delayed']).toBe(1);
  });

  it('tell of jobs of a time before the clock was set back that they are none: they would wait until it has caught up', async () => {
    const app = await open(BothLanes);
    const queues = app.get(LaneQueues);
    const ahead = { documentId: 'ahead', lane: 'fast', delivery: 1 } as const;
    const clock = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 3_600_000);
    try {
      await queues.add(ahead, 60_000);
    } finally {
      clock.mockRestore();
    }
    expect((await queues.withoutLiveJob([ahead])).map(jobId)).toEqual(['ahead-1']);
  });

  it('finish the job in hand at shutdown and start no other', async () => {
    const app = await open(BothLanes, { FAST_LANE_CONCURRENCY: '1' });
    let finish: () => void = () => undefined;
    let finished = 0;
    onDelivery = async () => {
      await new Promise<void>((resolve) => (finish = resolve));
      finished += 1;
    };
    app.get(LaneConsumers).start();
    const queues = app.get(LaneQueues);
    await queues.add({ documentId: 'one', lane: 'fast', delivery: 1 });
    await eventually(() => seen.length === 1);
    const closing = app.close();
    opened = undefined;
    setImmediate(() => finish());
    await closing;
    expect(finished).toBe(1);
  });

  it('ask a job that takes too long to give up', async () => {
    const app = await open(BothLanes, { SHUTDOWN_QUEUE_TIMEOUT_MS: '50' });
    let reason: unknown;
    onDelivery = (_, signal) =>
      new Promise<void>((resolve) => signal.addEventListener('abort', () => ((reason = signal.reason), resolve())));
    app.get(LaneConsumers).start();
    await app.get(LaneQueues).add({ documentId: 'slow', lane: 'fast', delivery: 1 });
    await eventually(() => seen.length === 1);
    await app.close();
    opened = undefined;
    expect(String(reason)).toMatch(/shutting down/);
  });

  it('stop the boot when nobody works one of them', async () => {
    const app = await open(OneLane);
    expect(() => app.get(LaneConsumers).start()).toThrow(/Nobody works lane "heavy"/);
    expect(app.get(Config).ROLE).toBe('all');
  });
});
