import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AiWorkerProcess } from '../support/ai-worker-process';
import { ROOT } from '../support/compose-file';
import { freePort } from '../support/free-port';
import { Haproxy } from '../support/haproxy';
import { dashboardQueries, leftSide, ruleFile, rulesOf } from '../support/observability-files';
import { Prometheus } from '../support/prometheus';
import { RequestLoad } from '../support/request-load';
import { ServiceProcess } from '../support/service-process';
import { StandInEmbeddings } from '../support/stand-in-embeddings';
import type { Untyped } from '../support/test-app';
import { eventually } from '../support/eventually';
import { openTestServers, type TestServers } from '../support/test-servers';

/**
 * A real Prometheus, under the stack's configuration, scrapes the real service at work behind the real balancer, after
 * a document that completed and one that failed: every panel and the left-hand side of every rule has data.
 */

const PYTHON = process.env['TEST_AI_WORKER_PYTHON'];
const TOKEN = 'a-token-for-the-scraper';
const KEY = `vl_${'Ab1'.repeat(4)}_${'x'.repeat(43)}`;
const LOAD_PER_SECOND = 20;

let folder: string;
let servers: TestServers;
let embeddings: StandInEmbeddings;
let service: ServiceProcess;
let haproxy: Haproxy;
let aiWorker: AiWorkerProcess | undefined;
let prometheus: Prometheus;
let load: RequestLoad | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vectorlane-observed-'));
  servers = await openTestServers();
  embeddings = await StandInEmbeddings.start();
  service = await ServiceProcess.start({
    ...servers.settings,
    DATA_DIR: folder,
    METRICS_TOKEN: TOKEN,
    BOOTSTRAP_API_KEY: KEY,
    ...embeddings.settings,
  });
  const { host, port } = new URL(service.url);
  haproxy = await Haproxy.start([Number(port), await freePort()]); // of the second backend only the place is there
  // HAProxy takes a server for up until its checks have said otherwise.
  await eventually(async () => {
    const { backend, 'backend-2': second } = await haproxy.states();
    return backend === 'UP' && second === 'DOWN';
  });
  if (PYTHON !== undefined) aiWorker = await AiWorkerProcess.start();
  prometheus = await Prometheus.start({
    metricsToken: TOKEN,
    jobs: {
      backend: [host],
      proxy: [haproxy.metricsAddress],
      ...(aiWorker && { 'ai-worker': [new URL(aiWorker.url).host] }),
    },
  });
  const first = await seed();
  load = underLoad(first);
  // Rates want two scrapes with work in between.
  await eventually(() => prometheus.has('count_over_time(up{job="backend"}[1m]) >= 3'), 60_000);
  await seed();
  await eventually(
    () =>
      prometheus.has(
        'rate(documents_processed_total{status="failed"}[1m]) > 0 and on() rate(search_duration_seconds_count{mode="vector"}[1m]) > 0',
      ),
    60_000,
  );
}, 300_000);
afterAll(async () => {
  await load?.stop();
  await prometheus?.stop();
  await aiWorker?.stop();
  await haproxy?.stop();
  await service?.stop('SIGKILL');
  await embeddings?.close();
  await servers?.close();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

const call = async (path: string, init: RequestInit = {}): Promise<Untyped> => {
  const response = await fetch(`${haproxy.url}${path}`, {
    ...init,
    headers: { 'X-API-Key': KEY, ...(typeof init.body === 'string' && { 'Content-Type': 'application/json' }) },
    signal: AbortSignal.timeout(30_000),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
};

/**
 * One document that completes, one that fails, every kind of search, one of them without a result. @returns the good
 * one
 */
async function seed(): Promise<string> {
  const now = performance.now();
  const upload = async (name: string, text: string): Promise<string> => {
    const form = new FormData();
    form.set('file', new Blob([text]), name);
    return ((await call('/api/documents', { method: 'POST', body: form })) as { id: string }).id;
  };
  const good = await upload(`tides-${now}.txt`, `The tide turns twice a day, ${now}. `.repeat(40));
  const bad = await upload(`broken-${now}.json`, `{"half": ${now}`);
  for (const [id, status] of [
    [good, 'completed'],
    [bad, 'failed'],
  ])
    await eventually(async () => (await call(`/api/documents/${id}`)).status === status, 60_000);
  const search = (query: string, mode: string): Promise<Untyped> =>
    call('/api/search', { method: 'POST', body: JSON.stringify({ query, mode }) });
  for (const mode of ['hybrid', 'vector', 'keyword']) await search('When does the water rise?', mode);
  await search('xylograph', 'keyword');
  if (aiWorker !== undefined) {
    const pdf = readFileSync(join(ROOT, 'test/fixtures/office/reportlab.pdf'));
    const text = JSON.stringify({ model: 'gte-small', input: 'The tide turns.' });
    expect(
      await Promise.all([
        askAiWorker(aiWorker, '/v1/embeddings', text, 'application/json'),
        askAiWorker(aiWorker, '/v1/recognise', new Uint8Array(pdf), 'application/pdf'),
      ]),
    ).toEqual([200, 200]);
  }
  return good;
}

async function askAiWorker(
  { url, settings }: AiWorkerProcess,
  path: string,
  body: string | Uint8Array<ArrayBuffer>,
  type: string,
): Promise<number> {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${settings['AI_WORKER_TOKEN']}`, 'Content-Type': type },
    body,
    signal: AbortSignal.timeout(60_000),
  });
  await response.arrayBuffer();
  return response.status;
}

function underLoad(id: string): RequestLoad {
  let made = 0;
  const running = new RequestLoad(haproxy.url, { 'X-API-Key': KEY }, [
    { name: 'status', share: 70, status: 200, next: () => ({ path: `/api/documents/${id}` }) },
    { name: 'search', share: 25, status: 200, next: () => ({ path: '/api/search', body: { query: 'high water' } }) },
    {
      name: 'upload',
      share: 5,
      status: 202,
      next: () => ({ path: '/api/documents/text', body: { text: `Note ${(made += 1)} on tides.` } }),
    },
  ]);
  running.start(LOAD_PER_SECOND);
  return running;
}

/** What there is to draw: a quotient of nothing by nothing has a sample too, and no number in it. */
const numbers = async (expr: string): Promise<number[]> =>
  (await prometheus.query(expr)).map(({ value }) => Number(value[1])).filter((number) => Number.isFinite(number));

const panels = dashboardQueries('prometheus').map(({ where, expr }) => [where, expr] as const);
const rules = rulesOf(ruleFile).map(({ alert, expr }) => [alert as string, leftSide(expr)] as const);
/**
 * Where the AI worker cannot run its queries are still parsed; that its names exist is checked in test/embedded/stack.
 * So are those of the recall probe, which searches again once in 30 s at most: longer than all of this takes.
 */
const isHere = (expr: string): boolean =>
  !expr.includes('search_recall_ratio') && (aiWorkerRuns || !/^(?!.* or ).*job="ai-worker"/.test(expr));
const aiWorkerRuns = PYTHON !== undefined;

describe('every panel', () => {
  it.each(panels.filter(([, expr]) => isHere(expr)))('%s has data', async (_, expr) => {
    expect(await numbers(expr)).not.toEqual([]);
  });
});

describe('every alert rule', () => {
  it.each(rules.filter(([, expr]) => isHere(expr)))('%s compares something', async (_, expr) => {
    expect(await numbers(expr)).not.toEqual([]);
  });

  it('stays quiet while all is well', async () => {
    // The place of the second backend is empty, and there may be no AI worker; nothing else is amiss.
    const firing = await prometheus.query('ALERTS{alertstate="firing",alertname!~"ProxyServerDown|JobAbsent"}');
    expect(firing.map(({ metric }) => metric)).toEqual([]);
  });
});

it.each([...panels, ...rules].filter(([, expr]) => !isHere(expr)))('%s is understood', async (_, expr) => {
  await expect(prometheus.query(expr)).resolves.toBeDefined();
});

it('scrapes with the token, and not without', async () => {
  expect(await prometheus.query('up{job="backend"} == 1')).toHaveLength(1);
  const bare = await fetch(`${service.url}/metrics`, { signal: AbortSignal.timeout(10_000) });
  expect(bare.status).toBe(401);
});

it('the load was served', () => {
  const { served, failures } = load?.take() ?? { served: 0, failures: ['no load'] };
  expect(failures).toEqual([]);
  expect(served).toBeGreaterThan(LOAD_PER_SECOND);
});
