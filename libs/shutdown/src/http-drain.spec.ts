import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { HttpDrain } from './index';
import { Stopwatch } from '../../../test/support/stopwatch';

let server: Server;
let drain: HttpDrain;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
const clients: Socket[] = [];

const port = (): number => (server.address() as AddressInfo).port;

/** A client that says exactly this, and keeps what it hears. */
const say = async (text: string): Promise<{ socket: Socket; heard(): string; closed: Promise<unknown> }> => {
  const socket = connect(port(), '127.0.0.1');
  socket.on('error', () => undefined); // a reset is seen by its close
  clients.push(socket);
  let heard = '';
  socket.on('data', (data: Buffer) => (heard += data.toString('latin1')));
  const closed = once(socket, 'close');
  await once(socket, 'connect');
  socket.write(text);
  return { socket, heard: () => heard, closed };
};
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const nextRequest = (): Promise<ServerResponse> =>
  once(server, 'request').then(([, response]) => response as ServerResponse);

beforeEach(async () => {
  answer = (_request, response) => response.end('ok');
  server = createServer((incoming, response) => answer(incoming, response));
  // A request that hangs must not be ended by the server's own patience.
  server.keepAliveTimeout = 60_000;
  drain = new HttpDrain(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  for (const socket of clients.splice(0)) socket.destroy();
  server.closeAllConnections();
  server.close();
});

describe('HttpDrain', () => {
  it('serves on during the drain, new connections too, and asks each client to leave its connection', async () => {
    const hanging = nextRequest();
    answer = () => undefined;
    const early = await say(GET);
    const response = await hanging;
    answer = (_request, later) => later.end('late');

    const draining = drain.serveOn(100);
    const late = await say(GET);
    await late.closed;
    expect(late.heard()).toMatch(/^HTTP\/1.1 200 [^]*connection: close[^]*late/i);
    response.end('early'); // asked before the drain, answered in it
    await early.closed;
    expect(early.heard()).toMatch(/^HTTP\/1.1 200 [^]*connection: close[^]*early/i);
    await draining;
    expect(server.listening).toBe(true);
  });

  it('lets requests in flight finish, whatever they are in the middle of', async () => {
    const bodies: string[] = [];
    answer = (incoming, response) => {
      let body = '';
      incoming.on('data', (data: Buffer) => (body += data.toString()));
      incoming.on('end', () => response.end(String(bodies.push(body))));
    };
    const begun = nextRequest();
    const upload = await say('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabcde');
    await begun;
    const halfHeaders = await say('GET / HTTP/1.1\r\nHo');
    // Said before the close begins, read after it at the latest.
    const closing = drain.close(10_000);
    upload.socket.write('fghij');
    halfHeaders.socket.write('st: a\r\n\r\n');
    await closing;
    await Promise.all([upload.closed, halfHeaders.closed]);
    expect(bodies.toSorted()).toEqual(['', 'abcdefghij']);
    expect(upload.heard()).toMatch(/^HTTP\/1.1 200 /);
    expect(halfHeaders.heard()).toMatch(/^HTTP\/1.1 200 /);
  });

  it('sends a response to its last byte to a client that reads slowly', async () => {
    const size = 32 * 1024 * 1024;
    answer = (_request, response) => response.end(Buffer.alloc(size, 'x'));
    const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
      request({ port: port(), host: '127.0.0.1' }, resolve).on('error', reject).end();
    });
    incoming.pause();
    const closing = drain.close(10_000);
    let received = 0;
    await new Promise((resolve) => setTimeout(resolve, 200)); // long enough for several looks at idle connections
    incoming.on('data', (data: Buffer) => (received += data.length));
    incoming.resume();
    await once(incoming, 'end');
    await closing;
    expect(received).toBe(size);
  });

  it('waits neither for connections kept alive nor for those that never asked anything', async () => {
    const keptAlive = await say(GET);
    await once(keptAlive.socket, 'data');
    const silent = await say('');
    const watch = Stopwatch.start();
    await drain.close(20_000);
    await Promise.all([keptAlive.closed, silent.closed]);
    expect(watch.stop()).toBeLessThan(5_000);
  });

  it('cuts what hangs at its bound, and says so', async () => {
    answer = () => undefined;
    const begun = nextRequest();
    const hanging = await say(GET);
    await begun;
    await expect(drain.close(100)).rejects.toThrow('1 requests were still in flight after 100 ms and were cut off');
    await hanging.closed;
    expect(hanging.heard()).toBe('');
  });

  it('has nothing to do for a server that does not listen', async () => {
    server.close();
    await once(server, 'close');
    await expect(drain.close(10)).resolves.toBeUndefined();
  });
});
