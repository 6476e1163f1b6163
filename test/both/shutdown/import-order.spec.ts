import { type DynamicModule, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { IngestionRuntime } from '@vectorlane/ingestion';
import { RedisConnections } from '@vectorlane/redis';
import { SHUTDOWN_STAGES, ShutdownSequence, type ShutdownStage } from '@vectorlane/shutdown';
import { DataSource } from 'typeorm';
import { AppModule } from '../../../apps/api/src/app.module';
import { seededRandom } from '../../support/ingestion-digest';
import { type DatabaseLocation, freshLocation, testConfig } from '../../support/test-database';
import { openTestServers, type TestServers } from '../../support/test-servers';

const SEED = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 32));

/** What was open when the framework's own hooks ran: nothing may be, wherever the module stands. */
const foundOpen: string[] = [];

@Injectable()
class FrameworkHook implements OnApplicationShutdown {
  constructor(
    private readonly dataSource: DataSource,
    private readonly redis: RedisConnections,
  ) {}

  onApplicationShutdown(): void {
    if (this.dataSource.isInitialized) foundOpen.push('database');
    if (this.redis.shared.status !== 'end') foundOpen.push('redis');
  }
}

@Module({ providers: [FrameworkHook] })
class HookModule {}

let location: DatabaseLocation;
let servers: TestServers;
beforeEach(async () => {
  location = await freshLocation();
  servers = await openTestServers();
});
afterEach(async () => {
  await servers.close();
  await location.dispose();
});

/** Notes each release as it begins. */
class RecordedSequence extends ShutdownSequence {
  readonly stages: string[] = [];
  readonly steps: string[] = [];

  override add(stage: ShutdownStage, name: string, run: () => Promise<void>, timeoutMs?: number): void {
    const noted = (): Promise<void> => {
      if (this.stages.at(-1) !== stage) this.stages.push(stage);
      this.steps.push(`${stage}: ${name}`);
      return run();
    };
    super.add(stage, name, noted, timeoutMs);
  }
}

/** Starts and stops the whole program. */
const shutdownOf = async (shuffle: <T>(list: readonly T[]) => T[]): Promise<RecordedSequence> => {
  const shutdown = new RecordedSequence();
  const config = testConfig(location, { ...servers.settings, EMBEDDING_NUMBER_TYPE: 'fp32', EMBEDDING_THREADS: '1' });
  const root: DynamicModule = AppModule.register(config, shutdown);
  const module = await Test.createTestingModule({
    imports: [{ ...root, imports: shuffle([...(root.imports ?? []), HookModule]) }],
  }).compile();
  const app = module.createNestApplication({ bodyParser: false, logger: false });
  await app.init();
  await app.get(IngestionRuntime).start({ consumes: true });
  await app.close();
  expect(shutdown.failures).toBe(0);
  return shutdown;
};

it(`releases in the same order whatever the order of the root module's imports (seed ${SEED})`, async () => {
  const random = seededRandom(SEED);
  const orders: (<T>(list: readonly T[]) => T[])[] = [
    (list) => [...list],
    (list) => list.toReversed(),
    (list) =>
      list
        .map((item) => ({ item, at: random() }))
        .toSorted((one, other) => one.at - other.at)
        .map(({ item }) => item),
  ];
  const seen: RecordedSequence[] = [];
  for (const order of orders) seen.push(await shutdownOf(order));
  // The HTTP server is the application's, and not part of its modules.
  const stages = SHUTDOWN_STAGES.filter((stage) => seen[0]?.stages.includes(stage));
  expect(stages).toEqual(expect.arrayContaining(['drain', 'consumers', 'producers', 'redis', 'database', 'engines']));
  for (const { stages: order, steps } of seen) {
    expect(order).toEqual(stages);
    expect(steps.toSorted()).toEqual(seen[0]?.steps.toSorted());
  }
  expect(foundOpen).toEqual([]);
}, 90_000);
