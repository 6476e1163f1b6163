import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createReadStream } from 'node:fs';
import { mkdtemp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiError, ConnectionFailed, DocumentFailed, hasCode, TimedOut, Vectorlane } from './node.ts';

/** The client against a server of this process, which answers as each test says and remembers what it was asked. */

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}
type Answer = (response: ServerResponse, asked: Asked) => void;

let server: Server;
let asked: Asked[] = [];
let answers: Answer[] = [];
let url: string;
/** Part of the address: what an earlier script's client has sent and given up takes no answer from a later one. */
let script = 0;
const made: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('error', () => undefined);
    request.on('end', () => {
      const { method = '', url: target = '', headers } = request;
      const prefix = `/${script}/`;
      if (!target.startsWith(prefix)) return;
      const path = target.slice(prefix.length - 1);
      const one = { method, path, headers, body: Buffer.concat(parts).toString() };
      asked.push(one);
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      answer?.(response, one);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  for (const folder of made) await rm(folder, { recursive: true });
});

function answering(...inOrder: Answer[]): void {
  script += 1;
  asked = [];
  answers = inOrder;
}
const json =
  (body: unknown, status = 200): Answer =>
  (response) =>
    void response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
const refusal =
  (status: number, problem: object = {}, headers: Record<string, string> = {}): Answer =>
  (response) =>
    void response
      .writeHead(status, { 'Content-Type': 'application/problem+json', ...headers })
      .end(JSON.stringify({ status, detail: 'No.', requestId: 'r-1', ...problem }));
const cut: Answer = (response) => void response.destroy();
const silent: Answer = () => undefined;

const client = (more: object = {}): Vectorlane =>
  new Vectorlane({ url: `${url}${script}/`, apiKey: 'k', retry: { firstDelayMs: 1, longestDelayMs: 2 }, ...more });
const bees = { id: 'd-1', filename: 'bees.md', status: 'completed', stage: 'completed', percent: 100 };
const pending = { ...bees, status: 'pending', stage: 'queued', percent: 0 };

describe('a request', () => {
  it('carries the key, and is tried again until there is an answer', async () => {
    answering(refusal(429, {}, { 'Retry-After': '0' }), refusal(502), cut, json({ results: [], tookMs: 1 }));
    expect(await client().search('bees')).toEqual({ results: [], tookMs: 1 });
    expect(asked).toHaveLength(4);
    expect(new Set(asked.map(({ body }) => body))).toEqual(new Set(['{"query":"bees"}']));
    expect(asked[3]).toMatchObject({ method: 'POST', path: '/api/search', headers: { 'x-api-key': 'k' } });
  });

  it('is given up after so many tries, with the last error', async () => {
    answering(refusal(503, { code: 'UPLOADS_BUSY', retryable: true }));
    const error: unknown = await client({ retry: { maxTries: 3, firstDelayMs: 1 } })
      .uploadText('x')
      .catch((reason: unknown) => reason);
    expect(asked).toHaveLength(3);
    expect(hasCode(error, 'UPLOADS_BUSY', 'RATE_LIMITED')).toBe(true);
    expect(error).toMatchObject({ status: 503, message: 'No.', requestId: 'r-1', retryable: true });
  });

  it('is not repeated where that would do it twice, nor where the service asks for too long a pause', async () => {
    answering(cut);
    await expect(client().createCollection({ name: 'a' })).rejects.toThrow(ConnectionFailed);
    expect(asked).toHaveLength(1);
    answering(refusal(503, {}, { 'Retry-After': '0' }), json({ name: 'a' }, 201));
    await client().createCollection({ name: 'a' });
    expect(asked).toHaveLength(2);
    answering(refusal(429, { code: 'RATE_LIMITED' }, { 'Retry-After': '3600' }));
    await expect(client().search('x')).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 3_600_000 });
    expect(asked).toHaveLength(1);
  });

  it('tells of a refusal that is not ours, of silence, and ends with its signal', async () => {
    answering((response) => void response.writeHead(404).end('<h1>nginx</h1>'));
    const error: unknown = await client()
      .getDocument('d')
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ code: undefined, status: 404, message: 'The service answered 404.' });
    answering(silent);
    await expect(client({ timeoutMs: 20, retry: { maxTries: 1 } }).search('x')).rejects.toThrow(TimedOut);
    const controller = new AbortController();
    answering(() => controller.abort(new Error('enough')));
    await expect(client().search('x', { signal: controller.signal })).rejects.toThrow('enough');
    expect(asked).toHaveLength(1);
  });

  it('counts what was deleted as deleted when the answer was lost, and then alone', async () => {
    answering(cut, refusal(404, { code: 'DOCUMENT_NOT_FOUND' }));
    await client().deleteDocument('a/b');
    expect(asked[1]?.path).toBe('/api/documents/a%2Fb');
    answering(refusal(404, { code: 'DOCUMENT_NOT_FOUND' }));
    await expect(client().deleteDocument('x')).rejects.toThrow(ApiError);
    answering((response) => void response.writeHead(204).end());
    await client().deleteCollection('x');
  });
});

