import { type GuardedPool, inTransaction, RequestScope } from '@vectorlane/database';
import { onServer, openTestDatabase, type TestDatabase } from '../../support/test-database';
import { eventually } from '../../support/eventually';
import { TcpProxy } from '../../support/tcp-proxy';
import { Stopwatch } from '../../support/stopwatch';

// What a request waits for is bounded on a server, whose loss must not become everybody's wait; the engine inside is
// one session and waited for as before.

jest.setTimeout(60_000);

const LIMIT_MS = 400;
/** Between the bound of a request and anything else that could end the wait. */
const SOON_MS = 3_000;

let database: TestDatabase;
let pool: GuardedPool;

beforeAll(async () => {
  database = await openTestDatabase({
    schema: 'none',
    settings: { DATABASE_REQUEST_TIMEOUT_MS: String(LIMIT_MS), DATABASE_POOL_SIZE: '2' },
  });
  pool = database.openPool(2);
});
afterAll(() => database?.close());

/** How an attempt ended, and after how long: by the wall, and of this process's own time. */
const timed = async (work: () => Promise<unknown>): Promise<{ outcome: string; ms: number; livedMs: number }> => {
  const startedAt = performance.now();
  const watch = Stopwatch.start();
  const outcome = await work().then(
    () => 'answered',
    (error: Error & { driverError?: Error }) => (error.driverError ?? error).name,
  );
  return { outcome, ms: performance.now() - startedAt, livedMs: watch.stop() };
};

const sleep = (seconds: number): Promise<unknown> => database.dataSource.query('SELECT pg_sleep($1)', [seconds]);
const inRequest = (work: () => Promise<unknown>): ReturnType<typeof timed> => timed(() => RequestScope.run(work));

it('leaves alone what no request waits for', async () => {
  expect(await timed(() => sleep(LIMIT_MS / 500))).toMatchObject({ outcome: 'answered' });
});

const forServers = onServer ? describe : undefined;
const forEmbedded = onServer ? undefined : it;

forEmbedded?.('leaves alone a request to the engine inside', async () => {
  expect(await inRequest(() => sleep(LIMIT_MS / 500))).toMatchObject({ outcome: 'answered' });
});

forServers?.('a request', () => {
  it('waits for a statement that is only slow, however long', async () => {
    const { outcome, ms } = await inRequest(() => sleep((LIMIT_MS * 4) / 1_000));
    expect(outcome).toBe('answered');
    expect(ms).toBeGreaterThan(LIMIT_MS * 3);
  });

  it('may take as long as it likes in all, as long as answers come', async () => {
    const { outcome, ms } = await inRequest(async () => {
      for (let statements = 0; statements < 4; statements += 1) await sleep((LIMIT_MS * 0.6) / 1_000);
    });
    expect(outcome).toBe('answered');
    expect(ms).toBeGreaterThan(LIMIT_MS * 2);
  });

  it('takes a refusal for an answer', async () => {
    const { outcome } = await inRequest(async () => {
      await database.dataSource.query('SELECT 1/0').catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, LIMIT_MS * 1.5));
      await database.dataSource.query('SELECT 1');
    });
    expect(outcome).toBe('answered');
  });

  it('gives up waiting for a connection, and the one that comes later goes to the next', async () => {
    const held = await Promise.all([pool.connect(), pool.connect()]);
    const { outcome, livedMs } = await inRequest(() => pool.query('SELECT 1'));
    expect(outcome).toBe('DatabaseSilentError');
    expect(livedMs).toBeLessThan(SOON_MS);
    for (const client of held) client.release();
    await eventually(() => pool.waitingCount === 0 && pool.idleCount === pool.totalCount);
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  describe('to a server that accepts and says nothing', () => {
    let proxy: TcpProxy;
    let silent: TestDatabase;

    beforeEach(async () => {
      proxy = await TcpProxy.start(process.env['TEST_DATABASE_URL'] ?? '');
      silent = await openTestDatabase({
        schema: 'none',
        settings: {
          DATABASE_REQUEST_TIMEOUT_MS: String(LIMIT_MS),
          DATABASE_POOL_SIZE: '2',
          DATABASE_URL: proxy.url,
        },
      });
    });
    afterEach(async () => {
      await proxy.recover();
      await silent.close();
      await proxy.close();
    });

    it('is given up, connection and statement together, however many there are', async () => {
      proxy.silence();
      const requests = await Promise.all(
        Array.from({ length: 30 }, () => inRequest(() => silent.dataSource.query('SELECT 1'))),
      );
      expect(new Set(requests.map(({ outcome }) => outcome))).toEqual(new Set(['DatabaseSilentError']));
      expect(Math.max(...requests.map(({ livedMs }) => livedMs))).toBeLessThan(SOON_MS);
      await proxy.recover();
      expect(await inRequest(() => silent.dataSource.query('SELECT 1'))).toMatchObject({ outcome: 'answered' });
    });

    it('is given up in the middle of a slow statement, and of a transaction', async () => {
      const begun = inRequest(() =>
        inTransaction(silent.dataSource, (manager) => manager.query('SELECT pg_sleep(20)')),
      );
      await eventually(() => proxy.said.some((packet) => packet.includes('pg_sleep')));
      proxy.silence();
      const { outcome, livedMs } = await begun;
      expect(outcome).toBe('DatabaseSilentError');
      expect(livedMs).toBeLessThan(SOON_MS);
    });

    it('is not let wait twice: what it wants to tidy up is refused at once', async () => {
      proxy.silence();
      let second: { outcome: string; livedMs: number } | undefined;
      await inRequest(async () => {
        await silent.dataSource.query('SELECT 1').catch(() => undefined);
        second = await timed(() => silent.dataSource.query('SELECT 2'));
      });
      expect(second?.outcome).toBe('DatabaseSilentError');
      expect(second?.livedMs).toBeLessThan(LIMIT_MS / 2);
    });

    it('costs work that no request waits for nothing: it goes on when the server does', async () => {
      proxy.silence();
      const work = timed(() => silent.dataSource.query('SELECT 1'));
      expect(await inRequest(() => silent.dataSource.query('SELECT 1'))).toMatchObject({
        outcome: 'DatabaseSilentError',
      });
      await proxy.recover();
      expect(await work).toMatchObject({ outcome: 'answered' });
    });
  });
});
