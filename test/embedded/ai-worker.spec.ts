import { DataSource } from 'typeorm';
import { StandInAiWorker, status, refusalOf } from '../support/stand-in-ai-worker';
import { TestApp, type Untyped } from '../support/test-app';
import { Stopwatch } from '../support/stopwatch';

/** The whole service with an AI worker that comes and goes. */
const PNG = (name: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.from(`\x89PNG\r\n\x1a\n${name}`, 'latin1'));

let worker: StandInAiWorker;
let service: TestApp;

beforeAll(async () => {
  worker = await StandInAiWorker.start();
  service = await TestApp.start({ ...worker.settings, AI_WORKER_MAX_WAIT_MS: '300' }, 'local');
}, 120_000);
afterAll(async () => {
  await service?.stop();
  await worker?.close();
}, 60_000);

const ready = async (): Promise<{ status: number; body: Untyped }> => service.json('/ready', undefined, { key: null });
const eventually = async (condition: () => Promise<boolean>): Promise<void> => {
  const deadline = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`it never came to that: ${JSON.stringify((await ready()).body)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};
const metric = async (line: RegExp): Promise<string | undefined> =>
  line.exec(await (await service.fetch('/metrics', { key: null })).text())?.[1];

it('embeds in the space of gte-small in fp32', async () => {
  const spaces = await service.app.get(DataSource).query('SELECT * FROM embedding_spaces WHERE is_current');
  expect(spaces).toEqual([
    expect.objectContaining({ model: 'gte-small', number_type: 'fp32', dimension: 384, pooling: 'mean' }),
  ]);
});

it('makes an image searchable, and both logs can be joined', async () => {
  const { status: code, body } = await service.upload('lamp.png', PNG('lamp'));
  expect([code, body.format, body.lane]).toEqual([202, 'png', 'heavy']);
  expect(await service.finished(body.id)).toMatchObject({ status: 'completed', chunkCount: 1 });
  const found = await service.json(
    '/api/search',
    { query: 'brass lantern', filter: { format: ['png'] } },
    { headers: { 'X-Request-ID': 'search-of-lanterns' } },
  );
  expect(found.body.results[0]).toMatchObject({
    documentId: body.id,
    content: worker.text,
    place: { page: 1 },
    metadata: { filename: 'lamp.png' },
  });
  const ids = (path: string): unknown[] =>
    worker.requests.filter((request) => request.path.startsWith(path)).map(({ headers }) => headers['x-request-id']);
  // The job's id: the document's, and the number of the delivery.
  const job = ids('/v1/recognise')[0];
  expect(job).toMatch(new RegExp(`^${body.id}-\\d+$`));
  expect(ids('/v1/embeddings')).toEqual(expect.arrayContaining([job, 'search-of-lanterns']));
}, 60_000);

it('counts each answer that a parser broke down as a death, and sets the file aside after three', async () => {
  worker.behaveAlways(refusalOf('PARSER_CRASHED'));
  const before = worker.documents.length;
  const failed = await service.ingest('poison.png', PNG('poison'));
  worker.behaveAlways({ kind: 'well' });
  expect(failed).toMatchObject({ status: 'failed', attempts: 0, failure: { code: 'PARSER_CRASHED', retryable: true } });
  expect(worker.documents.length - before).toBe(3);
}, 60_000);

it('counts an answer that a file took too long as an attempt', async () => {
  worker.behave(refusalOf('TIMEOUT'));
  expect(await service.ingest('slow.png', PNG('slow'))).toMatchObject({ status: 'completed', attempts: 1 });
}, 60_000);

it('ends a file at once when the answer says that it cannot be read', async () => {
  worker.behave(refusalOf('PASSWORD_PROTECTED'));
  const failure = { code: 'PASSWORD_PROTECTED', message: 'The worker says PASSWORD_PROTECTED.', retryable: false };
  expect(await service.ingest('locked.png', PNG('locked'))).toMatchObject({ status: 'failed', attempts: 0, failure });
}, 60_000);

it('tries an image again whose worker was away', async () => {
  worker.behave(status(500), status(500));
  expect(await service.ingest('patience.png', PNG('patience'))).toMatchObject({ status: 'completed' });
}, 60_000);

it('shows in /ready how the worker is, and stays ready without it', async () => {
  await eventually(async () => (await ready()).body.checks['ai-worker'].status === 'up');
  expect((await ready()).body.checks['ai-worker']).toEqual({
    ...{ status: 'up', latencyMs: expect.any(Number) },
    ...{ model: 'up', parsers: 'up', ocr: 'up' },
  });
  const { port } = worker;
  const tracked = async (): Promise<number> =>
    Number((await metric(/^errors_tracked_total\{type="DEPENDENCY_AI_WORKER"\} (\d+)$/m)) ?? 0);
  const before = await tracked();
  await worker.close();
  await eventually(async () => (await ready()).body.checks['ai-worker'].status === 'down');
  for (let probes = 0; probes < 20; probes += 1) {
    const { status: code, body } = await ready();
    expect([code, body.status]).toEqual([200, 'ok']);
  }
  expect(await metric(/^dependency_up\{dependency="ai-worker"\} (\d)$/m)).toBe('0');
  expect(await tracked()).toBe(before + 1);
  worker = await StandInAiWorker.start(port);
  await eventually(async () => (await ready()).body.checks['ai-worker'].status === 'up');
  await eventually(async () => (await metric(/^dependency_up\{dependency="ai-worker"\} (\d)$/m)) === '1');
}, 90_000);

it('is not ready for a worker that is not ready itself, but for everything else', async () => {
  worker.probe = status(503);
  await eventually(async () => (await ready()).body.checks['ai-worker'].status === 'down');
  expect((await ready()).status).toBe(200);
  worker.probe = { kind: 'hang' };
  const watch = Stopwatch.start();
  expect((await ready()).status).toBe(200);
  expect(watch.stop()).toBeLessThan(1_500);
  worker.probe = { kind: 'well' };
  await eventually(async () => (await ready()).body.checks['ai-worker'].status === 'up');
}, 90_000);
