import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { FilesService } from '@vectorlane/ingestion';
import OpenAI, { toFile } from 'openai';
import { DataSource } from 'typeorm';
import { TestApp, type Untyped } from '../support/test-app';

/** Files and vector stores as programs meet them: through OpenAI's own client, which knows a key and an address. */

let app: TestApp;
let client: OpenAI;

const BEES = 'Bees cluster around the queen in winter and shiver to keep warm.';
const README = join(__dirname, '../../README.md');

beforeAll(async () => {
  app = await TestApp.start();
  client = openAi(app.key);
}, 60_000);
afterAll(() => app?.stop());

function openAi(apiKey: string): OpenAI {
  return new OpenAI({ apiKey, baseURL: `${app.url}/openai/v1`, maxRetries: 0 });
}

const file = (name: string, text: string) => toFile(Buffer.from(text), name);

async function all<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of pages) items.push(item);
  return items;
}

const ids = (items: readonly { id: string }[]): string[] => items.map(({ id }) => id);

async function refusalOf(work: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  const error = await work.then(
    () => new Error('It was not refused.'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof OpenAI.APIError)) throw error;
  return error;
}

describe('models and embeddings', () => {
  it('tells of the model of the service, and gives its vectors in both encodings', async () => {
    const [model, ...others] = await all(client.models.list());
    expect(others).toEqual([]);
    expect(model).toEqual({
      ...{ id: expect.any(String), object: 'model', created: expect.any(Number), owned_by: 'vectorlane' },
    });
    const { id } = model as OpenAI.Model;
    expect(await client.models.retrieve(id)).toEqual(model);
    const packed = await client.embeddings.create({ model: id, input: [BEES, 'Honey'] });
    const plain = await client.embeddings.create({ model: id, input: BEES, encoding_format: 'float' });
    expect(packed.data.map(({ index, embedding }) => [index, embedding.length])).toEqual([
      [0, 384],
      [1, 384],
    ]);
    expect(plain.data[0]?.embedding).toEqual(packed.data[0]?.embedding);
    expect(plain.usage.total_tokens).toBeGreaterThan(5);
    const unknown = await refusalOf(client.models.retrieve('gpt-5'));
    expect(unknown).toBeInstanceOf(OpenAI.NotFoundError);
    expect([unknown.code, unknown.type, unknown.param]).toEqual(['model_not_found', 'invalid_request_error', 'model']);
    for (const input of ['', [[1, 2]], [], 'word '.repeat(20_000)] as Untyped[]) {
      expect(await refusalOf(client.embeddings.create({ model: id, input }))).toBeInstanceOf(OpenAI.BadRequestError);
    }
  });
});

describe('files', () => {
  it('are kept as they came, listed in pages, and gone when deleted', async () => {
    const made = [];
    for (const name of ['one.txt', 'two.txt', 'three.txt']) {
      made.push(await client.files.create({ file: await file(name, `The same bytes.`), purpose: 'user_data' }));
    }
    const streamed = await client.files.create({ file: createReadStream(README), purpose: 'assistants' });
    expect(made[0]).toEqual({
      ...{ id: expect.stringMatching(/^file-[0-9a-f]{32}$/), object: 'file', bytes: 15, filename: 'one.txt' },
      ...{ purpose: 'user_data', status: 'processed', status_details: null, expires_at: null },
      created_at: expect.any(Number),
    });
    expect(streamed.filename).toBe('README.md');
    expect(await client.files.retrieve(streamed.id)).toEqual(streamed);
    expect(await (await client.files.content(made[0]?.id ?? '')).text()).toBe('The same bytes.');

    const newestFirst = [streamed, ...made.toReversed()];
    expect(await all(client.files.list())).toEqual(newestFirst);
    expect(ids(await all(client.files.list({ limit: 1, order: 'asc' })))).toEqual(ids(newestFirst.toReversed()));
    expect(ids(await all(client.files.list({ purpose: 'assistants' })))).toEqual([streamed.id]);
    const page = (await (await app.fetch(`/openai/v1/files?limit=2&after=${newestFirst[0]?.id}`)).json()) as Untyped;
    expect(page).toEqual({
      object: 'list',
      data: newestFirst.slice(1, 3),
      ...{ first_id: newestFirst[1]?.id, last_id: newestFirst[2]?.id, has_more: true },
    });

    for (const { id } of newestFirst)
      expect(await client.files.delete(id)).toEqual({ id, object: 'file', deleted: true });
    expect(await all(client.files.list())).toEqual([]);
    const gone = await refusalOf(client.files.retrieve(streamed.id));
    expect([gone.status, gone.code]).toEqual([404, 'file_not_found']);
    expect(gone.requestID).toMatch(/[\w-]{8,}/);
  });

  it('have a time to live where one is given', async () => {
    const kept = await client.files.create({
      file: await file('short.txt', 'Soon gone.'),
      purpose: 'assistants',
      expires_after: { anchor: 'created_at', seconds: 3_600 },
    });
    expect(kept.expires_at).toBe(kept.created_at + 3_600);
    await client.files.delete(kept.id);
  });
});

