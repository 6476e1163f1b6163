import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer } from 'node:net';
import { HttpEndpoint, type Exchange } from './http-endpoint';

const GET: Exchange = { method: 'GET', path: '/x', maxBytes: 1_000, timeoutMs: 10_000 };
const closing: (() => void)[] = [];

async function listen(server: Server | TcpServer): Promise<HttpEndpoint> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = new HttpEndpoint({
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/base/`,
    token: 'secret',
    headers: { 'x-kind': 'test' },
    maxConnections: 2,
  });
  closing.push(() => {
    endpoint.close();
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close();
  });
  return endpoint;
}

const serve = (listener: RequestListener): Promise<HttpEndpoint> => listen(createServer(listener));

/** Answers every connection with these bytes and hangs up. */
const answerBytes = (bytes: string): Promise<HttpEndpoint> =>
  listen(createTcpServer((socket) => void socket.on('error', () => undefined).end(bytes)));

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

describe('what went wrong is told apart', () => {
  it('unreachable: nobody listens', async () => {
    const server = createTcpServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const endpoint = new HttpEndpoint({ baseUrl: `http://127.0.0.1:${port}`, maxConnections: 1 });
    await expect(endpoint.exchange(GET)).rejects.toMatchObject({ fault: 'unreachable', code: 'ECONNREFUSED' });
  });

  it('unreachable: no such host', async () => {
    const endpoint = new HttpEndpoint({ baseUrl: 'http://nobody.invalid', maxConnections: 1 });
    await expect(endpoint.exchange(GET)).rejects.toMatchObject({ fault: 'unreachable' });
  });

  it('unreachable: the other side does not speak TLS', async () => {
    const server = createTcpServer((socket) => void socket.on('error', () => undefined).end('no TLS here'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => server.close());
    const baseUrl = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const endpoint = new HttpEndpoint({ baseUrl, maxConnections: 1 });
    await expect(endpoint.exchange(GET)).rejects.toMatchObject({ fault: 'unreachable' });
  });

  it.each([
    ['before an answer', (socket: { destroy(): void }) => socket.destroy()],
    ['in the middle of one', undefined],
  ])('lost: the connection ended %s', async (_, hangUp) => {
    const endpoint = await serve((request, response) => {
      if (hangUp !== undefined) return hangUp(request.socket);
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => request.socket.destroy());
    });
    await expect(endpoint.exchange(GET)).rejects.toMatchObject({ fault: 'lost', retryAtOnce: false });
  });

  it('slow: no whole answer within the time', async () => {
    const endpoint = await serve((_, response) => response.writeHead(200).write('a'));
    await expect(endpoint.exchange({ ...GET, timeoutMs: 50 })).rejects.toMatchObject({ fault: 'slow' });
  });

  it('misbehaving: what comes is not HTTP', async () => {
    const endpoint = await answerBytes('SSH-2.0-OpenSSH_9\r\n\r\n');
    await expect(endpoint.exchange(GET)).rejects.toMatchObject({ fault: 'misbehaving' });
  });

  it('too large: a good answer of more than is taken', async () => {
    const endpoint = await serve((_, response) => response.end('x'.repeat(1_001)));
    await expect(endpoint.exchange(GET)).rejects.toMatchObject({ fault: 'too-large' });
  });

  it('a refusal is an answer, cut at its bound, and no redirect is followed', async () => {
    const endpoint = await serve((request, response) => {
      if (request.url === '/base/moved') return void response.writeHead(302, { location: '/base/x' }).end();
      response.writeHead(503, { 'retry-after': '7' }).end('x'.repeat(5_000));
    });
    const refused = await endpoint.exchange(GET);
    expect([refused.status, refused.body.length, refused.retryAfterMs]).toEqual([503, 1_000, 7_000]);
    await expect(endpoint.exchange({ ...GET, path: '/moved' })).resolves.toMatchObject({ status: 302 });
  });

  it("an abort ends it with the signal's reason, before it begins too", async () => {
    const leave = new AbortController();
    const endpoint = await serve(() => leave.abort(new Error('enough')));
    await expect(endpoint.exchange(GET, leave.signal)).rejects.toThrow('enough');
    await expect(endpoint.exchange(GET, leave.signal)).rejects.toThrow('enough');
  });
});

describe('where the status alone decides', () => {
  const excerpt = { ...GET, maxBytes: 5, beyond: 'cut', bodyWithinMs: 30 } as const;

  it.each([
    ['is long', (end: (text: string) => void) => end('x'.repeat(100_000)), 'xxxxx'],
    ['never ends', (_: unknown, write: (text: string) => void) => write('yes'), 'yes'],
  ])('an answer that %s is taken as far as it came', async (_, answer, expected) => {
    const endpoint = await serve((_request, response) => {
      response.writeHead(200);
      answer(
        (text) => void response.end(text),
        (text) => void response.write(text),
      );
    });
    const { status, body } = await endpoint.exchange(excerpt);
    expect([status, body.toString()]).toEqual([200, expected]);
  });
});

describe('a body that is made while it is sent', () => {
  it('arrives whole, with its length and the headers', async () => {
    let length: string | undefined;
    const endpoint = await serve((request, response) => {
      length = request.headers['content-length'];
      expect(request.headers).toMatchObject({ authorization: 'Bearer secret', 'x-kind': 'test' });
      request.pipe(response);
    });
    const open = async function* () {
      yield await Promise.resolve(Buffer.from('first '));
      yield Buffer.from('second');
    };
    const { body } = await endpoint.exchange({ ...GET, method: 'POST', body: { sizeBytes: 12, open } });
    expect([body.toString(), length]).toEqual(['first second', '12']);
  });

  it('that fails rejects with its own error', async () => {
    const endpoint = await serve((request) => request.resume());
    const open = async function* () {
      yield await Promise.resolve(Buffer.from('first '));
      throw new Error('the file vanished');
    };
    const sending = endpoint.exchange({ ...GET, method: 'POST', body: { sizeBytes: 12, open } });
    await expect(sending).rejects.toThrow('the file vanished');
  });

  it('is not read on when the server refuses it early', async () => {
    let made = 0;
    const endpoint = await serve((_, response) => response.writeHead(413, { connection: 'close' }).end('too large'));
    const sizeBytes = 256 * 1024 * 1024;
    const open = async function* () {
      const part = Buffer.alloc(64 * 1024);
      for (; made < sizeBytes; made += part.length) yield await Promise.resolve(part);
    };
    const { status } = await endpoint.exchange({ ...GET, method: 'POST', body: { sizeBytes, open } });
    expect(status).toBe(413);
    expect(made).toBeLessThan(sizeBytes);
  });
});
