import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { OFFICE_FILES, readOfficeFile } from '../support/fixtures';
import { PrivateServers, type ServerName } from '../support/private-servers';
import { ServiceProcess } from '../support/service-process';
import { StandInAiWorker } from '../support/stand-in-ai-worker';
import { StandInEmbeddings } from '../support/stand-in-embeddings';
import { answers, StandInWebhook } from '../support/stand-in-webhook';
import type { Untyped } from '../support/test-app';

/**
 * Dependencies that are away for an hour of real time, with the settings that everybody has: what came before and what
 * comes meanwhile waits at no cost, and all of it is done within half a minute of the return.
 *
 * At full size alone (jest.config.js): it takes the hour. Outages of moments are held by `test/embedded/outages` and
 * `test/both/dependency-loss`.
 */

const AWAY_MS = 60 * 60_000;
const LOOKS = 60;
const LOOKS_PER_UPLOAD = 10;
const BACK_WITHIN_MS = 30_000;
/** The pauses between tries double, so that the next one may be as far off as the first was. */
const RECEIVED_WITHIN_MS = 100 * 60_000;
const OFFICE: readonly string[] = ['pdflatex.pdf', 'python-docx.docx'];

interface Scene {
  readonly service: ServiceProcess;
  readonly readsImages?: boolean;
  /** What documents wait for; none where nobody can be asked while it is away. An image waits for either. */
  readonly waitsFor?: readonly string[];
  leave(): Promise<void>;
  comeBack(): Promise<void>;
}

const ends: (() => Promise<unknown>)[] = [];
const keys = new Map<ServiceProcess, string>();

afterAll(async () => {
  for (const end of ends.reverse()) await end();
}, 120_000);

async function startService(settings: Record<string, string>): Promise<ServiceProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'vectorlane-hour-'));
  ends.push(() => rm(folder, { recursive: true, force: true }));
  const service = await ServiceProcess.start({ DATA_DIR: folder, ...settings });
  ends.push(() => service.stop());
  keys.set(service, (await readFile(join(folder, 'api-key'), 'utf8')).trim());
  return service;
}

async function startEmbeddings(): Promise<{ endpoint: StandInEmbeddings; settings: Record<string, string> }> {
  const endpoint = await StandInEmbeddings.start(64);
  ends.push(() => endpoint.close());
  return { endpoint, settings: { ...endpoint.settings, EMBEDDING_API_DIMENSIONS: '64' } };
}

/** The embedder resets each connection, and nobody listens where the AI worker was. */
async function withoutModels(): Promise<Scene> {
  const { endpoint, settings } = await startEmbeddings();
  let worker = await StandInAiWorker.start();
  ends.push(() => worker.close());
  const { port } = worker;
  const service = await startService({ ...settings, ...worker.settings });
  return {
    service,
    readsImages: true,
    waitsFor: ['embeddings', 'ai-worker'],
    leave: async () => {
      endpoint.behaveAlways({ kind: 'reset' });
      await worker.close();
    },
    comeBack: async () => {
      process.stderr.write(`the embedder was asked ${endpoint.requests.length} times\n`);
      endpoint.behaveAlways({ kind: 'well' });
      worker = await StandInAiWorker.start(port);
    },
  };
}

async function withoutServer(name: ServerName): Promise<Scene> {
  const servers = await PrivateServers.start();
  ends.push(() => servers.stop());
  const { settings } = await startEmbeddings();
  const service = await startService({ ...settings, DATABASE_URL: servers.databaseUrl, REDIS_URL: servers.redisUrl });
  return {
    service,
    ...(name === 'redis-server' && { waitsFor: ['redis'] }),
    leave: () => servers.halt(name, 'in order'),
    comeBack: () => servers.resume(name),
  };
}

