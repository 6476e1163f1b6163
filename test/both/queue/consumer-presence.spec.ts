import { Module, type Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { type Config, ConfigModule, loadConfig } from '@vectorlane/config';
import { HealthModule, type ReadinessDetails, ReadinessRegistry } from '@vectorlane/health';
import { MetricsModule } from '@vectorlane/metrics';
import { LaneConsumers, QueueModule } from '@vectorlane/queue';
import { RedisConnections, RedisModule } from '@vectorlane/redis';
import { ShutdownModule } from '@vectorlane/shutdown';
import { HeavyProcessor, IdleLanes } from '../../support/idle-lanes';
import { eventually } from '../../support/eventually';
import { openTestServers, type TestServers } from '../../support/test-servers';

/** Who works the lanes, and what that means for readiness (docs/adr/0013). */

@Module({})
class NoLanes {}

let servers: TestServers;
let opened: TestingModule[] = [];

const open = async (lanes: Type): Promise<TestingModule> => {
  const config: Config = loadConfig({ NODE_ENV: 'test', ...servers.settings });
  const app = await Test.createTestingModule({
    imports: [
      ConfigModule.forRoot(config),
      ShutdownModule,
      MetricsModule.register({ version: '0', role: 'all' }),
      HealthModule,
      RedisModule,
      QueueModule,
      lanes,
    ],
  }).compile();
  app.useLogger(false);
  await app.init();
  opened.push(app);
  return app;
};
const check = (app: TestingModule): Promise<ReadinessDetails | void> => {
  const indicator = app.get(ReadinessRegistry).indicators.find(({ name }) => name === 'queue');
  if (indicator === undefined) throw new Error('no indicator');
  return indicator.check(AbortSignal.timeout(2_000));
};
const consumers = async (app: TestingModule): Promise<unknown> => ((await check(app)) ?? {})['consumers'];

beforeEach(async () => {
  servers = await openTestServers();
});
afterEach(async () => {
  for (const app of opened) await app.close();
  opened = [];
  await servers.close();
});

it('shows that nobody works the lanes, and is ready all the same where nobody is to', async () => {
  const api = await open(NoLanes);
  expect(await check(api)).toEqual({ waiting: 0, consumers: { fast: 0, heavy: 0 } });
});

it('counts a consumer from its start until it stops fetching', async () => {
  const app = await open(IdleLanes);
  app.get(LaneConsumers).start();
  await eventually(async () => JSON.stringify(await consumers(app)) === '{"fast":1,"heavy":1}');
  const redis = app.get(RedisConnections).shared;
  // Forgotten by itself, should it never get to say that it leaves.
  expect(await redis.ttl('vectorlane:consumers:fast')).toBeLessThanOrEqual(20);
});

it('forgets a consumer that has said nothing for twenty seconds', async () => {
  const app = await open(NoLanes);
  const redis = app.get(RedisConnections).shared;
  const [seconds = '0'] = (await redis.time()).map(String);
  await redis.zadd('vectorlane:consumers:fast', Number(seconds) - 25, 'long gone', Number(seconds) - 2, 'just now');
  expect(await consumers(app)).toEqual({ fast: 1, heavy: 0 });
});

it('is not ready where this process is to work a lane and does not', async () => {
  const app = await open(IdleLanes);
  app.get(LaneConsumers).start();
  await eventually(async () => (await check(app).catch(() => undefined)) !== undefined);
  const { worker } = app.get(HeavyProcessor);
  await worker.pause(true);
  await expect(check(app)).rejects.toThrow('This process is to work lane heavy and does not.');
  await worker.resume();
  await eventually(async () => (await check(app).catch(() => undefined)) !== undefined);
});
