import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { loadConfig } from '@vectorlane/config';
import { EmbeddedValkey, RedisConnections } from '@vectorlane/redis';
import { Redis } from 'ioredis';
import { RateLimitStorage } from '../../../apps/api/src/rate-limit/rate-limit.storage';
import { eventually } from '../../support/eventually';
import { recordLog } from '../../support/test-redis';
import { openTestServers } from '../../support/test-servers';
import { Stopwatch } from '../../support/stopwatch';

/** Requests counted on a real Redis: by several processes at once, and through its absence. */
const MINUTE = 60_000;
const LIMIT = 100;
/** Far above what a busy machine needs for one answer, far below what a frozen Redis would cost. */
const TIMEOUT_MS = 400;

let redisUrl: string;
let log: ReturnType<typeof recordLog>;
const opened: (() => unknown)[] = [];
const openedForAll: (() => unknown)[] = [];

beforeAll(async () => {
  const servers = await openTestServers();
  let { REDIS_URL } = servers.settings;
  if (REDIS_URL === undefined) {
    const valkey = await EmbeddedValkey.start();
    const { host, port, password } = valkey.endpoint;
    REDIS_URL = `redis://:${password}@${host}:${port}`;
    openedForAll.push(() => valkey.close());
  }
  redisUrl = REDIS_URL;
  openedForAll.push(() => servers.close());
}, 60_000);
afterAll(async () => {
  for (const close of openedForAll) await close();
});

beforeEach(() => {
  log = recordLog();
});
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
  log.stop();
});

/** Where Redis is there, its count holds, however busy the machine; behind a switch it is given up soon. */
const replica = async (url = redisUrl): Promise<{ storage: RateLimitStorage; connections: RedisConnections }> => {
  const connections = new RedisConnections(loadConfig({ DATABASE_URL: 'postgres://h/d', REDIS_URL: url }));
  await connections.connect();
  opened.push(() => connections.close());
  return { storage: new RateLimitStorage(connections.shared, url === redisUrl ? 10_000 : TIMEOUT_MS), connections };
};
const hit = (storage: RateLimitStorage, bucket: string) => storage.increment(bucket, MINUTE, LIMIT);
const unique = (name: string): string => `${name}-${process.pid}-${performance.now()}`;

/** Redis behind a switch: through, or accepting everything and passing nothing on. */
class FreezingProxy {
  private frozen = false;
  private readonly sockets = new Set<Socket>();
  private constructor(
    readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<FreezingProxy> {
    const target = new URL(redisUrl);
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = new URL(redisUrl);
    url.hostname = '127.0.0.1';
    url.port = String((server.address() as AddressInfo).port);
    const proxy = new FreezingProxy(server, url.href);
    server.on('connection', (client: Socket) => {
      const upstream = connect(Number(target.port), target.hostname);
      for (const [from, to] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        proxy.sockets.add(from);
        from.on('data', (data: Buffer) => proxy.frozen || to.write(data));
        from.on('error', () => undefined).on('close', () => to.destroy());
      }
    });
    opened.push(() => proxy.close());
    return proxy;
  }

  freeze(frozen: boolean): void {
    this.frozen = frozen;
  }

  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    await closed;
  }
}

it('three processes let exactly 100 of 150 requests through', async () => {
  const replicas = await Promise.all([replica(), replica(), replica()]);
  const bucket = unique('ip:203.0.113.7');
  const answers = await Promise.all(
    Array.from({ length: 150 }, (_, index) => hit(replicas[index % 3]!.storage, bucket)),
  );
  expect(answers.filter(({ isBlocked }) => !isBlocked)).toHaveLength(100);
  expect(answers.map(({ totalHits }) => totalHits).toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: 150 }, (_, index) => index + 1),
  );
  for (const { isBlocked, timeToExpire, timeToBlockExpire } of answers) {
    expect(timeToExpire).toBeGreaterThan(50);
    expect(timeToExpire).toBeLessThanOrEqual(60);
    expect(timeToBlockExpire).toBe(isBlocked ? timeToExpire : 0);
  }
}, 30_000);

