import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Test } from '@nestjs/testing';
import { ConfigModule, loadConfig } from '@vectorlane/config';
import { HealthModule, ReadinessRegistry } from '@vectorlane/health';
import { EmbeddedValkey, RedisConnections, RedisModule, RedisUnreachableError } from '@vectorlane/redis';
import { ShutdownModule } from '@vectorlane/shutdown';
import { eventually } from '../../support/eventually';
import { openTestRedis, recordLog, type TestRedis } from '../../support/test-redis';
import { Stopwatch } from '../../support/stopwatch';

let log: ReturnType<typeof recordLog>;
const opened: (() => unknown)[] = [];

beforeEach(() => {
  log = recordLog();
});
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
  log.stop();
});

/** A TCP server in Redis's place, doing what `onConnection` says. @returns settings that point to it */
const standIn = async (
  onConnection: (socket: Socket) => void,
): Promise<{ server: Server; settings: Record<string, string> }> => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    onConnection(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  opened.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port } = server.address() as AddressInfo;
  return {
    server,
    settings: {
      DATABASE_URL: 'postgres://h/d',
      REDIS_URL: `redis://:hunter2@127.0.0.1:${port}`,
      REDIS_COMMAND_TIMEOUT_MS: '100',
    },
  };
};

const connectionsTo = (settings: Record<string, string>): RedisConnections => {
  const connections = new RedisConnections(loadConfig(settings));
  opened.push(() => connections.close());
  return connections;
};

describe('the boot', () => {
  it('gives up on a Redis that never answers, naming the address and not the password', async () => {
    const { settings } = await standIn(() => undefined);
    const watch = Stopwatch.start();
    const failure = await connectionsTo(settings)
      .connect()
      .catch((error: Error) => error);
    expect(watch.stop()).toBeLessThan(14_000);
    expect(failure).toBeInstanceOf(RedisUnreachableError);
    expect(String(failure)).toMatch(/Redis at 127\.0\.0\.1:\d+ could not be reached within 10 s/);
    expect(String(failure)).not.toContain('hunter2');
  }, 20_000);

  it('gives up at once on a Redis that refuses us, and no line holds the password', async () => {
    const valkey = await EmbeddedValkey.start();
    opened.push(() => valkey.close());
    const watch = Stopwatch.start();
    const failure = await connectionsTo({
      DATABASE_URL: 'postgres://h/d',
      REDIS_URL: `redis://:hunter2@127.0.0.1:${valkey.endpoint.port}`,
    })
      .connect()
      .catch((error: Error) => error);
    expect(watch.stop()).toBeLessThan(5_000);
    expect(String(failure)).toMatch(/refuses us: WRONGPASS.*REDIS_URL/);
    expect(JSON.stringify([log.lines, failure, String(failure)])).not.toContain('hunter2');
  });

  it('waits for a Redis that comes a little later', async () => {
    const valkey = await EmbeddedValkey.start();
    opened.push(() => valkey.close());
    const { server } = await standIn((socket) => socket.destroy());
    const { port } = server.address() as AddressInfo;
    const connections = new RedisConnections(loadConfig({}), { endpoint: { ...valkey.endpoint, port } });
    opened.push(() => connections.close());
    const connecting = connections.connect();
    // The stand-in hangs up on everybody; once somebody came in vain, it lets the next ones through to the real one.
    await once(server, 'connection');
    server.removeAllListeners('connection');
    const { connect } = await import('node:net');
    server.on('connection', (socket: Socket) => {
      const real = connect(valkey.endpoint.port, '127.0.0.1');
      opened.push(() => (real.destroy(), socket.destroy()));
      socket
        .on('error', () => undefined)
        .pipe(real.on('error', () => undefined))
        .pipe(socket);
    });
    await connecting;
    await connections.ping();
  });
});

