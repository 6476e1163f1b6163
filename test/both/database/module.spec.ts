import { ConsoleLogger, Injectable, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { ConfigModule } from '@vectorlane/config';
import { DatabaseModule, DataFolderInUseError, DataFolderLock, inTransaction, poolOf } from '@vectorlane/database';
import { HealthModule, type ReadinessDetails, ReadinessRegistry } from '@vectorlane/health';
import { ShutdownModule, ShutdownSequence } from '@vectorlane/shutdown';
import { DataSource } from 'typeorm';
import { type DatabaseLocation, freshLocation, onServer, testConfig } from '../../support/test-database';
import { Stopwatch } from '../../support/stopwatch';

jest.setTimeout(60_000);

@Injectable()
class Reader {
  constructor(readonly dataSource: DataSource) {}
}

@Module({ providers: [Reader] })
class ReaderModule {}

let location: DatabaseLocation;
let app: TestingModule;

const start = (settings: Record<string, string> = {}): Promise<TestingModule> =>
  Test.createTestingModule({
    imports: [
      ConfigModule.forRoot(testConfig(location, settings)),
      ShutdownModule,
      HealthModule,
      DatabaseModule,
      ReaderModule,
    ],
  })
    .setLogger(new ConsoleLogger({ logLevels: process.env['TEST_LOG_LEVEL'] ? ['log', 'warn', 'error'] : [] }))
    .compile()
    .then((module) => module.init());

const check = async (signal: AbortSignal): Promise<ReadinessDetails | void> => {
  const indicator = app.get(ReadinessRegistry).indicators.find(({ name }) => name === 'database');
  if (indicator === undefined) throw new Error('no indicator');
  return indicator.check(signal);
};

describe('an open database', () => {
  beforeAll(async () => {
    location = await freshLocation();
    app = await start();
  });
  afterAll(async () => {
    await app.close();
    await location.dispose();
  });

  it('migrates, and gives the data source to every module', async () => {
    const { dataSource } = app.get(Reader);
    expect(await dataSource.query('SELECT name FROM migrations WHERE id = 1')).toEqual([
      { name: 'InitialSchema1764000000000' },
    ]);
    expect(dataSource).toBe(app.get(DataSource));
  });

  it('has no entities: SQL stands in repositories, and TypeORM changes no schema by itself', () => {
    const { entityMetadatas, options } = app.get(DataSource);
    expect(entityMetadatas).toEqual([]);
    expect(options.synchronize).toBe(false);
  });

  it('is ready while the database answers', async () => {
    await expect(check(AbortSignal.timeout(2_000))).resolves.toBeUndefined();
  });

  it('gives up a probe in time and leaves nothing of it on the pool', async () => {
    const dataSource = app.get(DataSource);
    const pool = poolOf(dataSource);
    const busy = await Promise.all(Array.from({ length: pool.options.max }, () => pool.connect()));
    const watch = Stopwatch.start();
    // A server is asked on a connection of its own, and a full pool is no loss; the one session inside is all there is.
    if (onServer) await expect(check(AbortSignal.timeout(2_000))).resolves.toBeUndefined();
    else await expect(check(AbortSignal.timeout(150))).rejects.toThrow();
    expect(watch.stop()).toBeLessThan(1_000);
    for (const client of busy) client.release();
    await expect(check(AbortSignal.timeout(2_000))).resolves.toBeUndefined();
    expect(pool.idleCount).toBe(pool.totalCount);
  });

  it('says when a probe was given up before it began', async () => {
    await expect(check(AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
  });

  // Only an embedded database has a folder to lock, only a server an address that can be wrong.
  const onlyEmbedded = onServer ? undefined : it;
  const onlyServer = onServer ? it : undefined;

  onlyEmbedded?.('does not start on a data folder in use', async () => {
    await expect(start()).rejects.toBeInstanceOf(DataFolderInUseError);
  });

  onlyServer?.('does not start on a database that is not there, and says so without the password', async () => {
    const url = new URL(location.settings['DATABASE_URL'] ?? '');
    url.pathname = '/missing_database';
    url.password = 'hidden-word';
    const message = await start({ DATABASE_URL: url.href }).then(
      () => 'started',
      (error: Error) => error.message,
    );
    expect(message).toMatch(/missing_database.*DATABASE_URL/);
    expect(message).not.toContain('hidden-word');
  });
});

describe('a shutdown', () => {
  beforeEach(async () => {
    location = await freshLocation();
  });
  afterEach(async () => {
    await app.close();
    await location.dispose();
  });

  it('lets running queries finish at shutdown and finds everything closed afterwards', async () => {
    app = await start({ SHUTDOWN_DATABASE_TIMEOUT_MS: '10000' });
    const dataSource = app.get(DataSource);
    const running = inTransaction(dataSource, async (manager) => {
      await manager.query('SELECT pg_sleep(0.3)');
      return manager.query<unknown[]>('SELECT 5 AS five');
    });
    await dataSource.query('SELECT 1');
    const late = inTransaction(dataSource, (manager) => manager.query<unknown[]>('SELECT pg_sleep(0.1)'));
    const sequence = app.get(ShutdownSequence);
    const closing = app.close();
    await expect(running).resolves.toEqual([{ five: 5 }]);
    await late.catch(() => undefined); // asked for at the last moment: served or refused, never hung
    await closing;
    expect(sequence.failures).toBe(0);
    expect(dataSource.isInitialized).toBe(false);
    await expect(dataSource.query('SELECT 1')).rejects.toThrow();
  });

  it('cuts queries off that outlast the bound, counts that, and still closes the rest', async () => {
    app = await start({ SHUTDOWN_DATABASE_TIMEOUT_MS: '700' });
    const dataSource = app.get(DataSource);
    const forever = dataSource.query('SELECT pg_sleep(20)').catch((error: Error) => error);
    await new Promise((resolve) => setTimeout(resolve, 100)); // the query is under way
    const sequence = app.get(ShutdownSequence);
    const watch = Stopwatch.start();
    await app.close();
    expect(watch.stop()).toBeLessThan(8_000);
    expect(await forever).toBeInstanceOf(Error);
    expect(sequence.failures).toBe(1);
    const lock = await DataFolderLock.acquire(location.settings['DATA_DIR'] ?? '');
    await lock.release();
  });
});
