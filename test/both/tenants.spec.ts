import { randomUUID } from 'node:crypto';
import { CollectionsRepository, ContentsRepository, DeletedCollectionsRepository } from '@vectorlane/documents';
import type { OpenAPIObject } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { EventReader } from '../support/event-reader';
import { sized } from '../support/sizes';
import { TestApp, type Untyped } from '../support/test-app';

// Two tenants with the same texts under the same names, each with a key bound to its own collections. The list of
// routes is that of the OpenAPI document, so that a new one is tried too.

interface Tenant {
  readonly collection: string;
  readonly key: string;
  readonly documentId: string;
}

const SHARED = 'The harbour master keeps the ledger of berths and mooring fees in the old customs house.';
let service: TestApp;
let one: Tenant;
let other: Tenant;

async function tenant(collection: string, secret: string): Promise<Tenant> {
  await service.json('/api/collections', { name: collection, description: `Of ${collection}` });
  const { status, body } = await service.json('/api/admin/keys', {
    name: collection,
    scopes: ['read', 'write'],
    collections: [collection],
    rateLimitPerMinute: 'none',
  });
  expect({ status, collections: body.collections }).toEqual({ status: 201, collections: [collection] });
  const key = body.key as string;
  const made = await service.json('/api/documents/text', { text: SHARED, filename: 'ledger.txt' }, { key });
  expect([made.status, made.body.collection]).toEqual([202, collection]);
  await service.finished(made.body.id as string);
  await service.finished((await service.json('/api/documents/text', { text: secret }, { key })).body.id as string);
  return { collection, key, documentId: made.body.id as string };
}

beforeAll(async () => {
  service = await TestApp.start();
  one = await tenant('one', 'A note of the first tenant about kestrels.');
  other = await tenant('other', 'Eine Notiz des anderen Mandanten, über die der Winter und die Bienen schweigen.');
}, 120_000);
afterAll(() => service?.stop(), 60_000);

describe('every route of the OpenAPI document', () => {
  it('shows and changes nothing of another tenant, and answers 404 for what is not there either', async () => {
    const { paths } = (await service.json('/openapi.json')).body as OpenAPIObject;
    const routes = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => ({ method: method.toUpperCase(), path })),
    );
    expect(routes.length).toBeGreaterThan(15);
    const before = await stateOf(other);
    const reached = routes.filter(({ path }) => path.startsWith('/api/') && path.includes('{'));
    for (const { method, path } of reached) {
      const body = bodyFor(method, path);
      // What the query needs besides: without it every document alike is refused.
      const asked = path.endsWith('/boxes') ? `${path}?charStart=0&charEnd=9` : path;
      const theirs = asked.replace('{id}', other.documentId).replace('{name}', other.collection);
      const nobodys = asked.replace('{id}', '00000000-0000-4000-8000-000000000000').replace('{name}', 'nobody');
      const [answer, reference] = [await ask(method, theirs, body), await ask(method, nobodys, body)];
      const refusal = /^\/api\/(admin|webhooks)/.test(path) ? 403 : 404;
      expect({ method, path, status: answer.status }).toEqual({ method, path, status: refusal });
      expect(shapeOf(answer, other)).toEqual(shapeOf(reference, other));
    }
    for (const { method, path } of routes.filter(({ path: of }) => of.startsWith('/api/') && !of.includes('{'))) {
      for (const named of [undefined, other.collection, 'nobody']) {
        const answer = await ask(method, path, bodyFor(method, path, named), named);
        const text = JSON.stringify(answer.body ?? '');
        for (const trace of [other.documentId, 'Mandanten', `"${other.collection}"`, `Of ${other.collection}`]) {
          // A refusal repeats the name that was asked for.
          if (named === other.collection && trace === `"${other.collection}"`) continue;
          expect({ method, path, named, leaks: text.includes(trace) }).toEqual({ method, path, named, leaks: false });
        }
      }
      const [theirs, nobodys] = await Promise.all([
        ask(method, path, bodyFor(method, path, other.collection), other.collection),
        ask(method, path, bodyFor(method, path, 'nobody'), 'nobody'),
      ]);
      expect({ method, path, status: theirs.status, code: theirs.body?.code }).toEqual({
        method,
        path,
        status: nobodys.status,
        code: nobodys.body?.code,
      });
    }
    expect(await stateOf(other)).toEqual(before);
  });

  const ask = async (method: string, path: string, body?: object, collection?: string): Promise<Answer> => {
    const query = method === 'GET' && collection !== undefined ? `?collection=${collection}` : '';
    const response = await service.fetch(`${path}${query}`, {
      method,
      key: one.key,
      ...(body && { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
    });
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
    if (isStream) await response.body?.cancel();
    const text = isStream ? await allEvents(path) : await response.text();
    return {
      status: response.status,
      headers: [...response.headers.keys()].toSorted(),
      body: text.startsWith('{') ? JSON.parse(text) : text,
    };
  };
  /** All that a stream tells the first tenant, up to an event of its own that comes after all that there was. */
  const allEvents = async (path: string): Promise<string> => {
    const reader = await EventReader.open(service, path, { key: one.key, lastEventId: 0 });
    const { body } = await service.json('/api/documents/text', { text: `The end. ${randomUUID()}` }, { key: one.key });
    await service.fetch(`/api/documents/${body.id}`, { method: 'DELETE', key: one.key });
    await reader.until(({ type, data }) => type === 'document.deleted' && data.documentId === body.id);
    reader.close();
    expect(new Set(reader.events.map(({ data }) => data.collection))).toEqual(new Set(['one']));
    expect(reader.events.filter(({ data }) => data.documentId === one.documentId).length).toBeGreaterThan(1);
    return reader.text;
  };
  const bodyFor = (method: string, path: string, collection?: string): object | undefined => {
    if (method === 'GET' || method === 'DELETE') return undefined;
    const own = collection === undefined ? {} : { collection };
    if (path === '/api/search') return { query: 'Mandanten Bienen harbour ledger', topK: 100, ...own };
    if (path === '/api/documents/text') return { text: SHARED, ...own };
    if (path === '/api/documents/batch') return { documents: [{ text: SHARED, ...own }] };
    if (path === '/api/documents/reprocess') return { filter: {}, ...own };
    if (path === '/api/documents/status') return { items: [{ externalId: 'shared', sha256: '0'.repeat(64) }], ...own };
    if (path === '/api/collections') return { name: collection ?? 'another' };
    if (path.startsWith('/api/admin'))
      return { name: 'more', scopes: ['read'], ...(collection && { collections: [collection] }) };
    return own;
  };
});

