import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import type { RequestHandler } from 'express';
import { ExpressAdapter } from '@nestjs/platform-express';
import { HttpAdapter } from './http-adapter';

/** What handlers return, with the status that Nest gives it. */
const BODIES: readonly [body: unknown, status?: number][] = [
  [{ status: 'ok' }],
  [{ text: 'ä €  \u0000 "quoted" </script>', nested: [{ a: null, b: undefined }], at: new Date(0) }],
  [[1, 'two', { three: 3 }], 201],
  [{ toJSON: () => ({ told: true }) }],
  [{ long: 'ß'.repeat(3_000) }],
  [{ gone: true }, 204],
  [{ reset: true }, 205],
  [{ refused: true }, 400],
  [Buffer.from('bytes')],
  [new Error('a fault'), 500],
  ['a text'],
  [7],
  [true],
  [null],
  [undefined, 204],
];

/** All that comes over the wire, but for the time and the ETag, which ours leaves out. */
async function exchanged(
  adapter: ExpressAdapter,
  method: string,
  answer: (response: Parameters<RequestHandler>[1]) => unknown,
): Promise<string> {
  adapter.initHttpServer({});
  const handle: RequestHandler = (_request, response) => void answer(response);
  adapter.use(handle);
  const server = adapter.getHttpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.end(`${method} / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  let text = '';
  for await (const part of socket) text += String(part);
  server.close();
  return text.replace(/^(Date|ETag): .*\r\n/gm, '').replace(/^X-Powered-By: .*\r\n/m, '');
}

describe('an answer of a handler', () => {
  it.each(['GET', 'POST', 'HEAD'])('goes out in the bytes of Nest’s own adapter: %s', async (method) => {
    for (const [body, status] of BODIES) {
      const [ours, stock] = [new HttpAdapter(), new ExpressAdapter()];
      const answers = [ours, stock].map((adapter) =>
        exchanged(adapter, method, (response) => adapter.reply(response, body, status)),
      );
      const [own, expected] = await Promise.all(answers);
      expect(own).toBe(expected);
      expect(own).toMatch(/^HTTP\/1\.1 \d+ /);
    }
  });

  it('keeps what was said of it before: type, ETag', async () => {
    for (const [name, value] of [
      ['Content-Type', 'application/problem+json'],
      ['ETag', '"mine"'],
    ] as const) {
      const [ours, stock] = [new HttpAdapter(), new ExpressAdapter()];
      const answers = [ours, stock].map((adapter) =>
        exchanged(adapter, 'GET', (response) => {
          response.setHeader(name, value);
          adapter.reply(response, { a: 1 });
        }),
      );
      const [own, expected] = await Promise.all(answers);
      expect(own).toBe(expected);
    }
  });
});
