import { createServer, type Server, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { parentPort, workerData } from 'node:worker_threads';
import { ValkeyEngine } from './valkey-engine';

/**
 * The thread the embedded Valkey lives in: a thread dies with its process, however that ends, and a busy Valkey holds
 * up nobody else.
 *
 * The engine is shut through a connection in memory first and shown to the network afterwards: at no moment can another
 * local user get in.
 */

export interface ValkeyThreadData {
  readonly password: string;
  /** The port of the thread that died before this one: clients reconnect by themselves. 0 picks a free one. */
  readonly port: number;
  readonly maxMemoryBytes: number;
}

/** `pong` says that the engine, not only this thread, has answered. */
export type ValkeyThreadMessage = { readonly kind: 'listening'; readonly port: number } | { readonly kind: 'pong' };
/** The one thing it is asked. */
export type ValkeyThreadRequest = 'ping';

const HOST = '127.0.0.1';
/** Every connection of this process is among them; more is somebody knocking. */
const MAX_CONNECTIONS = 1_000;

/** A client inside this thread. Its answers are single lines, for it asks nothing else. */
class InnerClient {
  private readonly waiting: ((line: string) => void)[] = [];
  private received = '';
  private readonly connection = new Duplex({
    read: () => undefined,
    write: (data: Buffer, _encoding, done) => {
      this.received += data.toString('latin1');
      done();
      this.deliver();
    },
  });

  constructor(engine: ValkeyEngine) {
    engine.accept(this.connection);
  }

  async command(line: string, expected: string): Promise<void> {
    const answer = await new Promise<string>((resolve) => {
      this.waiting.push(resolve);
      this.connection.push(`${line}\r\n`);
    });
    // The line may hold the password: it is not repeated.
    if (answer !== expected) throw new Error(`The Valkey engine refused ${line.split(' ')[0]}: ${answer}`);
  }

  private deliver(): void {
    for (let end = this.received.indexOf('\r\n'); end >= 0; end = this.received.indexOf('\r\n')) {
      const line = this.received.slice(0, end);
      this.received = this.received.slice(end + 2);
      this.waiting.shift()?.(line);
    }
  }
}

function listen(port: number, accept: (connection: Socket) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ noDelay: true }, accept);
    server.maxConnections = MAX_CONNECTIONS;
    server.once('error', reject);
    server.listen({ port, host: HOST, exclusive: true }, () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}

async function main({ password, port, maxMemoryBytes }: ValkeyThreadData): Promise<void> {
  const engine = await ValkeyEngine.boot();
  const inner = new InnerClient(engine);
  const settings = {
    requirepass: password,
    maxmemory: maxMemoryBytes,
    'maxmemory-policy': 'noeviction',
    save: '""',
    loglevel: 'nothing',
  };
  const pairs = Object.entries(settings).map(([name, value]) => `${name} ${value}`);
  await inner.command(`CONFIG SET ${pairs.join(' ')}`, '+OK');

  const server = await listen(port, (socket) => engine.accept(socket));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The embedded Valkey has no port.');
  parentPort?.on('message', () => {
    // Rejections end the thread, as everything unexpected in it should.
    void inner
      .command('PING', '+PONG')
      .then(() => parentPort?.postMessage({ kind: 'pong' } satisfies ValkeyThreadMessage));
  });
  parentPort?.postMessage({ kind: 'listening', port: address.port } satisfies ValkeyThreadMessage);
}

// A rejection has no catch on purpose: it ends the thread with this very error, which the other side reports.
void main(workerData as ValkeyThreadData);