interface Answer {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: Untyped;
}

function shapeOf({ status, headers, body }: Answer, { documentId, collection }: Tenant): unknown {
  const { requestId: _, detail, ...rest } = body as Record<string, unknown>;
  const words = String(detail)
    .replaceAll(documentId, 'X')
    .replaceAll(/0{8}-0{4}-4000-8000-0{12}/g, 'X');
  return { status, headers, ...rest, detail: words.replaceAll(`"${collection}"`, 'X').replaceAll('"nobody"', 'X') };
}

/** All that a tenant has, as it sees it itself. */
async function stateOf({ key, collection, documentId }: Tenant): Promise<unknown> {
  const get = async (path: string): Promise<Untyped> => (await service.json(path, undefined, { key })).body;
  return {
    documents: await get('/api/documents'),
    collection: await get(`/api/collections/${collection}`),
    chunks: await get(`/api/documents/${documentId}/chunks`),
    text: await (await service.fetch(`/api/documents/${documentId}/text`, { key })).text(),
  };
}

const search = async (key: string, request: object): Promise<Untyped> => {
  const { status, body } = await service.json('/api/search', { topK: 100, ...request }, { key });
  expect(status).toBe(200);
  return body.results.map(({ content, score }: Untyped) => ({ content, score }));
};

it('a bound key lists, counts and finds its own alone', async () => {
  const { body } = await service.json('/api/documents', undefined, { key: one.key });
  expect(body.items.map(({ collection }: Untyped) => collection)).toEqual(['one', 'one']);
  const collections = (await service.json('/api/collections', undefined, { key: one.key })).body;
  expect(collections.items).toEqual([expect.objectContaining({ name: 'one', documents: 2, chunks: 2 })]);
  expect(await search(one.key, { query: 'Mandanten Bienen', mode: 'keyword' })).toEqual([]);
  const missing = await service.json('/api/search', { query: 'x', collection: ['one', 'other'] }, { key: one.key });
  expect([missing.status, missing.body.code]).toEqual([404, 'COLLECTION_NOT_FOUND']);
  expect((await service.json('/api/collections', { name: 'mine' }, { key: one.key })).status).toBe(403);
  const upload = await service.json('/api/documents/text', { text: 'x', collection: 'brand-new' }, { key: one.key });
  expect([upload.status, upload.body.code]).toEqual([404, 'COLLECTION_NOT_FOUND']);
});

it.each(['keyword', 'hybrid', 'vector'] as const)('%s scores do not depend on what others have', async (mode) => {
  const questions = ['the harbour ledger of berths', 'kestrels', 'note about fees', 'die alte Notiz', '-fees harbour'];
  const ask = () => Promise.all(questions.map((query) => search(one.key, { query, mode })));
  const before = await ask();
  expect(before.flat().length).toBeGreaterThan(3);
  const texts = Array.from({ length: 15 }, (_, index) => `${SHARED} Kestrels and fees, ${mode} ${index}.`);
  await Promise.all(
    texts.map(async (text) => {
      const { body } = await service.json('/api/documents/text', { text }, { key: other.key });
      await service.finished(body.id as string);
    }),
  );
  expect(await ask()).toEqual(before);
});