describe('an upload', () => {
  const fieldsOf = async ({ headers, body }: Asked): Promise<Record<string, unknown>> => {
    const form = await new Response(body, { headers: { 'Content-Type': headers['content-type'] ?? '' } }).formData();
    const fields: Record<string, unknown> = {};
    for (const [name, value] of form)
      fields[name] = typeof value === 'string' ? value : [value.name, await value.text()];
    return fields;
  };
  const fields = { metadata: { year: 2026 }, collection: 'c', externalId: 'e/1', onDuplicate: 'replace' } as const;
  const expected = { ...fields, metadata: '{"year":2026}', file: ['bees "1".md', 'Bees 🐝'] };
  const pieces = () => streamed(['Bees ', '🐝'].map((text) => new TextEncoder().encode(text)));
  async function* streamed(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
    for (const part of parts) yield await Promise.resolve(part);
  }

  it('is the same form of a Blob, bytes, a stream, an iterable and a file', async () => {
    const filename = 'bees "1".md';
    const folder = await mkdtemp(join(tmpdir(), 'vectorlane-client-'));
    made.push(folder);
    await writeFile(join(folder, filename), 'Bees 🐝');
    const bytes = new TextEncoder().encode('Bees 🐝');
    answering(json(bees, 202));
    for (const source of [new Blob([bytes]), bytes, bytes.buffer, new Response(bytes).body ?? bytes, pieces()]) {
      expect(await client().upload(source, { filename, ...fields })).toEqual(bees);
    }
    await client().upload(createReadStream(join(folder, filename)), { filename, ...fields });
    await client().uploadFile(join(folder, filename), fields);
    await client().upload(new File([bytes], filename), fields);
    for (const one of asked) expect(await fieldsOf(one)).toEqual(expected);
    expect(asked).toHaveLength(8);
    expect(() => client().upload(bytes)).toThrow(TypeError);
  });

  it('is tried again with all its bytes, but for a stream, which has them once', async () => {
    answering(refusal(503), cut, json(bees, 202));
    await client().upload({ filename: 'bees "1".md', open: pieces }, fields);
    expect(asked).toHaveLength(3);
    for (const one of asked) expect(await fieldsOf(one)).toEqual(expected);
    answering(refusal(503));
    await expect(client().upload(pieces(), { filename: 'a' })).rejects.toThrow(ApiError);
    expect(asked).toHaveLength(1);
  });

  it('ends with what reading its source throws', async () => {
    answering(json(bees, 202));
    await expect(client().uploadFile('/nowhere/bees.md')).rejects.toMatchObject({ code: 'ENOENT' });
    expect(asked).toHaveLength(0);
  });
});

