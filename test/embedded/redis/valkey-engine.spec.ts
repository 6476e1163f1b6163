import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { Logger } from '@nestjs/common';
import { EmbeddedValkey } from '@vectorlane/redis';
import { Redis } from 'ioredis';
import { eventually } from '../../support/eventually';
import { Stopwatch } from '../../support/stopwatch';

/** The driver of the embedded engine: what goes in comes out, soon, whatever else is connected. */
let valkey: EmbeddedValkey;
let redis: Redis;
const clients: Redis[] = [];

const client = (): Redis => {
  const another = new Redis({ ...valkey.endpoint });
  another.on('error', () => undefined);
  clients.push(another);
  return another;
};

beforeAll(async () => {
  Logger.overrideLogger(false);
  valkey = await EmbeddedValkey.start();
});
beforeEach(async () => {
  redis = client();
  await redis.flushall();
});
afterEach(() => {
  for (const each of clients.splice(0)) each.disconnect();
});
afterAll(() => valkey.close());

it('answers when it is asked, not at the next tick of a clock', async () => {
  await redis.ping();
  const watch = Stopwatch.start();
  for (let index = 0; index < 200; index += 1) await redis.ping();
  // A millisecond or less each; a driver that leaves answers for its next tick takes ten seconds.
  expect(watch.stop()).toBeLessThan(2_000);
});

it.each([0, 1, 16_383, 16_384, 16_385, 1_048_577, 5_000_000])('keeps %i bytes as they are', async (size) => {
  const value = randomBytes(size);
  await redis.set('value', value);
  const kept = await redis.getBuffer('value');
  expect(createHash('sha256').update(kept!).digest('hex')).toBe(createHash('sha256').update(value).digest('hex'));
});

it('takes commands in pieces of any size', async () => {
  const socket = connect(valkey.endpoint.port, valkey.endpoint.host);
  await once(socket, 'connect');
  let answer = '';
  socket.on('data', (data) => (answer += data.toString()));
  const text = `AUTH ${valkey.endpoint.password}\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\na\r\nb\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n`;
  for (const byte of text) {
    socket.write(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await eventually(() => answer === '+OK\r\n+OK\r\n$4\r\na\r\nb\r\n');
  socket.destroy();
});

it('answers a long pipeline in order', async () => {
  const pipeline = redis.pipeline();
  for (let index = 0; index < 20_000; index += 1) pipeline.incr('count');
  const answers = await pipeline.exec();
  expect(answers?.map(([, count]) => count)).toEqual(Array.from({ length: 20_000 }, (_, index) => index + 1));
});

it('serves many at once, each with its own answers', async () => {
  const many = Array.from({ length: 100 }, client);
  const answers = await Promise.all(
    many.flatMap((each, index) =>
      Array.from({ length: 20 }, async (_, round) => {
        await each.set(`${index}-${round}`, `${index}:${round}`);
        return each.get(`${index}-${round}`);
      }),
    ),
  );
  expect(answers).toEqual(many.flatMap((_, index) => Array.from({ length: 20 }, (__, round) => `${index}:${round}`)));
});

it('is held up by nobody who asks for much and reads nothing', async () => {
  await redis.set('big', 'x'.repeat(1_000_000));
  const deaf = connect(valkey.endpoint.port, valkey.endpoint.host);
  await once(deaf, 'connect');
  deaf.pause();
  deaf.write(`AUTH ${valkey.endpoint.password}\r\n${'GET big\r\n'.repeat(50)}`);
  await eventually(async () => String(await redis.client('LIST')).includes('cmd=get'));
  const watch = Stopwatch.start();
  for (let index = 0; index < 50; index += 1) await redis.ping();
  expect(watch.stop()).toBeLessThan(2_000);
  deaf.destroy();
});

it('forgets a client that broke off', async () => {
  const socket = connect(valkey.endpoint.port, valkey.endpoint.host);
  await once(socket, 'connect');
  const count = async (): Promise<number> => Number(/connected_clients:(\d+)/.exec(await redis.info('clients'))?.[1]);
  await eventually(async () => (await count()) === 3);
  socket.resetAndDestroy();
  await eventually(async () => (await count()) === 2);
});

it('lets things expire by its own clock', async () => {
  await redis.set('short', '1', 'PX', 100);
  expect(await redis.get('short')).toBe('1');
  await eventually(async () => (await redis.get('short')) === null);
});

it('wakes who waits, and lets go of who waited long enough', async () => {
  const waiting = client();
  const popped = waiting.brpop('list', 5);
  await eventually(async () => String(await redis.client('LIST')).includes('cmd=brpop'));
  await redis.lpush('list', 'here');
  expect(await popped).toEqual(['list', 'here']);
  expect(await waiting.brpop('list', 0.1)).toBeNull();
});
