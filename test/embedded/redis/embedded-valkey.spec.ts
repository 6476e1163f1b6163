import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createConnection, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { EmbeddedValkey, type EmbeddedValkeyOptions, type ValkeyEndpoint } from '@vectorlane/redis';
import { Redis, type RedisOptions } from 'ioredis';
import { eventually } from '../../support/eventually';
import { recordLog } from '../../support/test-redis';

let valkey: EmbeddedValkey;
const clients: Redis[] = [];
let log: ReturnType<typeof recordLog>;

const start = async (options: EmbeddedValkeyOptions = {}): Promise<EmbeddedValkey> =>
  (valkey = await EmbeddedValkey.start(options));

const client = (endpoint: Partial<ValkeyEndpoint>, options: RedisOptions = {}): Redis => {
  const redis = new Redis({ ...endpoint, ...options });
  redis.on('error', () => undefined); // rejections of the commands are what is tested
  clients.push(redis);
  return redis;
};

/** Ends the engine as only one who is in can: the thread dies of it. A client that retried would do it again. */
const end = async (endpoint: ValkeyEndpoint): Promise<void> => {
  await client(endpoint, { retryStrategy: () => null })
    .call('SHUTDOWN', 'NOSAVE')
    .catch(() => undefined);
};

beforeEach(() => {
  log = recordLog();
});
afterEach(async () => {
  for (const redis of clients.splice(0)) redis.disconnect();
  await valkey?.close();
  log.stop();
});

describe('access to the embedded Valkey', () => {
  it('is refused without the password of this start', async () => {
    const { host, port } = (await start()).endpoint;
    const options: RedisOptions = { enableReadyCheck: false, retryStrategy: () => null };
    await expect(client({ host, port }, options).get('x')).rejects.toThrow(/NOAUTH/);
    await expect(client({ host, port, password: 'guess' }, options).get('x')).rejects.toThrow(/WRONGPASS|NOAUTH/);
    await expect(client(valkey.endpoint, options).get('x')).resolves.toBeNull();
  });

  it('has another password at each start', async () => {
    const first = (await start()).endpoint.password;
    await valkey.close();
    const second = (await start()).endpoint.password;
    expect(second).not.toBe(first);
    expect(second).toMatch(/^[0-9a-f]{64}$/);
  });

  it('has no second way in: one user, one client of its own, no way to load code or touch its files', async () => {
    const redis = client((await start()).endpoint);
    expect(await redis.acl('LIST')).toHaveLength(1);
    expect(
      String(await redis.client('LIST'))
        .trim()
        .split('\n'),
    ).toHaveLength(2);
    await expect(redis.call('DEBUG', 'JMAP')).rejects.toThrow(/not allowed/);
    await expect(redis.call('MODULE', 'LOAD', '/tmp/x.so')).rejects.toThrow();
    await expect(redis.config('SET', 'dir', '/tmp')).rejects.toThrow(/protected/);
  });

  it('opens on the loopback alone', async () => {
    const { host, port } = (await start()).endpoint;
    expect(host).toBe('127.0.0.1');
    // The whole of 127/8 is this machine: were it bound to every address, this one would answer.
    await expect(once(createConnection({ host: '127.0.0.2', port }), 'connect')).rejects.toThrow(/ECONNREFUSED/);
  });
});

