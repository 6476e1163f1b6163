import { setTimeout as delay } from 'node:timers/promises';
import { OFFICE_FILES, readOfficeFile } from '../support/fixtures';
import { StandInAiWorker } from '../support/stand-in-ai-worker';
import { StandInEmbeddings, type EmbeddingsManner } from '../support/stand-in-embeddings';
import { TestApp, type Untyped } from '../support/test-app';

/**
 * Outages cost documents nothing: while the source of vectors misbehaves, in whatever way, documents wait with a reason
 * that the API shows, no attempt is charged, and they go on by themselves when it is back.
 */

const DOCUMENTS = 6;

let endpoint: StandInEmbeddings;
let service: TestApp;
beforeAll(async () => {
  endpoint = await StandInEmbeddings.start(256);
  service = await TestApp.start({
    EMBEDDING_API_URL: endpoint.baseUrl,
    EMBEDDING_API_MODEL: 'bag-of-words',
    EMBEDDING_API_DIMENSIONS: '256',
  });
}, 60_000);
afterAll(async () => {
  await service?.stop();
  await endpoint?.close();
}, 60_000);

async function allOf(ids: readonly string[], condition: (document: Untyped) => boolean): Promise<Untyped[]> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const documents = await Promise.all(ids.map(async (id) => (await service.json(`/api/documents/${id}`)).body));
    if (documents.every(condition)) return documents;
    if (performance.now() > deadline) throw new Error(`Not in time: ${JSON.stringify(documents)}`);
    await delay(50);
  }
}

const vectorsOf = (embedding: unknown): EmbeddingsManner => ({
  kind: 'changed',
  change: (answer) => ({ ...answer, data: answer.data.map((item) => ({ ...item, embedding })) }),
});

describe('an embedder', () => {
  it.each<[string, EmbeddingsManner]>([
    ['resets connections', { kind: 'reset' }],
    ['answers in wrong dimensions', vectorsOf([1, 0, 0])],
    ['answers with null', vectorsOf(null)],
    ['answers with what is no number', vectorsOf(Array.from({ length: 256 }, () => 'NaN'))],
    ['knows our key no more', { kind: 'status', status: 401 }],
  ])(
    'that %s costs documents nothing: they wait, say for what, and go on by themselves',
    async (manner, bad) => {
      endpoint.behaveAlways(bad);
      const ids: string[] = [];
      for (let index = 0; index < DOCUMENTS; index += 1) {
        const { body } = await service.upload(`${index}.txt`, `An embedder that ${manner}, document ${index}.`);
        ids.push(body.id as string);
      }
      const waiting = await allOf(ids, (document) => document.waitingFor !== undefined);
      for (const document of waiting) {
        expect(document).toMatchObject({ status: 'pending', attempts: 0, waitingFor: { dependency: 'embeddings' } });
        expect(Date.parse(document.waitingFor.since as string)).toBeLessThanOrEqual(Date.now());
      }
      const asked = endpoint.requests.length;
      endpoint.behaveAlways({ kind: 'well' });
      const done = await allOf(ids, ({ status }) => status === 'completed' || status === 'failed');
      for (const document of done) {
        expect(document).toMatchObject({ status: 'completed', attempts: 0 });
        expect(document).not.toHaveProperty('waitingFor');
      }
      // The lane has not burned through its documents: fewer calls than each of them three times.
      expect(asked).toBeLessThan(DOCUMENTS * 12);
    },
    90_000,
  );
});

it('a hybrid search whose question cannot be embedded answers by words and says so; a search by meaning does not', async () => {
  endpoint.behaveAlways({ kind: 'well' });
  const { id } = await service.ingest('lantern.txt', 'The lantern keeper trims the wick before the ships come in.');
  // Another question each time: the vectors of those that were asked are remembered.
  const questions = ['lantern wick', 'lantern ships', 'keeper wick', 'keeper lantern'][Symbol.iterator]();
  const search = (mode: string) => service.json('/api/search', { query: questions.next().value, mode });
  expect((await search('hybrid')).body).not.toHaveProperty('degraded');
  const degraded = async (): Promise<string | undefined> =>
    /^search_degraded_total\{missing="vector"\} (\d+)$/m.exec(
      await (await service.fetch('/metrics', { key: null })).text(),
    )?.[1];
  const before = Number((await degraded()) ?? 0);
  for (const manner of [{ kind: 'hang' }, { kind: 'status', status: 401 }] as const) {
    endpoint.behaveAlways(manner);
    const { status, body } = await search('hybrid');
    expect({ status, degraded: body.degraded, first: body.results[0]?.documentId }).toEqual({
      status: 200,
      degraded: ['vector'],
      first: id,
    });
  }
  expect(await search('vector')).toMatchObject({ status: 503, body: { code: 'EMBEDDING_UNAVAILABLE' } });
  endpoint.behaveAlways({ kind: 'well' });
  expect(Number(await degraded())).toBe(before + 2);
}, 60_000);