describe('a Redis that freezes', () => {
  it('fails each command within its bound, is reported once when it goes and once when it is back', async () => {
    const valkey = await EmbeddedValkey.start();
    opened.push(() => valkey.close());
    let frozen = false;
    const { server } = await standIn((socket) => {
      socket.on('data', (data) => {
        if (!frozen) answer(socket, data.toString());
      });
    });
    const { port } = server.address() as AddressInfo;
    const connections = new RedisConnections(loadConfig({ REDIS_COMMAND_TIMEOUT_MS: '100' }), {
      endpoint: { host: '127.0.0.1', port, password: 'any' },
    });
    opened.push(() => connections.close());
    await connections.connect();
    await connections.ping();

    frozen = true;
    const watch = Stopwatch.start();
    await expect(connections.ping()).rejects.toThrow(/timed out/);
    expect(watch.stop()).toBeLessThan(1_500);
    const away = (): string[] => log.lines.filter((line) => line.includes('Redis is away'));
    const back = (): string[] => log.lines.filter((line) => line.includes('Redis is back'));
    await eventually(() => away().length > 0);
    // Several tries to come back fail before it thaws; none of them is news.
    for (let tries = 0; tries < 3; tries += 1) await once(server, 'connection');
    expect(away()).toHaveLength(1);

    frozen = false;
    await eventually(() => connections.shared.status === 'ready');
    await connections.ping();
    expect(away()).toHaveLength(1);
    expect(back()).toHaveLength(1);
  }, 20_000);
});

describe('while Redis is away', () => {
  it('commands fail at once, are not carried out later, and the promise of a consumer is kept', async () => {
    const valkey = await EmbeddedValkey.start({ restartDelaysMs: [400, 400, 400] });
    const connections = new RedisConnections(loadConfig({}), valkey);
    opened.push(() => valkey.close());
    opened.push(() => connections.close());
    await connections.connect();
    const consumer = connections.duplicate('patient', { ...connections.options('consumer') });
    await consumer.ping();
    await connections.shared.call('SHUTDOWN', 'NOSAVE').catch(() => undefined);
    await eventually(() => connections.shared.status !== 'ready' && consumer.status !== 'ready');

    const kept = consumer.incr('kept');
    const watch = Stopwatch.start();
    await expect(connections.shared.incr('dropped')).rejects.toThrow();
    expect(watch.stop()).toBeLessThan(200);
    expect(await kept).toBe(1);
    await eventually(() => connections.shared.status === 'ready');
    expect(await connections.shared.get('dropped')).toBeNull();
  });
});

describe('connections', () => {
  let redis: TestRedis;
  beforeEach(async () => {
    redis = await openTestRedis();
    opened.push(() => redis.close());
  });

  it('say who they are', async () => {
    const duplicate = redis.connections.duplicate('progress');
    await once(duplicate, 'ready');
    const list = String(await redis.connections.shared.client('LIST'));
    expect(list).toContain('name=vectorlane-shared');
    expect(list).toContain('name=vectorlane-progress');
  });

  it('are all closed together', async () => {
    const duplicate = redis.connections.duplicate('progress');
    await once(duplicate, 'ready');
    await redis.connections.close();
    await redis.connections.close();
    await eventually(() => redis.connections.shared.status === 'end' && duplicate.status === 'end');
    expect(log.lines.filter((line) => line.includes('away'))).toEqual([]);
  });
});

describe('RedisModule', () => {
  it('opens, answers the readiness probe, and is released by the shutdown', async () => {
    const module = await Test.createTestingModule({
      imports: [ConfigModule.forRoot(loadConfig({ NODE_ENV: 'test' })), ShutdownModule, HealthModule, RedisModule],
    }).compile();
    module.useLogger(false);
    await module.init();
    const indicator = module.get(ReadinessRegistry).indicators.find(({ name }) => name === 'redis');
    await expect(indicator?.check(AbortSignal.timeout(1_000))).resolves.toBeUndefined();
    await module.close();
    await expect(indicator?.check(AbortSignal.timeout(1_000))).rejects.toThrow(/closed|writeable/);
  });
});

/** As much of Redis as a client needs to get ready. */
function answer(socket: Socket, request: string): void {
  for (const [, name] of request.matchAll(/\*\d+\r\n\$\d+\r\n(\w+)/g)) {
    const info = 'redis_version:7.0.0\r\nloading:0\r\nmaxmemory_policy:noeviction\r\n';
    if (name?.toLowerCase() === 'info') socket.write(`$${info.length}\r\n${info}\r\n`);
    else socket.write(name?.toLowerCase() === 'ping' ? '+PONG\r\n' : '+OK\r\n');
  }
}
