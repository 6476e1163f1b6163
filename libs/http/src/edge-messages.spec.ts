import { once } from 'node:events';
import { createServer, type IncomingMessage, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import express, { type Express } from 'express';
import { bytesSent, edgeMessages } from './edge-messages';

/** Every way of answering that is in use, and some that are not. */
const appOfAllKinds = (): Express => {
  const app = express();
  app.get('/json', (_request, response) => void response.json({ a: [1, 'zwei'] }));
  app.get('/text', (_request, response) => void response.type('text/plain').send('hällo'));
  app.get('/status', (_request, response) => void response.status(204).end());
  app.get('/redirect', (_request, response) => response.redirect('/json'));
  app.get('/stream', (_request, response) => void Readable.from(['one', 'two', 'three']).pipe(response));
  app.get('/attachment', (_request, response) => void response.attachment('ä b.txt').send(Buffer.from('bytes')));
  app.get('/cookie', (_request, response) => void response.cookie('a', 'b').vary('Origin').send('x'));
  app.get('/fresh', (request, response) => void response.send(`${request.fresh} ${request.ip} ${request.get('x')}`));
  app.get('/locals', (request, response) => {
    response.locals['seen'] = request.is('application/json');
    response.json({ ...response.locals, path: request.path, query: request.query, app: request.app === app });
  });
  app.get('/fault', () => {
    throw Object.assign(new Error('teapot'), { status: 418 });
  });
  app.post('/echo', (request, response) => void request.pipe(response));
  return app;
};

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
  readonly bytes: number;
}

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const serve = async (app: Express, edge: boolean): Promise<{ port: number; counted: number[] }> => {
  app.set('env', 'test').set('etag', 'weak');
  const counted: number[] = [];
  const server = createServer(edge ? edgeMessages(app) : {}, (request, response) => {
    response.once('close', () => counted.push(bytesSent(response)));
    app(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers.push(server);
  return { port: (server.address() as AddressInfo).port, counted };
};

const ask = async (port: number, method: string, path: string, headers: Record<string, string>): Promise<Answer> => {
  const request = httpRequest({ port, method, path, headers: { ...headers, Connection: 'close' } });
  request.end(method === 'POST' ? 'a body' : undefined);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  const { date, ...headersToCompare } = response.headers;
  expect(date).toBeTruthy();
  const body = Buffer.concat(parts).toString();
  return { status: response.statusCode, headers: headersToCompare, body, bytes: response.socket.bytesRead };
};

const cases: [method: string, path: string, headers?: Record<string, string>][] = [
  ['GET', '/json'],
  ['HEAD', '/json'],
  ['GET', '/text'],
  ['GET', '/status'],
  ['GET', '/redirect'],
  ['GET', '/stream'],
  ['GET', '/attachment'],
  ['GET', '/cookie'],
  ['GET', '/fresh', { X: 'y' }],
  ['GET', '/fresh', { 'If-None-Match': '*' }],
  ['GET', '/locals?a=1&b=2', { 'Content-Type': 'application/json', 'Content-Length': '0' }],
  ['GET', '/fault'],
  ['GET', '/nowhere'],
  ['OPTIONS', '/json'],
  ['POST', '/echo'],
];

describe('the messages of our server', () => {
  it.each(cases)('are answered as plain ones are: %s %s', async (method, path, headers = {}) => {
    const plain = await serve(appOfAllKinds(), false);
    const edge = await serve(appOfAllKinds(), true);
    const expected = await ask(plain.port, method, path, headers);
    const answer = await ask(edge.port, method, path, headers);
    expect(answer).toEqual(expected);
    expect(edge.counted).toEqual([answer.bytes]);
  });

  it('have the prototype that Express would give them', async () => {
    const app = appOfAllKinds();
    const { port } = await serve(app, true);
    const prototypes: unknown[] = [];
    servers.at(-1)?.prependListener('request', (request, response) => {
      prototypes.push(Object.getPrototypeOf(request), Object.getPrototypeOf(response));
    });
    await ask(port, 'GET', '/json', {});
    expect(prototypes).toEqual([app.request, app.response]);
    expect(prototypes[0]).toBe(app.request);
    expect(prototypes[1]).toBe(app.response);
  });
});