describe('vector stores', () => {
  it('are made, listed, changed and deleted', async () => {
    const store = await client.vectorStores.create({ name: 'Support FAQ', metadata: { team: 'help' } });
    expect(store).toEqual({
      ...{ id: expect.stringMatching(/^vs_/), object: 'vector_store', name: 'Support FAQ', usage_bytes: 0 },
      ...{ created_at: expect.any(Number), last_active_at: expect.any(Number), status: 'completed' },
      file_counts: { in_progress: 0, completed: 0, failed: 0, cancelled: 0, total: 0 },
      ...{ expires_after: null, expires_at: null, metadata: { team: 'help' } },
    });
    expect(await client.vectorStores.retrieve(store.id)).toEqual(store);
    // Two of one name are two stores.
    const same = await client.vectorStores.create({ name: 'Support FAQ' });
    const { body } = await app.json('/api/collections');
    expect(body.items.map(({ name }: Untyped) => name)).toEqual([
      'default',
      'support-faq',
      expect.stringMatching(/^support-faq-[0-9a-f]{8}$/),
    ]);
    const stores = await all(client.vectorStores.list({ limit: 1 }));
    expect(ids(stores)).toEqual([same.id, store.id, 'vs_default']);
    expect(ids((await client.vectorStores.list({ before: 'vs_default', limit: 1 })).data)).toEqual([store.id]);
    expect(ids(await all(client.vectorStores.list({ order: 'asc', after: 'vs_default' })))).toEqual([
      store.id,
      same.id,
    ]);

    const changed = await client.vectorStores.update(store.id, {
      ...{ name: 'Help', metadata: { draft: 'yes' } },
      expires_after: { anchor: 'last_active_at', days: 7 },
    });
    expect(changed).toMatchObject({ name: 'Help', metadata: { draft: 'yes' }, expires_after: { days: 7 } });
    expect(changed.expires_at).toBe((changed.last_active_at ?? 0) + 7 * 86_400);
    for (const { id } of [store, same]) {
      expect(await client.vectorStores.delete(id)).toEqual({ id, object: 'vector_store.deleted', deleted: true });
    }
    expect(await refusalOf(client.vectorStores.retrieve(store.id))).toBeInstanceOf(OpenAI.NotFoundError);
    expect(await refusalOf(client.vectorStores.delete('vs_default'))).toBeInstanceOf(OpenAI.BadRequestError);
  });

  it('find what is in their files, by attributes too', async () => {
    const [bees, wax] = [
      await client.files.create({ file: await file('bees.md', `# Bees\n\n${BEES}`), purpose: 'assistants' }),
      await client.files.create({ file: await file('wax.txt', 'Bees wax melts at 63 °C.'), purpose: 'assistants' }),
    ];
    const store = await client.vectorStores.create({ name: 'bees', file_ids: [bees.id] });
    const attached = await client.vectorStores.files.createAndPoll(store.id, {
      ...{ file_id: wax.id, attributes: { year: 2026, kind: 'fact', draft: false } },
      chunking_strategy: { type: 'static', static: { max_chunk_size_tokens: 100, chunk_overlap_tokens: 10 } },
    });
    expect(attached).toEqual({
      ...{ id: wax.id, object: 'vector_store.file', vector_store_id: store.id, status: 'completed' },
      ...{ created_at: expect.any(Number), usage_bytes: wax.bytes, last_error: null },
      chunking_strategy: { type: 'static', static: { max_chunk_size_tokens: 100, chunk_overlap_tokens: 10 } },
      attributes: { year: 2026, kind: 'fact', draft: false },
    });
    await client.vectorStores.files.poll(store.id, bees.id);
    const listed = await all(client.vectorStores.files.list(store.id, { limit: 1, filter: 'completed' }));
    expect(ids(listed)).toEqual([wax.id, bees.id]);
    expect(await client.vectorStores.retrieve(store.id)).toMatchObject({
      ...{ status: 'completed', usage_bytes: bees.bytes + wax.bytes },
      file_counts: { in_progress: 0, completed: 2, failed: 0, cancelled: 0, total: 2 },
    });

    const found = await client.vectorStores.search(store.id, { query: 'How do bees keep warm?', max_num_results: 1 });
    expect(found.data).toEqual([
      {
        ...{ file_id: bees.id, filename: 'bees.md', score: expect.any(Number), attributes: {} },
        content: [{ type: 'text', text: expect.stringContaining(BEES) }],
      },
    ]);
    expect(found.object).toBe('vector_store.search_results.page');
    const search = async (filters: Untyped, more: object = {}): Promise<string[]> =>
      (await all(client.vectorStores.search(store.id, { query: ['bees', 'wax'], filters, ...more }))).map(
        ({ file_id }) => file_id,
      );
    const year = (type: string, value: unknown) => ({ type, key: 'year', value });
    for (const [filter, expected] of [
      [year('eq', 2026), [wax.id]],
      [year('ne', 2026), [bees.id]],
      [year('gt', 2025), [wax.id]],
      [year('gte', 2027), []],
      [year('lt', 2027), [wax.id]],
      [year('lte', 2025), []],
      [year('in', [2025, 2026]), [wax.id]],
      [year('nin', [2026]), [bees.id]],
      [{ type: 'and', filters: [year('eq', 2026), { type: 'eq', key: 'draft', value: true }] }, []],
      [{ type: 'or', filters: [year('eq', 1), { type: 'eq', key: 'kind', value: 'fact' }] }, [wax.id]],
    ] as const) {
      expect([filter, await search(filter)]).toEqual([filter, expected]);
    }
    const query = 'bees keep warm in winter';
    const [best, next] = (await client.vectorStores.search(store.id, { query })).data;
    expect(best?.score).toBeGreaterThan(next?.score ?? 1);
    const ranking: Untyped = { ranker: 'none', score_threshold: best?.score };
    expect((await client.vectorStores.search(store.id, { query, ranking_options: ranking })).data).toEqual([best]);
    expect(
      await refusalOf(client.vectorStores.search(store.id, { query: 'x', filters: { type: 'like' } as Untyped })),
    ).toMatchObject({ status: 400, param: 'filters', type: 'invalid_request_error' });

    const updated = await client.vectorStores.files.update(wax.id, {
      ...{ vector_store_id: store.id, attributes: { year: 1999 } },
    });
    expect(updated.attributes).toEqual({ year: 1999 });
    expect(await search(year('lt', 2000))).toEqual([wax.id]);
    const texts = await all(client.vectorStores.files.content(bees.id, { vector_store_id: store.id }));
    expect(texts).toEqual([{ type: 'text', text: expect.stringContaining(BEES) }]);

    // Out of the store, and still a file.
    const removed = await client.vectorStores.files.delete(wax.id, { vector_store_id: store.id });
    expect(removed).toEqual({ id: wax.id, object: 'vector_store.file.deleted', deleted: true });
    expect(await search(undefined)).toEqual([bees.id]);
    expect(await client.files.retrieve(wax.id)).toEqual(wax);
    // Deleted, and out of every store.
    const other = await client.vectorStores.create({ name: 'other', file_ids: [bees.id, wax.id] });
    await client.vectorStores.files.poll(other.id, bees.id);
    await client.files.delete(bees.id);
    expect(await all(client.vectorStores.files.list(store.id))).toEqual([]);
    expect(ids(await all(client.vectorStores.files.list(other.id)))).toEqual([wax.id]);
    // Its bytes live as long as something has them.
    await client.vectorStores.delete(other.id);
    expect(await (await client.files.content(wax.id)).text()).toBe('Bees wax melts at 63 °C.');
  });

  it('take files by upload and in batches', async () => {
    const store = await client.vectorStores.create({});
    expect(store.name).toBe('');
    const polled = await client.vectorStores.files.uploadAndPoll(store.id, await file('a.txt', 'Ants carry leaves.'));
    expect([polled.status, polled.last_error]).toEqual(['completed', null]);
    const batch = await client.vectorStores.fileBatches.uploadAndPoll(store.id, {
      files: [
        await file('b.txt', 'Beetles roll balls.'),
        await file('c.txt', '   '),
        await file('d.exe', 'MZ\u0000\u0001\u0002\u0000\u00ff'),
      ],
      fileIds: [polled.id],
    });
    expect(batch).toEqual({
      ...{ id: expect.stringMatching(/^vsfb_/), object: 'vector_store.files_batch', vector_store_id: store.id },
      ...{ created_at: expect.any(Number), status: 'completed' },
      file_counts: { in_progress: 0, completed: 2, failed: 2, cancelled: 0, total: 4 },
    });
    const listed = await all(
      client.vectorStores.fileBatches.listFiles(batch.id, { vector_store_id: store.id, limit: 1, order: 'asc' }),
    );
    expect(listed.map(({ status, last_error: error }) => [status, error?.code]).sort()).toEqual([
      ['completed', undefined],
      ['completed', undefined],
      ['failed', 'invalid_file'],
      ['failed', 'unsupported_file'],
    ]);
    const failed = await client.vectorStores.fileBatches.listFiles(batch.id, {
      ...{ vector_store_id: store.id, filter: 'failed' },
    });
    expect(failed.data).toHaveLength(2);
    const unknown = client.vectorStores.fileBatches.create(store.id, { file_ids: [polled.id, 'file-none'] });
    expect(await refusalOf(unknown)).toBeInstanceOf(OpenAI.NotFoundError);

    // Nothing gets ahead while the model is held: the batch is cancelled with what is not done.
    let release: () => void = () => undefined;
    const until = new Promise<void>((resolve) => (release = resolve));
    app.embeddings?.behaveAlways({ kind: 'held', until });
    try {
      const { id: late } = await client.files.create({
        file: await file('e.txt', 'Eels swim.'),
        purpose: 'assistants',
      });
      const second = await client.vectorStores.fileBatches.create(store.id, {
        files: [{ file_id: late, attributes: { late: true } }, { file_id: polled.id }],
      });
      expect([second.status, second.file_counts]).toEqual([
        'in_progress',
        { in_progress: 1, completed: 1, failed: 0, cancelled: 0, total: 2 },
      ]);
      const cancelled = await client.vectorStores.fileBatches.cancel(second.id, { vector_store_id: store.id });
      expect([cancelled.status, cancelled.file_counts]).toEqual([
        'cancelled',
        { in_progress: 0, completed: 1, failed: 0, cancelled: 1, total: 2 },
      ]);
    } finally {
      app.embeddings?.behaveAlways({ kind: 'well' });
      release();
    }
  });
});

