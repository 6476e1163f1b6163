import { Logger } from '@nestjs/common';
import { loadConfig } from '@vectorlane/config';
import { ShutdownSequence } from '@vectorlane/shutdown';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RerankEndpoint, type RerankEndpointOptions } from './rerank-endpoint';
import { reordered } from './rerank-order';
import type { Reranker } from './reranker';
import { selectReranker } from './reranker-selection';

type Behaviour = (body: Record<string, unknown>, request: IncomingMessage, response: ServerResponse) => void;

/** A reranker of this test: how it behaves, and what it was asked. */
let behave: Behaviour;
let asked: { path: string; body: Record<string, unknown>; token: string | undefined }[];
let server: Server;
let base: string;
const open: RerankEndpoint[] = [];

beforeAll(async () => {
  Logger.overrideLogger(false);
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(parts).toString()) as Record<string, unknown>;
      asked.push({ path: request.url ?? '', body, token: request.headers.authorization });
      behave(body, request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => (asked = []));
afterEach(() => open.splice(0).forEach((endpoint) => endpoint.close()));
afterAll(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

const endpointWith = (options: Partial<RerankEndpointOptions> = {}): RerankEndpoint => {
  const endpoint = new RerankEndpoint({ url: base, kind: 'auto', timeoutMs: 2_000, ...options });
  open.push(endpoint);
  return endpoint;
};
const json =
  (status: number, answer: unknown): Behaviour =>
  (_body, _request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  };
const SCORES = [0.1, 0.9, 0.5];
const tei = json(
  200,
  [1, 2, 0].map((index) => ({ index, score: SCORES[index] })),
);
const cohere = json(200, {
  id: 'x',
  results: [1, 2, 0].map((index) => ({ index, relevance_score: SCORES[index] })),
  meta: {},
});
const PASSAGES = ['a', 'b \ud800', 'c'];

it('speaks with text-embeddings-inference', async () => {
  behave = tei;
  expect(await endpointWith({ token: 'secret' }).rate('why?', PASSAGES)).toEqual(SCORES);
  expect(asked).toEqual([
    {
      path: '/rerank',
      body: { query: 'why?', texts: ['a', 'b \ufffd', 'c'], raw_scores: false, truncate: true },
      token: 'Bearer secret',
    },
  ]);
});

it.each([
  ['', '/v2/rerank'],
  ['/v1', '/v1/rerank'],
  ['/v1/rerank', '/v1/rerank'],
])('speaks with what speaks as Cohere does, at %s', async (url, path) => {
  behave = cohere;
  expect(await endpointWith({ url: base + url, model: 'rerank-v3.5' }).rate('why?', PASSAGES)).toEqual(SCORES);
  expect(asked).toMatchObject([{ path, body: { model: 'rerank-v3.5', query: 'why?', top_n: 3 } }]);
  expect(asked[0]?.body['documents']).toHaveLength(3);
});

it.each([404, 422, 400])('finds out which of the two by asking, where one is answered %i', async (status) => {
  behave = (body, ...rest) =>
    'documents' in body ? cohere(body, ...rest) : json(status, { error: 'no' })(body, ...rest);
  const endpoint = endpointWith();
  expect(await endpoint.rate('why?', PASSAGES)).toEqual(SCORES);
  expect(await endpoint.rate('why?', PASSAGES)).toEqual(SCORES);
  expect(asked.map(({ body }) => 'documents' in body)).toEqual([false, true, true]);
});

it('brings logits into 0 to 1 in their order', async () => {
  behave = json(200, [
    { index: 0, score: -7.5 },
    { index: 1, score: 4.2 },
    { index: 2, score: 0.4 },
  ]);
  const scores = (await endpointWith().rate('why?', PASSAGES)) ?? [];
  expect(scores.every((score) => score > 0 && score < 1)).toBe(true);
  expect([1, 2, 0].map((at) => scores[at])).toEqual(scores.toSorted((a, b) => b - a));
});

const TROUBLE: [name: string, behaviour: Behaviour][] = [
  ['an error', json(500, { error: 'broken' })],
  ['too many requests', json(429, {})],
  ['a bad key', json(401, {})],
  ['both protocols refused', json(422, {})],
  ['no JSON', (_body, _request, response) => void response.end('<html>')],
  ['another shape', json(200, { scores: [1, 2, 3] })],
  ['a passage left out', json(200, [{ index: 0, score: 1 }])],
  [
    'a passage twice',
    json(
      200,
      [0, 0, 1].map((index) => ({ index, score: 0.5 })),
    ),
  ],
  [
    'a passage too many',
    json(
      200,
      [0, 1, 2, 3].map((index) => ({ index, score: 0.5 })),
    ),
  ],
  [
    'scores that are none',
    json(
      200,
      [0, 1, 2].map((index) => ({ index, score: null })),
    ),
  ],
  ['an answer without end', (_body, _request, response) => void response.writeHead(200).write('['.repeat(2_000_000))],
  ['a broken connection', (_body, request) => void request.socket.destroy()],
  ['silence', () => undefined],
];
it.each(TROUBLE)('does without where it meets %s', async (_, behaviour) => {
  behave = behaviour;
  expect(await endpointWith({ timeoutMs: 300 }).rate('why?', PASSAGES)).toBeUndefined();
});

it('leaves a server alone that has failed three times, and comes back', async () => {
  jest.useFakeTimers({ doNotFake: ['setTimeout', 'setImmediate', 'nextTick', 'clearTimeout', 'queueMicrotask'] });
  try {
    behave = json(500, {});
    const endpoint = endpointWith();
    for (let tries = 0; tries < 6; tries += 1) expect(await endpoint.rate('why?', PASSAGES)).toBeUndefined();
    expect(asked).toHaveLength(3);
    jest.advanceTimersByTime(31_000);
    behave = tei;
    expect(await endpoint.rate('why?', PASSAGES)).toEqual(SCORES);
  } finally {
    jest.useRealTimers();
  }
});

it('takes a server that may have no reranker, and has none, at its word for a while', async () => {
  const warn = jest.spyOn(Logger.prototype, 'warn');
  jest.useFakeTimers({ doNotFake: ['setTimeout', 'setImmediate', 'nextTick', 'clearTimeout', 'queueMicrotask'] });
  try {
    behave = json(404, { code: 'MODEL_NOT_FOUND' });
    const endpoint = endpointWith({ url: `${base}/v1/rerank`, kind: 'cohere', isOptional: true });
    for (let tries = 0; tries < 3; tries += 1) expect(await endpoint.rate('why?', PASSAGES)).toBeUndefined();
    expect(asked).toHaveLength(1);
    expect(warn).not.toHaveBeenCalled();
    jest.advanceTimersByTime(31_000);
    behave = cohere;
    expect(await endpoint.rate('why?', PASSAGES)).toEqual(SCORES);
  } finally {
    jest.useRealTimers();
    warn.mockRestore();
  }
});

describe('who reranks', () => {
  const shutdown = new ShutdownSequence();
  const AI_WORKER_TOKEN = 'a'.repeat(32);
  const selected = (settings: Record<string, string>): Reranker => selectReranker(loadConfig(settings), shutdown);
  afterAll(() => shutdown.run());

  it('is nobody without an address, the AI worker where there is one, and the endpoint that is named first', async () => {
    behave = cohere;
    expect(await selected({}).rate('why?', PASSAGES)).toBeUndefined();
    expect(await selected({ AI_WORKER_URL: `${base}/`, AI_WORKER_TOKEN }).rate('why?', PASSAGES)).toEqual(SCORES);
    const both = { AI_WORKER_URL: 'http://127.0.0.1:1', AI_WORKER_TOKEN, RERANK_API_URL: base, RERANK_API_KEY: 'key' };
    expect(await selected({ ...both, RERANK_API_KIND: 'cohere' }).rate('why?', PASSAGES)).toEqual(SCORES);
    expect(asked.map(({ path, token }) => [path, token])).toEqual([
      ['/v1/rerank', `Bearer ${AI_WORKER_TOKEN}`],
      ['/v2/rerank', 'Bearer key'],
    ]);
  });
});

it('stops with the one who asks, and holds it against nobody', async () => {
  const leaving = new AbortController();
  behave = () => leaving.abort(new Error('left'));
  const endpoint = endpointWith();
  await expect(endpoint.rate('why?', PASSAGES, leaving.signal)).rejects.toThrow('left');
  behave = tei;
  expect(await endpoint.rate('why?', PASSAGES)).toEqual(SCORES);
});

it('puts what was rated first, in its order, and nothing above it', () => {
  const candidates = ['a', 'b', 'c', 'd'].map((chunkId, at) => ({ chunkId, score: 0.9 - at / 10 }));
  expect(reordered(candidates, [0.2, 0.8])).toEqual([
    { chunkId: 'b', score: 0.8 },
    { chunkId: 'a', score: 0.2 },
    { chunkId: 'c', score: expect.closeTo(0.14) },
    { chunkId: 'd', score: expect.closeTo(0.12) },
  ]);
});
