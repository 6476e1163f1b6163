import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { callReceiver } from './webhook-call';

let server: Server;
let listener: RequestListener;
let connections = 0;
beforeAll(async () => {
  server = createServer((request, response) => listener(request, response));
  server.on('connection', () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const call = (
  host = '127.0.0.1',
  { allowPrivate = true, attempts = 1, timeoutMs = 5_000, signal = new AbortController().signal } = {},
) => {
  const url = `http://${host}:${(server.address() as AddressInfo).port}/hook`;
  const signed = { delivery: { id: 'msg_1', url, attempts }, body: '{}', timestamp: 1, signature: 'v1,x' };
  return callReceiver(signed, allowPrivate, signal, timeoutMs);
};
const answering =
  (status: number, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) =>
    void response.writeHead(status, headers).end('x'.repeat(5_000));

it.each([
  [204, {}, { kind: 'delivered', status: 204 }],
  [410, {}, { kind: 'gone', status: 410 }],
  [500, {}, { kind: 'failed', status: 500 }],
  [404, {}, { kind: 'failed', status: 404 }],
  [302, { Location: 'http://127.0.0.1/' }, { kind: 'failed', status: 302, error: expect.stringContaining('redirect') }],
] as const)('an answer of %i %j is %j', async (status, headers, outcome) => {
  listener = answering(status, { ...headers });
  expect(await call()).toMatchObject(outcome);
});

it('waits longer with each try, and as long as the receiver asks, a day at most', async () => {
  const delayOf = async (attempts: number): Promise<number> => {
    const outcome = await call(undefined, { attempts });
    return outcome.kind === 'failed' ? outcome.delayMs : 0;
  };
  listener = answering(503);
  expect(await delayOf(1)).toBeLessThanOrEqual(5_000);
  expect(await delayOf(10)).toBeGreaterThan(60_000);
  expect(await delayOf(1_000)).toBeLessThanOrEqual(2 * 3_600_000);
  listener = answering(429, { 'Retry-After': '7200' });
  expect(await delayOf(1)).toBe(7_200_000);
  listener = answering(429, { 'Retry-After': '31536000' });
  expect(await delayOf(1)).toBeLessThanOrEqual(24 * 3_600_000);
});

it('gives up a receiver that takes the request and never answers', async () => {
  listener = () => undefined;
  expect(await call(undefined, { timeoutMs: 100 })).toMatchObject({ kind: 'failed', status: null });
  const ending = new AbortController();
  const cut = call(undefined, { signal: ending.signal });
  ending.abort(new Error('The end.'));
  await expect(cut).rejects.toThrow('The end.');
});

it('makes no connection to what is not public, by number or by a name that leads there', async () => {
  listener = answering(200);
  const before = connections;
  for (const host of ['127.0.0.1', 'localhost']) {
    expect(await call(host, { allowPrivate: false })).toMatchObject({
      kind: 'failed',
      status: null,
      error: expect.stringContaining('not public'),
    });
  }
  expect(connections).toBe(before);
  expect(await call('localhost')).toMatchObject({ kind: 'delivered' });
});