describe('one library', () => {
  it('shows a document of REST as a file, and a file as a document', async () => {
    const made = await app.ingest('rest.txt', 'Otters hold hands.', { metadata: { zoo: true, nested: { a: 1 } } });
    const files = await all(client.vectorStores.files.list('vs_default'));
    expect(files).toMatchObject([{ status: 'completed', attributes: { zoo: true } }]);
    const fileId = files[0]?.id ?? '';
    expect(fileId).toBe(`file-${made.id.replaceAll('-', '')}`);
    expect(await client.files.retrieve(fileId)).toMatchObject({ filename: 'rest.txt', purpose: 'assistants' });
    expect(await (await client.files.content(fileId)).text()).toBe('Otters hold hands.');
    await client.vectorStores.files.update(fileId, { vector_store_id: 'vs_default', attributes: { zoo: false } });
    expect((await app.json(`/api/documents/${made.id}`)).body.metadata).toEqual({ zoo: false, nested: { a: 1 } });

    const { id } = await client.vectorStores.files.uploadAndPoll('vs_default', await file('seals.txt', 'Seals bark.'));
    const { body } = await app.json('/api/documents?filename=seals.txt');
    expect(body.items).toMatchObject([{ collection: 'default', externalId: id, status: 'completed' }]);
    expect((await app.json('/api/search', { query: 'seals bark', topK: 1 })).body.results).toMatchObject([
      { documentId: body.items[0].id },
    ]);
    expect((await app.fetch(`/api/documents/${body.items[0].id}`, { method: 'DELETE' })).status).toBe(204);
    const gone = client.vectorStores.files.retrieve(id, { vector_store_id: 'vs_default' });
    expect(await refusalOf(gone)).toBeInstanceOf(OpenAI.NotFoundError);
    // The other way round.
    await client.files.delete(fileId);
    expect((await app.json(`/api/documents/${made.id}`)).status).toBe(404);
  });

  it('keeps keys within their scopes and their collections', async () => {
    const mine = await client.vectorStores.create({ name: 'mine' });
    const theirs = await client.vectorStores.create({ name: 'theirs' });
    const secret = await client.vectorStores.files.uploadAndPoll(theirs.id, await file('secret.txt', 'Moles dig.'));
    const keyWith = async (scopes: string[], collections?: string[]): Promise<OpenAI> => {
      const { body } = await app.json('/api/admin/keys', { name: 'few', scopes, ...(collections && { collections }) });
      return openAi(body.key as string);
    };
    const bound = await keyWith(['read', 'write'], ['mine']);
    const own = await bound.vectorStores.files.uploadAndPoll(mine.id, await file('own.txt', 'Owls fly.'));
    expect(ids(await all(bound.vectorStores.list()))).toEqual([mine.id]);
    expect(ids(await all(bound.files.list()))).toEqual([own.id]);
    for (const work of [
      bound.vectorStores.retrieve(theirs.id),
      bound.vectorStores.search(theirs.id, { query: 'moles' }),
      bound.files.retrieve(secret.id),
      bound.files.content(secret.id),
      bound.files.delete(secret.id),
      bound.vectorStores.files.create(mine.id, { file_id: secret.id }),
      bound.vectorStores.files.list(theirs.id),
    ]) {
      expect(await refusalOf(work)).toBeInstanceOf(OpenAI.NotFoundError);
    }
    expect(await refusalOf(bound.vectorStores.create({ name: 'more' }))).toBeInstanceOf(OpenAI.PermissionDeniedError);
    const reader = await keyWith(['read']);
    expect(ids(await all(reader.vectorStores.files.list(theirs.id)))).toEqual([secret.id]);
    expect(await refusalOf(reader.files.delete(secret.id))).toBeInstanceOf(OpenAI.PermissionDeniedError);
    expect(await refusalOf(openAi('vl_nobody').models.list())).toBeInstanceOf(OpenAI.AuthenticationError);
  });

  it('tells what is wrong in the shape that its clients read', async () => {
    const missing = await refusalOf(client.beta.assistants.list());
    expect(missing).toBeInstanceOf(OpenAI.NotFoundError);
    expect([missing.code, missing.message]).toEqual([
      'unknown_url',
      expect.stringContaining('GET /openai/v1/assistants. Served here are models'),
    ]);
    const invalid = await refusalOf(client.vectorStores.create({ name: 'x', nonsense: 1 } as Untyped));
    expect(invalid).toBeInstanceOf(OpenAI.BadRequestError);
    const limit = await refusalOf(client.vectorStores.list({ limit: 0 }));
    expect([limit.status, limit.param, limit.code]).toEqual([400, 'limit', 'invalid_value']);
    const overlap = { max_chunk_size_tokens: 100, chunk_overlap_tokens: 60 };
    const chunking = client.vectorStores.create({ chunking_strategy: { type: 'static', static: overlap } });
    expect((await refusalOf(chunking)).message).toContain('at most half');
    // The client for Python says that nothing is JSON.
    const json = { 'Content-Type': 'application/json', 'Content-Length': '0' };
    const cancelled = await app.fetch('/openai/v1/vector_stores/vs_default/file_batches/vsfb_none/cancel', {
      ...{ method: 'POST', headers: json, body: '' },
    });
    expect(cancelled.status).toBe(404);
    const response = await app.fetch('/openai/v1/vector_stores', { key: null });
    expect([response.status, await response.json()]).toEqual([
      401,
      {
        error: {
          ...{ type: 'invalid_request_error', code: 'invalid_api_key', param: null },
          message: expect.any(String),
        },
      },
    ]);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  });
});

it('takes away what has outlived its time', async () => {
  const store = await client.vectorStores.create({
    name: 'brief',
    expires_after: { anchor: 'last_active_at', days: 1 },
  });
  const { id } = await client.vectorStores.files.uploadAndPoll(store.id, await file('newt.txt', 'Newts regrow.'));
  const database = app.app.get(DataSource);
  await database.query(`UPDATE collections SET last_active_at = now() - interval '2 days' WHERE name = 'brief'`);
  await database.query(`UPDATE files SET expires_at = now() WHERE filename = 'newt.txt'`);
  expect((await client.vectorStores.retrieve(store.id)).status).toBe('expired');
  expect(await refusalOf(client.vectorStores.search(store.id, { query: 'newts' }))).toBeInstanceOf(
    OpenAI.BadRequestError,
  );
  expect(await app.app.get(FilesService).sweepExpired()).toBe(false);
  expect((await client.vectorStores.retrieve(store.id)).file_counts.total).toBe(0);
  expect(await refusalOf(client.files.retrieve(id))).toBeInstanceOf(OpenAI.NotFoundError);
});