describe('the heavy lane', () => {
  let worker: StandInAiWorker;
  let heavy: TestApp;
  beforeAll(async () => {
    worker = await StandInAiWorker.start();
    heavy = await TestApp.start({
      ...worker.settings,
      AI_WORKER_MAX_WAIT_MS: '300',
      HEAVY_LANE_CONCURRENCY: '1',
      // So that a text takes the same lane.
      FAST_LANE_MAX_BYTES: '1024',
      EMBEDDING_API_URL: endpoint.baseUrl,
      EMBEDDING_API_MODEL: 'bag-of-words',
      EMBEDDING_API_DIMENSIONS: '256',
    });
  }, 60_000);
  afterAll(async () => {
    await heavy?.stop();
    await worker?.close();
  }, 60_000);

  const png = (name: string): Uint8Array<ArrayBuffer> =>
    new Uint8Array(Buffer.from(`\x89PNG\r\n\x1a\n${name}`, 'latin1'));
  const of = async (id: string): Promise<Untyped> => (await heavy.json(`/api/documents/${id}`)).body;

  it('lets images wait for the AI worker at no cost, while what does not need it goes on', async () => {
    endpoint.behaveAlways({ kind: 'well' });
    const { port } = worker;
    await worker.close();
    const images = await Promise.all(['one', 'two', 'three'].map((name) => heavy.upload(`${name}.png`, png(name))));
    const ids = images.map(({ body }) => body.id as string);
    const text = await heavy.ingest('long.txt', 'A text that takes the heavy lane. '.repeat(60));
    expect(text).toMatchObject({ status: 'completed', lane: 'heavy', attempts: 0 });
    const deadline = performance.now() + 30_000;
    for (const id of ids) {
      let document = await of(id);
      for (; document.waitingFor === undefined && performance.now() < deadline; document = await of(id))
        await delay(50);
      expect(document).toMatchObject({ status: 'pending', attempts: 0, waitingFor: { dependency: 'ai-worker' } });
    }
    worker = await StandInAiWorker.start(port);
    for (const id of ids) expect(await heavy.finished(id, 30_000)).toMatchObject({ status: 'completed', attempts: 0 });
  }, 90_000);

  it('lets all of it wait for vectors at no cost', async () => {
    endpoint.behaveAlways({ kind: 'reset' });
    const image = (await heavy.upload('four.png', png('four'))).body.id as string;
    const text = (await heavy.upload('longer.txt', 'Another text for the heavy lane. '.repeat(60))).body.id as string;
    const office = OFFICE_FILES.filter(({ file }) => file === 'pdflatex.pdf' || file === 'python-docx.docx');
    const uploads = office.map((file) => heavy.upload(file.file, new Uint8Array(readOfficeFile(file))));
    const files = (await Promise.all(uploads)).map(({ body }) => body.id as string);
    expect(files).toHaveLength(2);
    const all = [image, text, ...files];
    const deadline = performance.now() + 30_000;
    for (const id of all) {
      let document = await of(id);
      for (; document.waitingFor === undefined && performance.now() < deadline; document = await of(id))
        await delay(50);
      expect(document).toMatchObject({ status: 'pending', attempts: 0, waitingFor: { dependency: 'embeddings' } });
    }
    endpoint.behaveAlways({ kind: 'well' });
    for (const id of all) {
      expect(await heavy.finished(id, 30_000)).toMatchObject({ status: 'completed', attempts: 0 });
    }
  }, 90_000);
});
