import { HttpMetrics } from './http-metrics';
import { Metrics } from './metrics';
import { METRICS } from './metrics.definitions';

const linesOf = (text: string, name: string): string[] =>
  text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));

describe('metrics', () => {
  it('render every definition with its help and its type', async () => {
    const text = await new Metrics().scrape();
    for (const { name, help, type } of Object.values(METRICS)) {
      expect(text).toContain(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`);
    }
  });

  it('of two apps in one process do not count into each other', async () => {
    const [one, other] = [new Metrics(), new Metrics()];
    one.chunksStored.inc(3);
    expect(linesOf(await one.scrape(), 'ingestion_chunks_stored_total')).toEqual(['ingestion_chunks_stored_total 3']);
    expect(linesOf(await other.scrape(), 'ingestion_chunks_stored_total')).toEqual(['ingestion_chunks_stored_total 0']);
  });

  it('begin at 0 where all label values are known, so that a first event is a rise', async () => {
    const text = await new Metrics().scrape();
    expect(linesOf(text, 'alerts_total')).toEqual([
      'alerts_total{outcome="sent"} 0',
      'alerts_total{outcome="failed"} 0',
      'alerts_total{outcome="dropped"} 0',
    ]);
    expect(linesOf(text, 'search_duration_seconds_count')).toHaveLength(3);
  });

  it('say nothing where nothing is known', async () => {
    const metrics = new Metrics();
    const gauges = Object.values(METRICS).filter(({ type }) => type === 'gauge');
    const before = await metrics.scrape();
    for (const { name } of gauges) expect([name, linesOf(before, name)]).toEqual([name, []]);

    metrics.queueUp.set(1);
    metrics.queueSize.set({ status: 'waiting' }, 7);
    expect(linesOf(await metrics.scrape(), 'processing_queue_size')).toEqual([
      'processing_queue_size{status="waiting"} 7',
    ]);
    metrics.queueUp.clear();
    metrics.queueSize.clear();
    const after = await metrics.scrape();
    for (const { name } of gauges) expect([name, linesOf(after, name)]).toEqual([name, []]);
  });

  it('keep an open label within a bound, whatever is passed', async () => {
    const metrics = new Metrics();
    for (let index = 0; index < 5_000; index += 1) metrics.errorsTracked.inc({ type: `TYPE_${index}` });
    const lines = linesOf(await metrics.scrape(), 'errors_tracked_total');
    expect(lines).toHaveLength(201);
    expect(lines.at(-1)).toBe('errors_tracked_total{type="other"} 4800');
  });

  it('have what Node.js tells, without the gauges that are named like counters', async () => {
    const text = await new Metrics().scrape();
    for (const name of [
      'process_cpu_seconds_total',
      'process_resident_memory_bytes',
      'nodejs_eventloop_lag_p99_seconds',
    ])
      expect(linesOf(text, name)).toHaveLength(1);
    expect(text).not.toMatch(/nodejs_active_(handles|requests|resources)_total/);
    expect(text).toMatch(/^nodejs_active_resources\{/m);
  });
});

describe('HTTP metrics', () => {
  it('count and time a request under its method, template and status', async () => {
    const metrics = new Metrics();
    const http = new HttpMetrics(metrics);
    http.observe({ method: 'GET', route: '/api/documents/:id', status: 200, durationSeconds: 0.06 });
    http.observe({ method: 'GET', route: '/api/documents/:id', status: 200, durationSeconds: 0.6 });
    const text = await metrics.scrape();
    const labels = 'method="GET",path="/api/documents/:id",status="200"';
    expect(linesOf(text, 'http_requests_total')).toEqual([`http_requests_total{${labels}} 2`]);
    expect(linesOf(text, 'http_request_duration_seconds_bucket')).toEqual(
      [0.01, 0.05, 0.1, 0.5, 1, 2, 5, '+Inf'].map(
        (bound, index) =>
          `http_request_duration_seconds_bucket{le="${bound}",${labels}} ${[0, 0, 1, 1, 2, 2, 2, 2][index]}`,
      ),
    );
    expect(linesOf(text, 'http_request_duration_seconds_sum')).toEqual([
      `http_request_duration_seconds_sum{${labels}} 0.6599999999999999`,
    ]);
  });

  it.each([
    ...['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map((method) => [method, method]),
    ...['TRACE', 'PURGE', 'PROPFIND', 'get', '', 'other', '__proto__'].map((method) => [method, 'other']),
  ])('count the method "%s" as %s', async (method, counted) => {
    const metrics = new Metrics();
    new HttpMetrics(metrics).observe({ method, route: 'unmatched', status: 404, durationSeconds: 0 });
    expect(linesOf(await metrics.scrape(), 'http_requests_total')).toEqual([
      `http_requests_total{method="${counted}",path="unmatched",status="404"} 1`,
    ]);
  });
});
