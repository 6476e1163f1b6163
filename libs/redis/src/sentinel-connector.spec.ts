import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Redis } from 'ioredis';
import { eventually } from '../../../test/support/eventually';
import { FailoverConnector } from './sentinel-connector';

/** Answers commands as a Redis and as a Sentinel would; one at a time, in the order of their arrival. */
class StandIn {
  readonly sockets = new Set<Socket>();
  readonly subscribers = new Set<Socket>();
  asked = 0;

  private constructor(
    readonly server: Server,
    private readonly answer: (command: readonly string[], self: StandIn) => Promise<string> | string,
  ) {
    server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('data', (data) => void this.onCommands(socket, data.toString()));
    });
  }

  static async start(
    answer: (command: readonly string[], self: StandIn) => Promise<string> | string,
  ): Promise<StandIn> {
    const server = createServer();
    const standIn = new StandIn(server, answer);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return standIn;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async onCommands(socket: Socket, text: string): Promise<void> {
    for (const [, body = ''] of text.matchAll(/\*\d+\r\n((?:\$\d+\r\n[^\r]*\r\n)+)/g)) {
      const command = [...body.matchAll(/\$\d+\r\n([^\r]*)\r\n/g)].map(([, word = '']) => word.toLowerCase());
      if (command[0] === 'subscribe') this.subscribers.add(socket);
      socket.write(await this.answer(command, this));
    }
  }
}

const words = (...items: string[]): string =>
  `*${items.length}\r\n${items.map((item) => `$${item.length}\r\n${item}\r\n`).join('')}`;

it('comes back when it hears of a failover while it looks for the new primary', async () => {
  const redis = await StandIn.start(([name]) => (name === 'ping' ? '+PONG\r\n' : '+OK\r\n'));
  let goOn = (): void => undefined;
  let asked = (): void => undefined;
  const isAsked = new Promise<void>((resolve) => (asked = resolve));
  const sentinel = await StandIn.start(async ([name, what], self) => {
    if (name === 'subscribe') return `*3\r\n$9\r\nsubscribe\r\n$14\r\n+switch-master\r\n:1\r\n`;
    if (name !== 'sentinel') return '+OK\r\n';
    if (what === 'sentinels') return '*0\r\n';
    self.asked += 1;
    if (self.asked === 2) {
      asked();
      await new Promise<void>((resolve) => (goOn = resolve));
    }
    return words('127.0.0.1', String(redis.port));
  });
  const client = new Redis({
    sentinels: [{ host: '127.0.0.1', port: sentinel.port }],
    name: 'main',
    failoverDetector: true,
    Connector: FailoverConnector,
    enableReadyCheck: false,
    retryStrategy: () => 1,
    sentinelRetryStrategy: () => 10,
  });
  client.on('error', () => undefined);
  try {
    await once(client, 'ready');
    await eventually(() => sentinel.subscribers.size > 0);
    for (const socket of redis.sockets) socket.destroy(); // the old primary dies
    await isAsked;
    const ready = once(client, 'ready');
    const ended = once(client, 'end').then(() => {
      throw new Error('The client gave up.');
    });
    for (const socket of sentinel.subscribers)
      socket.write(words('message', '+switch-master', 'main 127.0.0.1 1 127.0.0.1 2'));
    // It has heard when it no longer listens.
    await eventually(() => [...sentinel.subscribers].every(({ destroyed }) => destroyed));
    goOn();
    await Promise.race([ready, ended]);
    expect(await client.ping()).toBe('PONG');
  } finally {
    client.disconnect();
    await sentinel.close();
    await redis.close();
  }
});
