import { ReadinessRegistry } from '@vectorlane/health';
import { RedisConnections } from '@vectorlane/redis';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { PrivateServers } from '../support/private-servers';
import { TcpProxy } from '../support/tcp-proxy';
import { TestApp, type Untyped } from '../support/test-app';
import { onServer } from '../support/test-database';
import { Stopwatch } from '../support/stopwatch';

/** Readiness under losses, freezes and loads (docs/contract.md §1). What needs a server runs with test:server. */

interface Probe {
  readonly status: number;
  readonly body: Untyped;
  readonly tookMs: number;
}

const probe = async (service: TestApp): Promise<Probe> => {
  const watch = Stopwatch.start();
  const { status, body } = await service.json('/ready', undefined, { key: null });
  return { status, body, tookMs: watch.stop() };
};

/** Probes without a pause until `wanted` comes. @returns ms until then, and the slowest answer on the way */
const until = async (service: TestApp, wanted: number): Promise<{ afterMs: number; slowestMs: number }> => {
  const startedAt = performance.now();
  const watch = Stopwatch.start();
  let slowestMs = 0;
  for (;;) {
    const { status, body, tookMs } = await probe(service);
    slowestMs = Math.max(slowestMs, tookMs);
    if (status === wanted) return { afterMs: watch.stop(), slowestMs };
    if (performance.now() - startedAt > 60_000) throw new Error(`/ready is still ${status}: ${JSON.stringify(body)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

/** Both bounds of the contract, with half a second for a machine on which everything else runs as well. */
const KNOWN_WITHIN_MS = 2_000 + 500;
const ANSWERED_WITHIN_MS = 1_500;
const BACK_WITHIN_MS = 5_000;

const isLost = async (service: TestApp, dependency: string): Promise<void> => {
  const { afterMs, slowestMs } = await until(service, 503);
  expect(afterMs).toBeLessThan(KNOWN_WITHIN_MS);
  expect(slowestMs).toBeLessThan(ANSWERED_WITHIN_MS);
  const { body, tookMs } = await probe(service);
  expect(tookMs).toBeLessThan(ANSWERED_WITHIN_MS);
  expect(body.status).toBe('error');
  expect(body.checks[dependency].status).toBe('down');
  // No problem document, no reason, and nothing for an error tracker to pick up: this is an answer.
  expect(Object.keys(body).toSorted()).toEqual(['checks', 'status', 'uptime', 'version']);
  expect((await service.json('/live', undefined, { key: null })).status).toBe(200);
};

const isBack = async (service: TestApp): Promise<void> => {
  expect((await until(service, 200)).afterMs).toBeLessThan(BACK_WITHIN_MS);
};

const forEmbedded = onServer ? undefined : describe;
const forServers = onServer ? describe : undefined;

forEmbedded?.('the readiness of a service with everything inside', () => {
  let service: TestApp;
  beforeAll(async () => {
    service = await TestApp.start();
  }, 60_000);
  afterAll(() => service?.stop(), 60_000);

  it('does not flap while the database is busy with one long statement', async () => {
    const busy = service.app.get(DataSource).query('SELECT pg_sleep(3)');
    let done = false;
    const finished = busy.finally(() => (done = true));
    const seen: Probe[] = [];
    while (!done) seen.push(await probe(service));
    await finished;
    expect(seen.map(({ status }) => status)).toEqual(seen.map(() => 200));
    expect(seen.some(({ body }) => body.checks.database.busy === true)).toBe(true);
    expect(Math.max(...seen.map(({ tookMs }) => tookMs))).toBeLessThan(ANSWERED_WITHIN_MS);
  }, 30_000);

  it('asks Redis once a second, however many probes there are', async () => {
    const redis = service.app.get(RedisConnections).shared;
    const pings = async (): Promise<number> =>
      Number(/cmdstat_ping:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1] ?? 0);
    const before = await pings();
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: 1_000 }, () => probe(service)));
    const seconds = (performance.now() - startedAt) / 1_000;
    // One for each second begun, and one for the heartbeat of the connection itself.
    expect((await pings()) - before).toBeLessThanOrEqual(Math.ceil(seconds) + 2);
  }, 60_000);
});

forServers?.('the readiness of a service on servers', () => {
  let servers: PrivateServers;
  let database: TcpProxy;
  let redis: TcpProxy;
  let service: TestApp;
  const changes: string[] = [];

  beforeAll(async () => {
    servers = await PrivateServers.start();
    database = await TcpProxy.start(servers.databaseUrl);
    redis = await TcpProxy.start(servers.redisUrl);
    service = await TestApp.start({ DATABASE_URL: database.url, REDIS_URL: redis.url, DATABASE_POOL_SIZE: '3' });
    service.app.get(ReadinessRegistry).onChange((name, up) => changes.push(`${name} ${up ? 'up' : 'down'}`));
  }, 120_000);
  afterAll(async () => {
    await database?.recover();
    await redis?.recover();
    await service?.stop();
    await database?.close();
    await redis?.close();
    await servers?.stop();
  }, 60_000);
  beforeEach(async () => {
    await until(service, 200);
    changes.length = 0;
  });

  it('asks each dependency once a second, however many probes there are', async () => {
    const asked = (proxy: TcpProxy, what: RegExp): number => proxy.said.filter((packet) => what.test(packet)).length;
    const count = (): number[] => [asked(database, /transaction_read_only/), asked(redis, /\r\nping\r\n/i)];
    const before = count();
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: 1_000 }, () => probe(service)));
    const seconds = Math.ceil((performance.now() - startedAt) / 1_000);
    const [queries = 0, pings = 0] = count().map((now, index) => now - (before[index] ?? 0));
    expect(queries).toBeGreaterThan(0);
    expect(queries).toBeLessThanOrEqual(seconds + 1);
    expect(pings).toBeLessThanOrEqual(seconds + 2); // the connection's own heartbeat is one
  }, 60_000);

  it('is not lost when all connections of the pool are in use', async () => {
    const dataSource = service.app.get(DataSource);
    const busy = Promise.all(Array.from({ length: 3 }, () => dataSource.query('SELECT pg_sleep(3)')));
    let done = false;
    const finished = busy.finally(() => (done = true));
    while (!done) expect((await probe(service)).status).toBe(200);
    await finished;
    expect(changes).toEqual([]);
  }, 30_000);

  it('is lost while PostgreSQL is frozen, and back when it thaws; the probes leave nothing behind', async () => {
    servers.freeze('postgres');
    try {
      await isLost(service, 'database');
      const before = database.clients;
      for (let probes = 0; probes < 3; probes += 1) {
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        expect((await probe(service)).status).toBe(503);
      }
      // One question at a time on a connection of its own, whatever the number of probes.
      expect(database.clients).toBeLessThanOrEqual(before + 1);
    } finally {
      servers.thaw('postgres');
    }
    await isBack(service);
    expect(changes).toEqual(['database down', 'database up']);
    expect(await service.app.get(DataSource).query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  }, 60_000);

  it('is lost while Redis is frozen, and back when it thaws', async () => {
    servers.freeze('redis-server');
    try {
      await isLost(service, 'redis');
      expect((await probe(service)).body.checks).toMatchObject({
        database: { status: 'up' },
        queue: { status: 'down' },
      });
      const metrics = await (await service.fetch('/metrics', { key: null })).text();
      expect(metrics).toContain('dependency_up{dependency="redis"} 0');
      expect(metrics).toContain('dependency_up{dependency="database"} 1');
      expect(metrics).toContain('processing_queue_up 0');
      expect(metrics).not.toContain('processing_queue_size{');
      // The limiter has given Redis its 100 ms and counts here; every request is served.
      expect((await service.fetch('/api/documents')).status).toBe(200);
      expect((await service.fetch('/nowhere', { key: null })).headers.get('ratelimit')).toMatch(/^"default";r=\d+;/);
    } finally {
      servers.thaw('redis-server');
    }
    await isBack(service);
    expect(changes.toSorted()).toEqual(['queue down', 'queue up', 'redis down', 'redis up']);
  }, 60_000);

  it.each([
    ['database', 'is gone'],
    ['database', 'accepts and never answers'],
    ['redis', 'is gone'],
    ['redis', 'accepts and never answers'],
  ] as const)(
    'is lost while the %s %s, and back with it, without a restart',
    async (dependency, how) => {
      const proxy = dependency === 'database' ? database : redis;
      if (how === 'is gone') await proxy.vanish();
      else proxy.silence();
      await isLost(service, dependency);
      await proxy.recover();
      await isBack(service);
      expect(changes.filter((change) => change.startsWith(dependency))).toEqual([
        `${dependency} down`,
        `${dependency} up`,
      ]);
    },
    60_000,
  );

  it('is lost on a database that takes no writes', async () => {
    const url = new URL(servers.databaseUrl);
    const admin = new Client({ connectionString: url.href, options: '-c default_transaction_read_only=off' });
    await admin.connect();
    const set = (value: string) =>
      admin.query(`ALTER DATABASE "${url.pathname.slice(1)}" SET default_transaction_read_only = ${value}`);
    try {
      await set('on');
      // A session keeps what it began with: the connection of the probes is to be a new one.
      await database.vanish();
      await database.recover();
      await new Promise((resolve) => setTimeout(resolve, 2_500)); // the loss itself is over by then
      expect((await probe(service)).body.checks.database.status).toBe('down');
    } finally {
      await set('off');
      await admin.end();
    }
    await database.vanish();
    await database.recover();
    await isBack(service);
  }, 60_000);
});