async function call(
  service: ServiceProcess,
  path: string,
  body?: FormData | object,
): Promise<{ status: number; body: Untyped }> {
  const isForm = body === undefined || body instanceof FormData;
  const response = await fetch(`${service.url}${path}`, {
    headers: { 'X-API-Key': keys.get(service) ?? '', ...(!isForm && { 'Content-Type': 'application/json' }) },
    signal: AbortSignal.timeout(10_000),
    ...(body && { method: 'POST', body: isForm ? body : JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

async function upload(
  service: ServiceProcess,
  filename: string,
  content: string | Uint8Array,
): Promise<string | undefined> {
  const form = new FormData();
  form.set('file', new Blob([typeof content === 'string' ? content : new Uint8Array(content)]), filename);
  const { status, body } = await call(service, '/api/documents', form);
  if (status === 202) return body.id as string;
  expect({ status, body }).toMatchObject({ status: 503, body: { code: 'DEPENDENCY_UNAVAILABLE', retryable: true } });
  return undefined;
}

async function untilDone(service: ServiceProcess, ids: readonly string[], withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  const waiting = new Set(ids);
  let last: Untyped;
  for (;;) {
    for (const id of waiting) {
      const { status, body } = await call(service, `/api/documents/${id}`);
      last = body;
      if (status !== 200 || body.status !== 'completed') break;
      expect(body).toMatchObject({ attempts: 0 });
      waiting.delete(id);
    }
    if (waiting.size === 0) return;
    if (performance.now() > deadline) throw new Error(`${waiting.size} not in time: ${JSON.stringify(last)}`);
    await delay(100);
  }
}

/** Of those that start at once, one after the other: a start is the only time at which they need a processor. */
let lastStart: Promise<unknown> = Promise.resolve();
function inTurn(start: () => Promise<Scene>): Promise<Scene> {
  const turn = lastStart.then(start);
  lastStart = turn.catch(() => undefined);
  return turn;
}

it.concurrent.each<[string, () => Promise<Scene>]>([
  ['the embedder and the AI worker', withoutModels],
  ['Redis', () => withoutServer('redis-server')],
  ['PostgreSQL', () => withoutServer('postgres')],
])(
  'an hour without %s costs documents nothing',
  async (name, start) => {
    const scene = await inTurn(start);
    const { service, waitsFor } = scene;
    const first = await upload(service, 'before.txt', `Before ${name} went away.`);
    await untilDone(service, [first ?? ''], 2 * BACK_WITHIN_MS);

    // Some are being worked on when it goes.
    const ids: string[] = [];
    for (const file of OFFICE_FILES.filter(({ file }) => OFFICE.includes(file)))
      ids.push((await upload(service, file.file, readOfficeFile(file))) ?? '');
    for (let index = 0; index < 10; index += 1)
      ids.push((await upload(service, `${index}.txt`, `Text ${index} that waits for ${name}.`)) ?? '');
    await scene.leave();

    let refused = 0;
    for (let look = 0; look < LOOKS; look += 1) {
      if (look % LOOKS_PER_UPLOAD === 0) {
        const contents = [`What came at look ${look}, without ${name}.`];
        if (scene.readsImages) contents.push(`\x89PNG\r\n\x1a\n${look}`);
        for (const [index, content] of contents.entries()) {
          const id = await upload(service, `${look}${index === 0 ? '.txt' : '.png'}`, Buffer.from(content, 'latin1'));
          if (id === undefined) refused += 1;
          else ids.push(id);
        }
      }
      await delay(AWAY_MS / LOOKS);
      for (const id of waitsFor === undefined ? [] : ids) {
        const { body } = await call(service, `/api/documents/${id}`);
        if (body.status === 'completed') continue;
        expect(body).toMatchObject({ attempts: 0 });
        // One now and then is the trial.
        if (body.status === 'processing') continue;
        expect(body).toMatchObject({ status: 'pending' });
        expect(waitsFor).toContain(body.waitingFor?.dependency);
      }
    }
    await scene.comeBack();
    const backAt = performance.now();
    await untilDone(service, ids, BACK_WITHIN_MS);
    const seconds = ((performance.now() - backAt) / 1000).toFixed(1);
    process.stderr.write(`${name}: ${ids.length} documents done ${seconds} s after the return, ${refused} refused\n`);
    expect(refused).toBe(waitsFor === undefined ? LOOKS / LOOKS_PER_UPLOAD : 0);
    expect((await call(service, '/ready')).status).toBe(200);
    expect([service.child.exitCode, service.child.signalCode]).toEqual([null, null]);
  },
  AWAY_MS + 10 * 60_000,
);

it.concurrent(
  'an hour without the receiver of its webhook loses none of the events, nor their order',
  async () => {
    const { settings } = await startEmbeddings();
    const service = await startService({ ...settings, WEBHOOK_ALLOW_PRIVATE: 'true' });
    const receiver = await StandInWebhook.start(answers.drop);
    ends.push(() => receiver.close());
    const { status } = await call(service, '/api/webhooks', { url: receiver.url });
    expect(status).toBe(201);
    const ids: string[] = [];
    for (let index = 0; index < 10; index += 1)
      ids.push((await upload(service, `${index}.txt`, `Text ${index}, of which nobody hears.`)) ?? '');
    await untilDone(service, ids, 2 * BACK_WITHIN_MS);
    await delay(AWAY_MS);

    const unheard = receiver.posts.length;
    receiver.answerWith(answers.status(204));
    const backAt = performance.now();
    const told = (id: string): unknown[] =>
      receiver.bodies
        .slice(unheard)
        .filter(({ data }) => (data as Untyped).documentId === id)
        .map(({ type }) => type);
    const isWhole = (id: string): boolean => told(id).at(-1) === 'document.completed';
    while (!ids.every(isWhole)) {
      if (performance.now() - backAt > RECEIVED_WITHIN_MS) throw new Error(JSON.stringify(ids.map(told)));
      await delay(1_000);
    }
    const minutes = ((performance.now() - backAt) / 60_000).toFixed(1);
    process.stderr.write(`webhook: ${unheard} calls in vain, all events ${minutes} min after the return\n`);
    const accepted = [['document.accepted', 'document.completed']];
    expect(ids.map(told).filter((types) => JSON.stringify([types]) !== JSON.stringify(accepted))).toEqual([]);
  },
  AWAY_MS + RECEIVED_WITHIN_MS + 10 * 60_000,
);
