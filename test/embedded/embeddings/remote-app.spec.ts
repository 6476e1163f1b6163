import { loadConfig } from '@vectorlane/config';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startApp, type StartedApp } from '../../../apps/api/src/create-app';
import { StandInEmbeddings } from '../../support/stand-in-embeddings';
import { openTestServers, type TestServers } from '../../support/test-servers';
import { newDataFolder } from '../../support/data-folder';

/** The whole service over one data folder, started again and again with another source of vectors. */
jest.setTimeout(180_000);

const DOCUMENTS = {
  'bees.txt': 'Colonies gather honey during summer and shiver around their queen when frost arrives.',
  'sails.txt': 'Reef the mainsail early, because taking canvas from a heeling deck is dangerous work.',
  'bread.txt': 'Dough that rises slowly inside a refrigerator becomes sour and keeps an open crumb.',
};
/** Words of one document each, enough for vectors that only count words. */
const QUESTIONS = {
  'bees.txt': 'queen frost honey',
  'sails.txt': 'heeling deck mainsail',
  'bread.txt': 'sour dough crumb',
};

let endpoint: StandInEmbeddings;
let servers: TestServers;
let dataDir: string;
let started: StartedApp | undefined;
let key: string | undefined;

beforeAll(async () => {
  dataDir = await newDataFolder('remote');
  servers = await openTestServers();
});
beforeEach(async () => {
  endpoint = await StandInEmbeddings.start(256);
});
afterEach(async () => {
  await stop();
  await endpoint.close();
});
afterAll(async () => {
  await servers.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function start(settings: Record<string, string> = {}): Promise<void> {
  const config = loadConfig({
    NODE_ENV: 'test',
    LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'silent',
    PORT: '0',
    DATA_DIR: dataDir,
    RECONCILE_INTERVAL_MS: '500',
    INGESTION_BACKOFF_MS: '10',
    EMBEDDING_THREADS: '1',
    ...servers.settings,
    ...settings,
  });
  started = await startApp(config);
  key ??= (await readFile(join(dataDir, 'api-key'), 'utf8')).trim();
}

async function stop(): Promise<void> {
  await started?.app.close();
  started = undefined;
}

const remote = (settings: Record<string, string> = {}): Record<string, string> => ({
  EMBEDDING_API_URL: endpoint.baseUrl,
  EMBEDDING_API_MODEL: 'bag-of-words',
  EMBEDDING_API_KEY: 'sk-stand-in-0123456789',
  ...settings,
});

async function call(path: string, body?: unknown, method = 'POST'): Promise<{ status: number; body: Answer }> {
  const response = await fetch(`${started?.url}${path}`, {
    signal: AbortSignal.timeout(30_000),
    method,
    headers: { 'X-API-Key': key ?? '', ...(body !== undefined && { 'Content-Type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Answer };
}

interface Answer {
  id: string;
  status: string;
  code?: string;
  waitingFor?: { dependency: string; since: string };
  items: { id: string; status: string }[];
  results: { metadata: { filename: string } }[];
}

async function ingest(filename: string, text: string): Promise<Answer> {
  const { status, body } = await call('/api/documents/text', { text, filename });
  expect([200, 202]).toContain(status);
  return ended(body.id);
}

function ended(id: string): Promise<Answer> {
  return reached(id, ({ status }) => status === 'completed' || status === 'failed');
}

function waiting(id: string): Promise<Answer> {
  return reached(id, ({ waitingFor }) => waitingFor !== undefined);
}

async function reached(id: string, state: (document: Answer) => boolean): Promise<Answer> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const { body } = await call(`/api/documents/${id}`, undefined, 'GET');
    if (state(body)) return body;
    if (Date.now() > deadline) throw new Error(`Document ${id} is still ${JSON.stringify(body)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

async function foundByMeaning(query: string): Promise<string[]> {
  const { status, body } = await call('/api/search', { query, mode: 'vector', topK: 3 });
  expect(status).toBe(200);
  return body.results.map(({ metadata }) => metadata.filename);
}

async function expectEverythingFound(): Promise<void> {
  for (const [filename, question] of Object.entries(QUESTIONS)) {
    const found = await foundByMeaning(question);
    expect(found).toHaveLength(3);
    expect(found[0]).toBe(filename);
  }
}

// One data folder lives through these: each step finds what the one before has left.
describe('a service whose vectors come from an endpoint', () => {
  it('begins with the local model', async () => {
    await start();
    for (const [filename, text] of Object.entries(DOCUMENTS)) {
      expect(await ingest(filename, text)).toMatchObject({ status: 'completed' });
    }
  });

  it('refuses to start over the vectors of another model', async () => {
    await expect(start(remote())).rejects.toThrow(
      /holds vectors of gte-small .* the configured model is bag-of-words \(provider, .*EMBEDDING_SPACE_CHANGE=reindex/,
    );
    // It asked for the dimension and for nothing else.
    expect(endpoint.requests).toHaveLength(1);
  });

  it('embeds every document again when told to, and finds each by the new vectors', async () => {
    await start(remote({ EMBEDDING_SPACE_CHANGE: 'reindex', EMBEDDING_PASSAGE_PREFIX: 'passage:' }));
    const { body } = await call('/api/documents', undefined, 'GET');
    expect(body.items).toHaveLength(3);
    for (const { id } of body.items) expect(await ended(id)).toMatchObject({ status: 'completed' });
    await expectEverythingFound();
    expect(endpoint.inputs.filter((text) => text.startsWith('passage: '))).toHaveLength(3);
    expect(endpoint.requests[0]?.headers.authorization).toBe('Bearer sk-stand-in-0123456789');
  });

  it('finds them after a start without the endpoint, and says so while it is away', async () => {
    const { port } = endpoint;
    const settings = remote({ EMBEDDING_PASSAGE_PREFIX: 'passage:', EMBEDDING_API_DIMENSIONS: '256' });
    await endpoint.close();
    await start(settings);
    const search = await call('/api/search', { query: 'queen', mode: 'vector' });
    expect(search).toMatchObject({ status: 503, body: { code: 'EMBEDDING_UNAVAILABLE' } });
    const keyword = await call('/api/search', { query: 'queen', mode: 'keyword' });
    expect(keyword.body.results[0]?.metadata.filename).toBe('bees.txt');
    const text = 'Spring tides follow the full moon by a day or two.';
    const { id } = (await call('/api/documents/text', { text, filename: 'tides.txt' })).body;
    // It costs the document nothing: it waits, and goes on by itself.
    expect(await waiting(id)).toMatchObject({ status: 'pending', waitingFor: { dependency: 'embeddings' } });

    endpoint = await StandInEmbeddings.start(256, port);
    expect(await ended(id)).toMatchObject({ status: 'completed', attempts: 0 });
    expect((await foundByMeaning('full moon tides'))[0]).toBe('tides.txt');
    expect((await foundByMeaning('queen frost honey'))[0]).toBe('bees.txt');
  });

  it('is refused a start when the model behind the name is another one', async () => {
    const printed = jest.spyOn(console, 'error');
    const changed = remote({ EMBEDDING_PASSAGE_PREFIX: 'passage:', EMBEDDING_API_REVISION: '2' });
    await expect(start(changed)).rejects.toMatchObject({ name: 'SpaceMismatchError' });
    await expect(start(remote({ EMBEDDING_PASSAGE_PREFIX: 'x '.repeat(150) }))).rejects.toThrow(
      /EMBEDDING_PASSAGE_PREFIX is estimated at \d+ tokens/,
    );
    // What had been opened was closed without a word from a library on the operator's terminal.
    expect(printed).not.toHaveBeenCalled();
  });
});