it('keys, webhooks and documents that are read again', async () => {
  answering((response, one) => {
    if (one.method !== 'DELETE') return json({ items: [{ id: 'x' }], nextCursor: null })(response, one);
    response.writeHead(204).end();
  });
  const all = async (items: AsyncGenerator<{ readonly id: string }>): Promise<void> => {
    for await (const { id } of items) expect(id).toBe('x');
  };
  const one = client();
  await one.createKey({ name: 'ci', scopes: ['read'], collections: ['a'] });
  await all(one.keys());
  await one.revokeKey('k/1');
  await one.createWebhook({ url: 'https://example.org', types: ['document.failed'] });
  await one.changeWebhook('wh', { enabled: false });
  await one.getWebhook('wh');
  await all(one.webhooks());
  await one.testWebhook({ id: 'wh' });
  await all(one.deliveries('wh', { status: 'failed' }));
  await one.retryDelivery('wh', 'msg');
  await one.deleteWebhook('wh');
  await one.reprocessDocument('d-1', { format: 'md' });
  await one.reprocessDocuments({ filter: { format: ['pdf'] }, collection: 'a' });
  expect(asked.map(({ method, path, body }) => [method, path, body])).toEqual([
    ['POST', '/api/admin/keys', '{"name":"ci","scopes":["read"],"collections":["a"]}'],
    ['GET', '/api/admin/keys?limit=100', ''],
    ['DELETE', '/api/admin/keys/k%2F1', ''],
    ['POST', '/api/webhooks', '{"url":"https://example.org","types":["document.failed"]}'],
    ['PATCH', '/api/webhooks/wh', '{"enabled":false}'],
    ['GET', '/api/webhooks/wh', ''],
    ['GET', '/api/webhooks?limit=100', ''],
    ['POST', '/api/webhooks/wh/test', ''],
    ['GET', '/api/webhooks/wh/deliveries?limit=100&status=failed', ''],
    ['POST', '/api/webhooks/wh/deliveries/msg/retry', ''],
    ['DELETE', '/api/webhooks/wh', ''],
    ['POST', '/api/documents/d-1/reprocess', '{"format":"md"}'],
    ['POST', '/api/documents/reprocess', '{"filter":{"format":["pdf"]},"collection":"a"}'],
  ]);
});

describe('waiting', () => {
  const events =
    (...types: string[]): Answer =>
    (response, { headers }) => {
      const first = Number(headers['last-event-id'] ?? 0);
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      types.forEach((type, index) =>
        response.write(`: alive\n\nid: ${first + index + 1}\nevent: ${type}\ndata: {"percent":40}\n\n`),
      );
      response.end();
    };

  it('follows the events, goes on after a break, and asks once for each end', async () => {
    answering(json(pending), events('document.progress'), json(pending), events('document.completed'), json(bees));
    const seen: number[] = [];
    const done = await client().waitUntilDone('d-1', { onProgress: ({ percent }) => seen.push(percent) });
    expect(done).toEqual(bees);
    expect(seen).toEqual([40]);
    expect(asked.map(({ path, headers }) => [path, headers['last-event-id']])).toEqual([
      ['/api/documents/d-1', undefined],
      ['/api/documents/d-1/events', undefined],
      ['/api/documents/d-1', undefined],
      ['/api/documents/d-1/events', '1'],
      ['/api/documents/d-1', undefined],
    ]);
  });

  it('gives all events, goes on where a stream ended, and throws what is no break', async () => {
    answering(events('document.accepted', 'document.completed'), events('document.deleted'), refusal(410));
    const seen: [string, string, number][] = [];
    const reading = async (): Promise<void> => {
      const options = { collection: ['a', 'b'], types: ['document.completed'], lastEventId: '6' } as const;
      for await (const { id, type, data } of client().events(options)) seen.push([id, type, data.percent]);
    };
    await expect(reading()).rejects.toMatchObject({ status: 410 });
    expect(seen).toEqual([
      ['7', 'document.accepted', 40],
      ['8', 'document.completed', 40],
      ['9', 'document.deleted', 40],
    ]);
    const path = '/api/events?collection=a&collection=b&types=document.completed';
    expect(asked.map((one) => [one.path, one.headers['last-event-id']])).toEqual([
      [path, '6'],
      [path, '8'],
      [path, '9'],
    ]);
  });

  it('ends by its signal', async () => {
    answering(silent);
    const ending = new AbortController();
    const next = client().events({ signal: ending.signal }).next();
    ending.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
  });

  it('asks where there is no stream, and no longer for one that never is', async () => {
    let left = 5;
    answering((response, one) => {
      if (one.path.endsWith('/events')) return refusal(404)(response, one);
      return json((left -= 1) > 0 ? pending : bees)(response, one);
    });
    expect(await client().waitUntilDone(pending)).toEqual(bees);
    expect(asked.filter(({ path }) => path.endsWith('/events'))).toHaveLength(3);
  });

  it('throws what the document failed with, its newer content too, and when its time is over', async () => {
    const failure = { code: 'CORRUPT_FILE', message: 'It is broken.', retryable: false };
    answering(json({ ...bees, status: 'failed', failure }));
    const error: unknown = await client()
      .waitUntilDone('d-1')
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DocumentFailed);
    expect(error).toMatchObject({ failure, document: { id: 'd-1' } });
    answering(json({ ...bees, pendingRevision: { status: 'failed', failure } }));
    await expect(client().waitUntilDone('d-1')).rejects.toMatchObject({ failure });
    answering((response, one) => (one.path.endsWith('/events') ? silent : json(pending))(response, one));
    await expect(client().waitUntilDone('d-1', { timeoutMs: 50 })).rejects.toThrow(TimedOut);
  });
});