it('blocked requests do not extend the window, and the next one starts with the next request', async () => {
  const { storage, connections } = await replica();
  const bucket = unique('ip:short');
  for (let index = 0; index < 5; index += 1) await storage.increment(bucket, 1_500, 2);
  const key = `vectorlane:rate-limit:${bucket}`;
  const left = await connections.shared.pttl(key);
  expect((await storage.increment(bucket, 1_500, 2)).isBlocked).toBe(true);
  expect(await connections.shared.pttl(key)).toBeLessThanOrEqual(left);
  await eventually(async () => (await connections.shared.exists(key)) === 0);
  expect(await storage.increment(bucket, 1_500, 2)).toMatchObject({ totalHits: 1, isBlocked: false });
});

it('leaves nothing on Redis that does not end by itself', async () => {
  const { storage, connections } = await replica();
  const bucket = unique('ip:bounded');
  const key = `vectorlane:rate-limit:${bucket}`;
  await hit(storage, bucket);
  await connections.shared.persist(key);
  await hit(storage, bucket);
  expect(await connections.shared.pttl(key)).toBeGreaterThan(0);
});

it('keeps buckets apart', async () => {
  const { storage } = await replica();
  const [a, b] = [unique('ip:a'), unique('key:b')];
  for (let index = 0; index < 120; index += 1) await hit(storage, a);
  expect(await hit(storage, b)).toMatchObject({ totalHits: 1, isBlocked: false });
});

describe('a Redis that goes', () => {
  it('frozen: one request waits for it at a time, the others are counted here; the count goes on', async () => {
    const proxy = await FreezingProxy.start();
    const { storage } = await replica(proxy.url);
    const bucket = unique('ip:frozen');
    for (let index = 0; index < 60; index += 1) await hit(storage, bucket);
    proxy.freeze(true);
    // The first one finds out, at its own cost.
    const startedAt = performance.now();
    expect(await hit(storage, bucket)).toMatchObject({ totalHits: 61, isBlocked: false });
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(TIMEOUT_MS - 20);
    // All that come in the second after it do not wait.
    const watch = Stopwatch.start();
    const answers = [];
    for (let index = 0; index < 60; index += 1) answers.push(await hit(storage, bucket));
    expect(watch.stop()).toBeLessThan(TIMEOUT_MS / 2);
    expect(answers.filter(({ isBlocked }) => !isBlocked)).toHaveLength(39);
    expect(log.lines.filter((line) => line.includes('Redis does not count requests'))).toHaveLength(1);

    proxy.freeze(false);
    proxy.cut();
    await eventually(async () => {
      await hit(storage, unique('ip:other'));
      return log.lines.some((line) => line.includes('counts requests again'));
    });
    // Redis knows of 60; what was let through here is not forgotten.
    expect(await hit(storage, bucket)).toMatchObject({ isBlocked: true });
  }, 30_000);

  it('of many requests at once, only one tries it again', async () => {
    const proxy = await FreezingProxy.start();
    const { storage } = await replica(proxy.url);
    await hit(storage, unique('ip:first'));
    proxy.freeze(true);
    await hit(storage, unique('ip:finds-out'));
    await new Promise((resolve) => setTimeout(resolve, 1_050)); // the time after which it is asked again
    const durations = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const watch = Stopwatch.start();
        await hit(storage, unique('ip:many'));
        return watch.stop();
      }),
    );
    expect(durations.filter((duration) => duration >= TIMEOUT_MS / 2)).toHaveLength(1);
    await proxy.close(); // or the connection would wait for its last message
  }, 30_000);

  it('gone: nobody waits, every process counts on its own', async () => {
    const proxy = await FreezingProxy.start();
    const { storage, connections } = await replica(proxy.url);
    const bucket = unique('ip:gone');
    await hit(storage, bucket);
    await proxy.close();
    await eventually(() => connections.shared.status !== 'ready');
    const watch = Stopwatch.start();
    let passed = 1;
    for (let index = 0; index < 150; index += 1) passed += (await hit(storage, bucket)).isBlocked ? 0 : 1;
    expect(watch.stop()).toBeLessThan(TIMEOUT_MS);
    expect(passed).toBe(LIMIT);
  }, 30_000);

  it('full: refusing to count is no reason to refuse requests', async () => {
    const { storage, connections } = await replica();
    const admin = new Redis(redisUrl);
    opened.push(() => admin.quit());
    const bucket = unique('ip:full');
    await hit(storage, bucket);
    jest
      .spyOn(connections.shared as never, 'countRequest')
      .mockRejectedValue(new Error('OOM command not allowed') as never);
    expect(await hit(storage, bucket)).toMatchObject({ totalHits: 2, isBlocked: false });
    expect(log.lines.join()).toContain('OOM command not allowed');
  });
});
