import type { MetricDefinition } from './metric-definition';
import { METRICS } from './metrics.definitions';

const definitions: readonly MetricDefinition[] = Object.values(METRICS);
const shape = (name: string): object | undefined => {
  const found = definitions.find((definition) => definition.name === name);
  if (found === undefined) return undefined;
  const { type, labels = {}, buckets } = found;
  return { type, labels: Object.keys(labels), ...(buckets && { buckets }) };
};

describe('the contract', () => {
  it.each([
    ['http_requests_total', { type: 'counter', labels: ['method', 'path', 'status'] }],
    [
      'http_request_duration_seconds',
      { type: 'histogram', labels: ['method', 'path', 'status'], buckets: [0.01, 0.05, 0.1, 0.5, 1, 2, 5] },
    ],
    ['documents_processed_total', { type: 'counter', labels: ['status', 'format', 'lane'] }],
    ['processing_queue_size', { type: 'gauge', labels: ['status'] }],
    ['embedding_generation_duration_seconds', { type: 'histogram', labels: [], buckets: [0.1, 0.5, 1, 2, 5, 10] }],
  ])('has %s, to the letter', (name, expected) => expect(shape(name)).toEqual(expected));

  it('names the values of its closed labels', () => {
    expect(METRICS.httpRequests.labels.method).toEqual(
      expect.arrayContaining(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'other']),
    );
    expect(METRICS.httpRequests.labels.method).toHaveLength(8);
    expect(METRICS.documentsProcessed.labels).toMatchObject({
      status: ['completed', 'failed'],
      lane: ['fast', 'heavy'],
    });
    expect(METRICS.queueSize.labels.status).toEqual(['waiting', 'active', 'delayed', 'completed', 'failed']);
  });
});

// What `promtool check metrics` refuses, and what Prometheus' own guide says beyond that.
describe.each(definitions.map((definition) => [definition.name, definition] as const))('%s', (name, definition) => {
  const { type, help, labels = {}, buckets } = definition;

  it('is named by the rules', () => {
    expect(name).toMatch(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/);
    expect(name.endsWith('_total')).toBe(type === 'counter');
    expect(name).not.toMatch(/_(count|sum|bucket)$/);
    expect(name).not.toMatch(/(^|_)(counter|gauge|histogram|summary)(_|$)/);
    expect(name).not.toMatch(
      /_(ms|milliseconds?|microseconds?|minutes?|hours?|days?|kilobytes?|megabytes?|gigabytes?|kb|mb|percent|second|byte)(_|$)/,
    );
    expect(name.includes('_info')).toBe(name.endsWith('_info'));
  });

  it('says in a sentence what it counts', () => {
    expect(help).toMatch(/^[A-Z].{20,}\.$/);
    expect(help).not.toContain('\n');
  });

  it('has labels that cannot grow and buckets that rise', () => {
    for (const [label, values] of Object.entries(labels)) {
      expect(label).toMatch(/^[a-z][a-z_]*$/);
      expect(['le', 'quantile', 'id', 'url', 'message', 'document_id', 'request_id']).not.toContain(label);
      expect(values.length).toBeGreaterThan(0);
      if (typeof values !== 'string') expect(new Set(values).size).toBe(values.length);
    }
    expect(buckets !== undefined).toBe(type === 'histogram');
    expect(buckets ?? []).toEqual([...new Set(buckets)].toSorted((one, other) => one - other));
  });
});

it('no name is given twice', () => {
  expect(new Set(definitions.map(({ name }) => name)).size).toBe(definitions.length);
});