it('reads list after list, with arrays and conditions in the query', async () => {
  answering(json({ items: [1, 2], nextCursor: 'n+1' }), json({ items: [3], nextCursor: null }));
  const items: unknown[] = [];
  for await (const item of client().documents({ collection: ['a', 'b'], metadata: { year: { gte: 2020 } } })) {
    items.push(item);
  }
  expect(items).toEqual([1, 2, 3]);
  const [first, second] = asked.map(({ path }) => new URL(path, url).searchParams);
  expect(first?.getAll('collection')).toEqual(['a', 'b']);
  expect([first?.get('metadata'), first?.get('cursor')]).toEqual(['{"year":{"gte":2020}}', null]);
  expect(second?.get('cursor')).toBe('n+1');
});

describe('keeping a folder in step', () => {
  const sha = (text: string): string => createHash('sha256').update(text).digest('hex');

  async function folderOf(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'vectorlane-client-'));
    made.push(folder);
    await mkdir(join(folder, 'books/sub'), { recursive: true });
    await mkdir(join(folder, 'books/node_modules'));
    for (const name of ['new.md', 'same.md', 'sub/changed.md', '.hidden', 'node_modules/x.md']) {
      await writeFile(join(folder, 'books', name), name);
    }
    await symlink(join(folder, 'books/new.md'), join(folder, 'books/link.md'));
    return join(folder, 'books');
  }
  const service =
    (states: Record<string, string>, upload: Answer): Answer =>
    (response, one) => {
      const answerJson = (body: unknown): void => json(body)(response, one);
      if (one.path === '/api/documents/status') {
        const { items } = JSON.parse(one.body) as { items: { externalId: string }[] };
        return answerJson({
          items: items.map(({ externalId }) => ({ externalId, state: states[externalId] ?? 'missing' })),
        });
      }
      if (one.path === '/api/documents/delete') return answerJson({ matched: 1, deleted: 1 });
      if (one.method === 'POST') return upload(response, one);
      const externalIds = ['books/new.md', 'books/gone.md', 'books2/other.md', undefined];
      return answerJson({
        items: externalIds.map((externalId, index) => ({ id: `d-${index}`, externalId })),
        nextCursor: null,
      });
    };

  it('sends what is new or changed, and deletes what is gone from this folder alone', async () => {
    const folder = await folderOf();
    answering(service({ 'books/same.md': 'current', 'books/sub/changed.md': 'changed' }, json(bees, 202)));
    const result = await client().sync(folder, { collection: 'c', prune: true });
    expect(result).toEqual({ uploaded: [bees, bees], unchanged: 1, deleted: 1, failed: [] });
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({
      collection: 'c',
      items: ['new.md', 'same.md', 'sub/changed.md'].map((name) => ({
        externalId: `books/${name}`,
        sha256: sha(name),
      })),
    });
    const deletion = asked.find(({ path }) => path === '/api/documents/delete');
    expect(JSON.parse(deletion?.body ?? '')).toEqual({ filter: { documentId: ['d-1'] } });
  });

  it('sends all where the collection is not there, and deletes nothing where something failed', async () => {
    const folder = await folderOf();
    const upload = refusal(415, { code: 'UNSUPPORTED_FORMAT' });
    answering((response, one) =>
      one.path === '/api/documents/status'
        ? refusal(404, { code: 'COLLECTION_NOT_FOUND' })(response, one)
        : service({}, upload)(response, one),
    );
    const result = await client().sync(folder, { collection: 'c', prune: true });
    expect(result.failed).toHaveLength(3);
    expect(result.failed.every(({ error }) => hasCode(error, 'UNSUPPORTED_FORMAT'))).toBe(true);
    expect(asked.some(({ path }) => path === '/api/documents/delete')).toBe(false);
    const nowhere = join(folder, 'nowhere');
    await expect(client().sync(nowhere, { collection: 'c', prune: true })).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(client().sync(folder, { prune: true })).rejects.toThrow('needs `collection`');
  });
});
