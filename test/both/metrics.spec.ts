import { spawn } from 'node:child_process';
import { Agent, METHODS, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { METRICS } from '@vectorlane/metrics';
import { seededRandom } from '../support/ingestion-digest';
import { Scrape } from '../support/prometheus-text';
import { TestApp } from '../support/test-app';
import { onServer } from '../support/test-database';
import { eventually } from '../support/eventually';

const TOKEN = 'a-token-for-the-scraper';
let service: TestApp;
beforeAll(async () => {
  service = await TestApp.start({
    METRICS_TOKEN: TOKEN,
    RATE_LIMIT_PER_MINUTE: '1000000',
    // What the reconciler queues a second time would be counted among the jobs.
    RECONCILE_INTERVAL_MS: '600000',
    // One search in two hundred, drawn by chance, would be counted as looked at again.
    SEARCH_RECALL_PROBE_ONE_IN: '0',
  });
}, 60_000);
afterAll(() => service?.stop(), 60_000);

const scrape = async (): Promise<Scrape> => {
  const response = await fetch(`${service.url}/metrics`, {
    headers: { Authorization: `Bearer ${TOKEN}` },
    signal: AbortSignal.timeout(10_000),
  });
  expect(response.status).toBe(200);
  return Scrape.parse(await response.text());
};

const KNOWN_METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const requestLabels = (method: string, path: string, status: number): string =>
  `{method="${KNOWN_METHODS.includes(method) ? method : 'other'}",path="${path}",status="${status}"}`;
const add = (tally: Record<string, number>, key: string): void => {
  tally[key] = (tally[key] ?? 0) + 1;
};
/** A response is counted when it has ended, which its client may know an instant before the server does. */
const settled = async (before: Scrape, requests: number): Promise<Scrape> => {
  const counted = (now: Scrape): number =>
    Object.values(now.since(before, isRequest)).reduce((sum, value) => sum + value, 0);
  let now = await scrape();
  await eventually(async () => {
    now = await scrape();
    return counted(now) >= requests;
  }, 30_000);
  return now;
};
/** The scrapes themselves are requests too; how many a test needs is not its subject. */
const isRequest = (series: string): boolean =>
  series.startsWith('http_requests_total{') && !series.includes('path="/metrics"');

/** Every series that only ever rises. */
const RISING = new Set(
  Object.values(METRICS).flatMap(({ name, type }) =>
    type === 'counter' ? [name] : type === 'histogram' ? [`${name}_count`] : [],
  ),
);
const isCount = (series: string): boolean => {
  return RISING.has(series.replace(/\{.*/, '')) && !series.includes('path="/metrics"');
};

describe('an upload that completes, one that fails and two searches', () => {
  let before: Scrape;
  let after: Scrape;
  let chunkCount: number;
  const requests: Record<string, number> = {};

  beforeAll(async () => {
    before = await scrape();
    const send = service.fetch.bind(service);
    const statuses: Promise<void>[] = [];
    const fetches = jest.spyOn(service, 'fetch').mockImplementation((path, init = {}) => {
      const sent = send(path, init);
      const template = path.replace(/\/[0-9a-f-]{36}$/, '/:id');
      statuses.push(sent.then(({ status }) => add(requests, requestLabels(init.method ?? 'GET', template, status))));
      return sent;
    });
    const good = await service.ingest('tides.txt', 'The tide turns twice a day, and the harbour with it. '.repeat(60));
    const broken = await service.ingest('broken.json', '{"title": "half a');
    expect([good.status, broken.status, broken.failure.code]).toEqual(['completed', 'failed', 'CORRUPT_FILE']);
    chunkCount = good.chunkCount as number;
    const found = await service.json('/api/search', { query: 'When does the water rise?' });
    const nothing = await service.json('/api/search', { query: 'xylograph', mode: 'keyword' });
    expect([found.body.results.length > 0, nothing.body.results]).toEqual([true, []]);
    await Promise.all(statuses);
    fetches.mockRestore();
    after = await settled(
      before,
      Object.values(requests).reduce((sum, count) => sum + count, 0),
    );
  }, 90_000);

  it('moves every counter by what was done, and none by more', () => {
    const expected: Record<string, number> = {
      'documents_processed_total{format="txt",lane="fast",status="completed"}': 1,
      'documents_processed_total{format="json",lane="fast",status="failed"}': 1,
      embedding_generation_duration_seconds_count: 1,
      ingestion_duration_seconds_count: 1,
      'ingestion_stage_duration_seconds_count{stage="extracting"}': 1,
      'ingestion_stage_duration_seconds_count{stage="chunking"}': 1,
      'ingestion_stage_duration_seconds_count{stage="embedding"}': 1,
      ingestion_chunks_stored_total: chunkCount,
      'search_duration_seconds_count{mode="hybrid"}': 1,
      'search_duration_seconds_count{mode="keyword"}': 1,
      'search_empty_results_total{mode="keyword"}': 1,
      'search_question_vectors_total{source="model"}': 1,
      'errors_tracked_total{type="INGESTION_CORRUPT_FILE"}': 1,
    };
    for (const [labels, count] of Object.entries(requests)) {
      expected[`http_requests_total${labels}`] = count;
      expected[`http_request_duration_seconds_count${labels}`] = count;
    }
    expect(chunkCount).toBeGreaterThan(0);
    expect(requests).toMatchObject({ [requestLabels('POST', '/api/documents', 202)]: 2 });
    expect(after.since(before, isCount)).toEqual(expected);
  });

  it('counts the scrapes too', () => {
    const scrapes = requestLabels('GET', '/metrics', 200);
    expect(after.value(`http_requests_total${scrapes}`)).toBeGreaterThan(0);
  });

  it.each([
    ['http_request_duration_seconds', requestLabels('POST', '/api/search', 200), [0.01, 0.05, 0.1, 0.5, 1, 2, 5]],
    ['embedding_generation_duration_seconds', '', [0.1, 0.5, 1, 2, 5, 10]],
  ])('times them in the buckets of %s', (name, labels, bounds) => {
    const inside = labels.slice(1, -1);
    const buckets = [...bounds, '+Inf'].map((bound) =>
      after.value(`${name}_bucket{le="${bound}"${inside === '' ? '' : ','}${inside}}`),
    );
    const count = after.value(`${name}_count${labels}`) ?? 0;
    expect(count).toBeGreaterThan(0);
    expect(buckets.at(-1)).toBe(count);
    expect(buckets).toEqual(buckets.toSorted((one, other) => Number(one) - Number(other)));
    expect(after.value(`${name}_sum${labels}`)).toBeGreaterThan(0);
    const others = Object.keys(after.of(`${name}_bucket`)).filter((key) => inside === '' || key.includes(inside));
    expect(others).toHaveLength(bounds.length + 1);
  });

  it('leaves the queue empty, with both jobs retained as completed', async () => {
    const sizes = async (): Promise<Record<string, number>> => (await scrape()).of('processing_queue_size');
    await eventually(async () => (await sizes())['{status="completed"}'] === 2);
    expect(await sizes()).toEqual({
      '{status="waiting"}': 0,
      '{status="active"}': 0,
      '{status="delayed"}': 0,
      '{status="completed"}': 2,
      '{status="failed"}': 0,
    });
  });

  it('shows the gauges of what is there', async () => {
    await service.fetch('/ready', { key: null });
    const now = await scrape();
    expect(now.value('processing_queue_up')).toBe(1);
    expect(now.of('dependency_up')).toEqual({
      '{dependency="database"}': 1,
      '{dependency="redis"}': 1,
      '{dependency="queue"}': 1,
    });
    const connections = now.of('database_pool_connections');
    expect(Object.keys(connections).toSorted()).toEqual(['{state="idle"}', '{state="in_use"}']);
    expect(Object.values(connections).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
    expect(now.value('database_pool_waiting_requests')).toBe(0);
    expect(Object.values(now.of('vectorlane_build_info'))).toEqual([1]);
    expect(now.value('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0);
    expect(now.text).not.toMatch(/nodejs_active_(handles|requests|resources)_total/);
  });
});

describe('a storm of requests for what is not there', () => {
  const URLS = 10_000;
  const ODD = METHODS.filter((method) => !KNOWN_METHODS.includes(method) && method !== 'CONNECT');
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  afterAll(() => agent.destroy());

  const status = (method: string, path: string, key: string | undefined): Promise<number> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(service.url);
      const sent = httpRequest(
        {
          hostname,
          port,
          method,
          path,
          agent,
          timeout: 30_000,
          headers: key === undefined ? {} : { 'X-API-Key': key },
        },
        (response) => {
          response.resume().once('end', () => resolve(response.statusCode ?? 0));
          response.once('error', reject);
        },
      );
      sent.once('timeout', () => sent.destroy(new Error('no answer')));
      sent.once('error', reject).end();
    });

  it('is counted to the last request and adds no more than ten series', async () => {
    const random = seededRandom(2026);
    const word = (): string => Math.floor(random() * 2 ** 48).toString(36);
    const urls = Array.from({ length: URLS }, (_, index) => {
      const shapes = [`/${word()}`, `/${word()}/${word()}?${word()}=${word()}`, `/api/${word()}`, `/%C3%A9${word()}`];
      return { method: 'GET', path: shapes[index % shapes.length]!, key: index % 8 < 4 ? service.key : undefined };
    });
    const odd = Array.from({ length: 100 }, (_, index) => ({
      method: ODD[index % ODD.length]!,
      path: `/${word()}`,
      key: undefined,
    }));
    const before = await scrape();
    const answered: Record<string, number> = {};
    const all = [...urls, ...odd];
    await Promise.all(
      Array.from({ length: 16 }, async () => {
        for (let next = all.pop(); next !== undefined; next = all.pop()) {
          const { method, path, key } = next;
          add(answered, requestLabels(method, 'unmatched', await status(method, path, key)));
        }
      }),
    );
    const after = await settled(before, URLS + 100);

    // Not one under its own path, and not one twice or never.
    expect(after.since(before, isRequest)).toEqual(
      Object.fromEntries(Object.entries(answered).map(([labels, count]) => [`http_requests_total${labels}`, count])),
    );
    expect(answered[requestLabels('GET', 'unmatched', 404)]).toBeGreaterThan(URLS / 2);
    const added = [...after.series.keys()].filter((series) => isRequest(series) && !before.series.has(series));
    expect(added.length).toBeLessThanOrEqual(10);
    // Its timings have one histogram per such series, and nothing else has grown that could name what was asked for.
    const ours = [...after.series.keys()].filter(
      (series) =>
        /[{,](path|method|status)=/.test(series) && !/path="\/metrics"/.test(series) && !before.series.has(series),
    );
    expect(ours.length).toBe(added.length * (1 + METRICS.httpRequestDuration.buckets.length + 3));
  }, 180_000);

  it('counts methods that are made up as one', async () => {
    const before = await scrape();
    const answers = await Promise.all(
      Array.from(
        { length: 20 },
        (_, index) =>
          new Promise<string>((resolve, reject) => {
            const { hostname, port } = new URL(service.url);
            const socket = connect(Number(port), hostname, () =>
              socket.write(`BREW${index} /coffee HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\n\r\n`),
            );
            let answer = '';
            socket.setTimeout(10_000, () => socket.destroy(new Error('no answer')));
            socket.on('data', (data) => (answer += data.toString('latin1')));
            socket.once('error', reject).once('close', () => resolve(answer));
          }),
      ),
    );
    for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 405 /);
    const after = await settled(before, answers.length);
    expect(after.since(before, isRequest)).toEqual({
      [`http_requests_total${requestLabels('BREW', 'unmatched', 405)}`]: answers.length,
    });
    expect(after.text).not.toContain('BREW');
  }, 60_000);
});

describe('GET /metrics', () => {
  it('is open to the token alone, needs no API key and takes none', async () => {
    for (const headers of [{}, { 'X-API-Key': service.key }, { Authorization: `Bearer ${service.key}` }]) {
      const refused = await fetch(`${service.url}/metrics`, { headers, signal: AbortSignal.timeout(10_000) });
      expect(refused.status).toBe(401);
      expect(refused.headers.get('content-type')).toContain('application/problem+json');
      expect(refused.headers.get('www-authenticate')).toBe('Bearer');
      expect(await refused.json()).toMatchObject({ code: 'INVALID_METRICS_TOKEN', status: 401 });
    }
    expect((await scrape()).series.size).toBeGreaterThan(100);
  });

  it('is never answered from a cache', async () => {
    const response = await fetch(`${service.url}/metrics`, { headers: { Authorization: `Bearer ${TOKEN}` } });
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; .*version=0\.0\.4/);
    await response.text();
  });

  // npm run test:server installs it; what it looks for is looked for in the definitions everywhere else.
  if (onServer) {
    it('gives promtool nothing to complain of', async () => {
      const { text } = await scrape();
      const promtool = spawn(process.env['TEST_PROMTOOL'] ?? '/usr/bin/promtool', ['check', 'metrics'], {
        timeout: 30_000,
      });
      let said = '';
      promtool.stdout.on('data', (data: Buffer) => (said += data.toString()));
      promtool.stderr.on('data', (data: Buffer) => (said += data.toString()));
      const code = await new Promise((resolve, reject) => {
        promtool.once('error', reject).once('close', resolve);
        promtool.stdin.once('error', reject).end(text);
      });
      expect({ code, said }).toEqual({ code: 0, said: '' });
    }, 60_000);
  }
});
