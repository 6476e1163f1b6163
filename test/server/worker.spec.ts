import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { ServiceProcess } from '../support/service-process';
import { StandInEmbeddings } from '../support/stand-in-embeddings';
import type { Untyped } from '../support/test-app';
import { onServer } from '../support/test-database';
import { openTestServers } from '../support/test-servers';
import { sized } from '../support/sizes';

const WORKER = 'dist/apps/worker/src/main.js';
const DOCUMENTS = sized(50, 500);
/** Uploads at once. */
const UPLOADERS = 8;
const POOL_SIZE = 5;

let folder: string;
const started: ServiceProcess[] = [];
const NOTHING = (): Promise<void> => Promise.resolve();
let closeServers = NOTHING;
let closeEmbeddings = NOTHING;

const COMPLETED = /^documents_processed_total\{status="completed",format="txt",lane="fast"\} (\d+)$/m;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vectorlane-worker-'));
});
afterEach(async () => {
  try {
    // Every one of them ends in order.
    for (const service of started) expect(await service.stop()).toEqual({ code: 0, signal: null });
  } finally {
    for (const service of started.splice(0)) await service.stop('SIGKILL');
    await closeEmbeddings();
    await closeServers();
    closeEmbeddings = closeServers = NOTHING;
    await rm(folder, { recursive: true, force: true });
  }
}, 120_000);

const call = async (service: ServiceProcess, path: string, init: RequestInit = {}): Promise<Untyped> => {
  const key = (await readFile(join(folder, 'api-key'), 'utf8')).trim();
  const response = await fetch(`${service.url}${path}`, {
    ...init,
    headers: { 'X-API-Key': key },
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: text.startsWith('{') ? JSON.parse(text) : null,
  };
};

it('refuses the embedded profile with a word on what to do', async () => {
  const { code, output } = await ServiceProcess.run({ DATA_DIR: folder, WORKER_PORT: '0' }, [WORKER]);
  expect(code).toBe(1);
  expect(output).toContain('set DATABASE_URL and REDIS_URL');
}, 60_000);

interface Fleet {
  readonly apis: readonly ServiceProcess[];
  readonly workers: readonly ServiceProcess[];
  readonly settings: Readonly<Record<string, string>>;
  readonly startWorker: () => Promise<ServiceProcess>;
}

/** Connections of ours to that database, whatever they do. */
async function connectionsTo(databaseUrl: string): Promise<number> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ count: number }>(
      `SELECT count(*)::integer AS count FROM pg_stat_activity
        WHERE datname = current_database() AND application_name LIKE 'vectorlane%'`,
    );
    return rows[0]?.count ?? 0;
  } finally {
    await client.end();
  }
}

/** Starts two APIs that only accept, and so many workers, all on the same servers and the same embedder. */
async function startFleet(
  embeddings: StandInEmbeddings,
  workers: number,
  settings: Record<string, string> = {},
): Promise<Fleet> {
  const servers = await openTestServers();
  closeServers = () => servers.close();
  const start = async (extra: Record<string, string>, entry?: string): Promise<ServiceProcess> => {
    const service = await ServiceProcess.start(
      {
        DATA_DIR: folder,
        WORKER_PORT: '0',
        RECONCILE_INTERVAL_MS: '500',
        ...embeddings.settings,
        EMBEDDING_API_DIMENSIONS: '16',
        ...servers.settings,
        ...settings,
        ...extra,
      },
      entry,
    );
    started.push(service);
    return service;
  };
  // ROLE is the API's: in an environment that both share it must not put a worker to sleep.
  const startWorker = (): Promise<ServiceProcess> => start({ ROLE: 'api' }, WORKER);
  return {
    startWorker,
    settings: servers.settings,
    apis: [await start({ ROLE: 'api' }), await start({ ROLE: 'api' })],
    workers: await Promise.all(Array.from({ length: workers }, startWorker)),
  };
}