it('a key without bounds sees all collections, or those it names; an upload makes an unknown one', async () => {
  const made = await service.json('/api/documents/text', { text: SHARED, collection: 'third' });
  expect([made.status, made.body.collection]).toEqual([202, 'third']);
  await service.finished(made.body.id as string);
  const collectionsOf = async (request: object): Promise<string[]> => {
    const { body } = await service.json('/api/search', { query: 'harbour ledger berths', topK: 100, ...request });
    const ids = new Set<string>(body.results.map(({ documentId }: Untyped) => documentId as string));
    const documents = await Promise.all([...ids].map(async (id) => (await service.json(`/api/documents/${id}`)).body));
    return [...new Set(documents.map(({ collection }) => collection as string))].toSorted();
  };
  expect(await collectionsOf({})).toEqual(['one', 'other', 'third']);
  expect(await collectionsOf({ collection: ['one', 'third'] })).toEqual(['one', 'third']);
  const listed = await service.json('/api/documents?collection=third,one&limit=100');
  expect(new Set(listed.body.items.map(({ collection }: Untyped) => collection))).toEqual(new Set(['third', 'one']));
  const again = await service.json('/api/documents/text', { text: SHARED, collection: 'third' });
  expect([again.status, again.body.duplicate]).toEqual([200, true]);
});

it('collections are made, changed, refused', async () => {
  const made = await service.json('/api/collections', { name: 'notes', metadata: { team: 'a', old: 1 } });
  expect(made).toMatchObject({ status: 201, body: { name: 'notes', description: null, documents: 0, bytes: 0 } });
  const patch = { description: 'Ours', metadata: { old: null, new: 2 } };
  const changed = await service.json('/api/collections/notes', patch, { method: 'PATCH' });
  expect(changed.body).toMatchObject({ description: 'Ours', metadata: { team: 'a', new: 2 } });
  expect(changed.body.metadata).not.toHaveProperty('old');
  expect((await service.json('/api/collections', { name: 'notes' })).body.code).toBe('COLLECTION_EXISTS');
  expect((await service.json('/api/collections', { name: 'No Name' })).body.code).toBe('INVALID_REQUEST');
  const refused = await service.json('/api/collections/default', undefined, { method: 'DELETE' });
  expect([refused.status, refused.body.code]).toEqual([409, 'DEFAULT_COLLECTION']);
  const bound = { name: 'k', scopes: ['admin'], collections: ['notes'] };
  expect((await service.json('/api/admin/keys', bound)).body.code).toBe('INVALID_REQUEST');
  const unknown = { name: 'k', scopes: ['read'], collections: ['nobody'] };
  expect((await service.json('/api/admin/keys', unknown)).body.code).toBe('COLLECTION_NOT_FOUND');
});

it('a deleted collection is unseen at once, gone in bounded steps, and its name is another one from then on', async () => {
  const doomed = await tenant('doomed', 'A doomed note.');
  const dataSource = service.app.get(DataSource);
  const key = await service.app.get(CollectionsRepository).keyFor({ collections: null }, 'doomed');
  const many = JSON.stringify(Array.from({ length: sized(600, 100_000) }, (_, index) => index + 10));
  await dataSource.query(
    `INSERT INTO chunks (id, document_id, generation, ordinal, content, char_start, char_end, token_count)
     SELECT gen_random_uuid(), $1, visible_generation, value::integer, 'x', 0, 1, 1
       FROM documents, jsonb_array_elements_text($2::jsonb) WHERE id = $1`,
    [doomed.documentId, many],
  );
  // As a worker would: the reconciler of this service is not waited for, and does no harm beside it.
  await service.app.get(CollectionsRepository).remove(await scope(), 'doomed');
  expect((await service.json(`/api/documents/${doomed.documentId}`)).status).toBe(404);
  expect((await service.json('/api/search', { query: 'doomed', mode: 'keyword' })).body.results).toEqual([]);
  expect((await service.json('/api/documents', undefined, { key: doomed.key })).body.items).toEqual([]);
  expect((await service.json('/api/documents/text', { text: 'x' }, { key: doomed.key })).status).toBe(400);
  await service.json('/api/collections', { name: 'doomed' });
  expect((await service.json('/api/collections', undefined, { key: doomed.key })).body.items).toEqual([]);

  // Each step by somebody who knows nothing of the one before, as after a kill.
  const step = () => new DeletedCollectionsRepository(dataSource, service.app.get(ContentsRepository)).sweep();
  while (await step());
  const [left] = await dataSource.query<unknown[]>(
    `SELECT (SELECT count(*)::integer FROM documents WHERE collection = $1) AS documents,
            (SELECT count(*)::integer FROM chunks WHERE document_id = $2) AS chunks,
            (SELECT count(*)::integer FROM collections WHERE key = $1) AS collections`,
    [key, doomed.documentId],
  );
  expect(left).toEqual({ documents: 0, chunks: 0, collections: 0 });
  const { body } = await service.json('/api/collections/doomed');
  expect(body).toMatchObject({ name: 'doomed', documents: 0, chunks: 0 });
});

const scope = () => service.app.get(CollectionsRepository).scopeOf({ collections: null });