describe('the memory of the embedded Valkey', () => {
  it('is bounded: what does not fit is refused, nothing is evicted, and it goes on', async () => {
    const redis = client((await start({ maxMemoryBytes: 4 * 1024 * 1024 })).endpoint);
    await redis.set('first', 'kept');
    const block = 'x'.repeat(256 * 1024);
    await expect(
      (async () => {
        for (let index = 0; index < 64; index += 1) await redis.set(`block-${index}`, block);
      })(),
    ).rejects.toThrow(/OOM/);
    expect(await redis.get('first')).toBe('kept');
    await redis.del('block-0', 'block-1');
    expect(await redis.set('after', 'fits')).toBe('OK');
  });

  it('never tries to save to a disk it does not have', async () => {
    const redis = client((await start()).endpoint);
    expect(await redis.config('GET', 'save')).toEqual(['save', '']);
    expect(await redis.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
  });
});

describe('an embedded Valkey that dies', () => {
  it('comes back empty on the same port, and clients come back by themselves', async () => {
    const { endpoint } = await start();
    const redis = client(endpoint);
    await redis.set('kept', '1');
    await end(endpoint);
    const patient = client(endpoint, { maxRetriesPerRequest: null });
    expect(await patient.get('kept')).toBeNull();
    expect(valkey.endpoint).toEqual(endpoint);
    await expect(
      client({ host: endpoint.host, port: endpoint.port }, { enableReadyCheck: false }).get('x'),
    ).rejects.toThrow(/NOAUTH/);
    expect(log.lines.filter((line) => line.includes('stopped'))).toHaveLength(1);
  });

  it('is ended and started again when it hangs', async () => {
    const { endpoint } = await start({ heartbeatMs: 50 });
    client(endpoint, { retryStrategy: () => null })
      .eval('while true do end', 0)
      .catch(() => undefined);
    await eventually(() => log.lines.some((line) => line.includes('No answer to 3 heartbeats')));
    expect(await client(endpoint, { maxRetriesPerRequest: null }).ping()).toBe('PONG');
  });

  it('waits for its port when somebody else has it in between', async () => {
    const { endpoint } = await start({ restartDelaysMs: [300, 50, 50, 50, 50, 50, 50, 50] });
    let squatter: Server | undefined;
    try {
      await end(endpoint);
      await eventually(() => log.lines.some((line) => line.includes('stopped')));
      squatter = createServer((socket) => socket.destroy()).listen(endpoint.port, endpoint.host);
      await once(squatter, 'listening');
      await eventually(() => log.lines.some((line) => line.includes('EADDRINUSE')));
      squatter.close();
      expect(await client(endpoint, { maxRetriesPerRequest: null }).ping()).toBe('PONG');
    } finally {
      squatter?.close();
    }
  });

  it('is given up after its restarts, once and loudly', async () => {
    const { endpoint } = await start({ restartDelaysMs: [1, 1] });
    // The next two deaths use up the restarts; the third is the last.
    for (let death = 1; death <= 3; death += 1) {
      const redis = client(endpoint, { maxRetriesPerRequest: null });
      await redis.ping();
      await end(endpoint);
      await eventually(() => log.lines.filter((line) => line.includes('stopped')).length === death);
      redis.disconnect();
    }
    await eventually(() => log.lines.some((line) => line.includes('given up after 2 restarts')));
    await expect(once(createConnection({ host: endpoint.host, port: endpoint.port }), 'connect')).rejects.toThrow(
      /ECONNREFUSED/,
    );
  });

  it('stays away when it was closed', async () => {
    const { endpoint } = await start({ restartDelaysMs: [10, 10] });
    await end(endpoint);
    await eventually(() => log.lines.some((line) => line.includes('stopped')));
    await valkey.close();
    await valkey.close();
    await expect(once(createConnection({ host: endpoint.host, port: endpoint.port }), 'connect')).rejects.toThrow(
      /ECONNREFUSED/,
    );
  });
});

describe('the process around it', () => {
  const entry = join(__dirname, '../../../dist/libs/redis/src/embedded/embedded-valkey.js');
  const startInChild = (andThen: string) =>
    spawn(
      process.execPath,
      [
        '-e',
        `require(${JSON.stringify(entry)}).EmbeddedValkey.start().then((v) => { console.log(v.endpoint.port); ${andThen} })`,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );

  it('takes its Valkey with it when it is killed', async () => {
    const child = startInChild('setInterval(() => undefined, 1000);');
    try {
      const [line] = (await once(child.stdout, 'data')) as [Buffer];
      const port = Number(line.toString());
      const before = createConnection({ host: '127.0.0.1', port });
      await once(before, 'connect');
      before.destroy();
      child.kill('SIGKILL');
      await once(child, 'exit');
      await expect(once(createConnection({ host: '127.0.0.1', port }), 'connect')).rejects.toThrow(/ECONNREFUSED/);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('hears nothing of it on its output, and ends although it runs', async () => {
    const child = startInChild('');
    const output: string[] = [];
    child.stdout.on('data', (data: Buffer) => output.push(data.toString()));
    child.stderr.on('data', (data: Buffer) => output.push(data.toString()));
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(0);
    expect(output.join('')).toMatch(/^\d+\n$/);
  });
});