const upload = async (service: ServiceProcess, name: string, text: string): Promise<string> => {
  const form = new FormData();
  form.set('file', new Blob([text]), name);
  const { status, body } = await call(service, '/api/documents', { method: 'POST', body: form });
  expect(status).toBe(202);
  return body.id as string;
};

/** Asks until the document is as wanted. */
const untilDocument = async (
  service: ServiceProcess,
  id: string,
  wanted: (document: Untyped) => boolean,
): Promise<Untyped> => {
  const deadline = Date.now() + 90_000;
  for (;;) {
    const { body } = await call(service, `/api/documents/${id}`);
    if (wanted(body)) return body;
    if (body.status === 'failed' || Date.now() > deadline) throw new Error(JSON.stringify(body));
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
};

const isCompleted = ({ status }: Untyped): boolean => status === 'completed';

const forServers = onServer ? describe : undefined;

forServers?.('two APIs that only accept and two workers', () => {
  it(`ingest ${DOCUMENTS} documents together, each once, and answer their own probes`, async () => {
    const embeddings = await StandInEmbeddings.start(16);
    closeEmbeddings = () => embeddings.close();
    const { apis, workers, settings } = await startFleet(embeddings, 2, { DATABASE_POOL_SIZE: String(POOL_SIZE) });

    const ids: string[] = [];
    const names = Array.from({ length: DOCUMENTS }, (_, index) => `note-${index}`);
    const queue = names.entries();
    await Promise.all(
      Array.from({ length: UPLOADERS }, async () => {
        for (const [index, name] of queue) {
          ids[index] = await upload(apis[index % 2]!, `${name}.txt`, `This is ${name}; it tells of a lighthouse.`);
        }
      }),
    );
    // Asked of the other replica than the one that took it.
    for (const [index, id] of ids.entries()) await untilDocument(apis[(index + 1) % 2]!, id, isCompleted);

    // What a process may take of PostgreSQL's connections: its pool, and one to ask for readiness on.
    expect(await connectionsTo(settings['DATABASE_URL'] ?? '')).toBeLessThanOrEqual(4 * (POOL_SIZE + 1));

    // Each text was embedded once, by whichever process: no document was worked on twice.
    const embedded = embeddings.inputs.flatMap((text) => /note-\d+/.exec(text)?.[0] ?? []);
    expect(embedded.toSorted()).toEqual(names.toSorted());

    const completed = await Promise.all(
      workers.map(async (worker) => {
        expect((await call(worker, '/health')).body).toEqual({ status: 'ok' });
        expect((await call(worker, '/live')).body).toEqual({ alive: true });
        const ready = await call(worker, '/ready');
        expect(ready).toMatchObject({
          status: 200,
          body: {
            status: 'ok',
            checks: { database: { status: 'up' }, redis: { status: 'up' }, queue: { status: 'up' } },
          },
        });
        // The two of them and nobody else: an API with ROLE=api consumes nothing.
        expect(ready.body.checks.queue.consumers).toEqual({ fast: 2, heavy: 2 });
        expect(ready.headers.get('x-request-id')).toBeTruthy();
        const { text } = await call(worker, '/metrics');
        expect(text).toMatch(/^vectorlane_build_info\{.*role="worker".*\} 1$/m);
        return Number(COMPLETED.exec(text)?.[1] ?? 0);
      }),
    );
    // Each document was completed once, by one of them, and both had their share.
    expect(completed.reduce((sum, share) => sum + share, 0)).toBe(DOCUMENTS);
    for (const share of completed) expect(share).toBeGreaterThan(0);
    for (const api of apis) expect((await call(api, '/metrics')).text).not.toMatch(COMPLETED);
    // The product is not served here.
    expect(await call(workers[0]!, '/api/documents')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
  }, 240_000);

  it('tell the same of a document from either API while a worker is in the middle of it', async () => {
    const embeddings = await StandInEmbeddings.start(16);
    closeEmbeddings = () => embeddings.close();
    const gates = new Gates();
    // What the processes ask at their start is not the document's.
    embeddings.behaveAlways(({ input }) => (input[0]?.includes('lamp') === true ? gates.next() : { kind: 'well' }));
    // One request a batch of eight chunks; none is answered before the test says so.
    const { apis } = await startFleet(embeddings, 1, {
      EMBEDDING_API_CONCURRENCY: '1',
      INGESTION_LEASE_MS: '600000', // no heartbeat between two questions
    });
    const id = await upload(apis[0]!, 'long.txt', 'A keeper lights the lamp. '.repeat(2_000));

    const seen: Untyped[] = [];
    for (;;) {
      const before = seen.at(-1);
      // 99: all is stored, and nothing holds up the last step any more.
      const first = await untilDocument(apis[0]!, id, ({ status, stage, percent }) => {
        if (before === undefined) return stage === 'embedding';
        return status === 'completed' || (percent > before.percent && percent < 99);
      });
      const { body: second } = await call(apis[1]!, `/api/documents/${id}`);
      // Time goes on between the two.
      if (first.progress !== undefined)
        expect(second.progress.etaMs ?? 0).toBeLessThanOrEqual(first.progress.etaMs ?? 0);
      expect(withoutEta(second)).toEqual(withoutEta(first));
      seen.push(first);
      if (first.status === 'completed') break;
      gates.open();
    }
    expect(seen.length).toBeGreaterThan(3);
    expect(new Set(seen.map(({ stage }) => stage))).toEqual(new Set(['embedding', 'completed']));
    expect(seen.at(-1)).toMatchObject({ percent: 100 });
  }, 120_000);

  it('hand on what a worker that is stopped cannot finish; it says that it goes, and is gone in order', async () => {
    const embeddings = await StandInEmbeddings.start(16);
    closeEmbeddings = () => embeddings.close();
    const gates = new Gates();
    embeddings.behaveAlways(({ input }) => (input[0]?.includes('lamp') === true ? gates.next() : { kind: 'well' }));
    const { apis, workers, startWorker } = await startFleet(embeddings, 1, {
      SHUTDOWN_DRAIN_DELAY_MS: '3000',
      SHUTDOWN_QUEUE_TIMEOUT_MS: '500',
    });
    const worker = workers[0]!;
    const id = await upload(apis[0]!, 'short.txt', 'A keeper lights the lamp.');
    await untilDocument(apis[0]!, id, ({ stage }) => stage === 'chunking');

    // Once, and no more: a second signal would end it at once.
    const ended = once(worker.child, 'exit');
    worker.child.kill('SIGTERM');
    const deadline = Date.now() + 10_000;
    for (let ready; (ready = await call(worker, '/ready')).body.status !== 'shutting_down';) {
      if (Date.now() > deadline) throw new Error(ready.text);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    expect((await call(worker, '/ready')).status).toBe(503);
    expect((await call(worker, '/live')).status).toBe(200);
    expect(await ended).toEqual([0, null]);
    const { body } = await call(apis[1]!, `/api/documents/${id}`);
    expect(body).toMatchObject({ status: 'processing', stage: 'queued', attempts: 0 });

    gates.open();
    gates.open();
    await startWorker();
    expect(await untilDocument(apis[1]!, id, isCompleted)).toMatchObject({ attempts: 0 });
  }, 120_000);
});

const withoutEta = ({ progress, ...document }: Untyped): object => ({
  ...document,
  ...(progress !== undefined && { progress: { ...progress, etaMs: undefined } }),
});

/** Requests for vectors wait here, each until it is let go. */
class Gates {
  private readonly waiting: (() => void)[] = [];
  private opened = 0;

  next(): { kind: 'held'; until: Promise<void> } {
    if (this.opened > 0) {
      this.opened -= 1;
      return { kind: 'held', until: Promise.resolve() };
    }
    return { kind: 'held', until: new Promise((resolve) => this.waiting.push(resolve)) };
  }

  /** Lets one go: the one that waits, or the next that comes. */
  open(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.opened += 1;
    else next();
  }
}
