import { Logger } from '@nestjs/common';
import { loadConfig } from '@vectorlane/config';
import { CollectionScope, type Neighbour, type VectorsRepository } from '@vectorlane/documents';
import { Metrics } from '@vectorlane/metrics';
import { ShutdownSequence } from '@vectorlane/shutdown';
import { RecallProbe, recallOf } from './recall-probe';

const near = (...cosines: number[]): Neighbour[] =>
  cosines.map((cosine, at) => ({ chunkId: `${at} ${cosine}`, number: at, cosine }));

beforeAll(() => Logger.overrideLogger(false));

it('is the share of the nearest that was found', () => {
  expect(recallOf(near(0.9, 0.8), near(0.9, 0.8))).toBe(1);
  expect(recallOf(near(0.9, 0.6), near(0.9, 0.8))).toBe(0.5);
  expect(recallOf([], near(0.9, 0.8))).toBe(0);
  // Of equally near ones any will do, and what was found beyond them does not count.
  expect(recallOf(near(0.9, 0.8, 0.8, 0.7), near(0.9, 0.8))).toBe(1);
  expect(recallOf([], [])).toBeUndefined();
});

describe('a probe', () => {
  const SERVER = { DATABASE_URL: 'postgres://host/db', REDIS_URL: 'redis://host' };
  function probeWith(settings: object, find: () => Promise<Neighbour[]>) {
    const metrics = new Metrics();
    const shutdown = new ShutdownSequence();
    const vectors = { find: jest.fn(find) };
    const probe = new RecallProbe(
      loadConfig({ NODE_ENV: 'test', ...settings }),
      vectors as unknown as VectorsRepository,
      metrics,
      shutdown,
    );
    const counted = async (): Promise<string[]> =>
      (await metrics.scrape()).split('\n').filter((line) => /^search_recall_ratio_(sum|count)/.test(line));
    return { probe, vectors, shutdown, counted };
  }
  const search = {
    vector: Float32Array.of(1),
    filter: { scope: CollectionScope.allBut([]) },
    found: near(0.9, 0.8, 0.5, 0.4),
  };

  it('looks once more, exactly, and reports the share', async () => {
    const { probe, vectors, counted } = probeWith(SERVER, () => Promise.resolve(near(0.9, 0.8, 0.7, 0.6)));
    probe.offer(search, 0, 0);
    await probe.idle();
    expect(vectors.find).toHaveBeenCalledWith(search.vector, 4, search.filter, 'exact');
    expect(await counted()).toEqual(
      expect.arrayContaining([
        'search_recall_ratio_sum{filtered="no"} 0.5',
        'search_recall_ratio_count{filtered="no"} 1',
      ]),
    );
  });

  it('is rare: one in so many, one at a time, and not soon after another', async () => {
    const { probe, vectors } = probeWith({ ...SERVER, SEARCH_RECALL_PROBE_ONE_IN: '10' }, () => Promise.resolve([]));
    probe.offer(search, 0, 0.5);
    expect(vectors.find).toHaveBeenCalledTimes(0);
    probe.offer(search, 0, 0.05);
    probe.offer(search, 60_000, 0.05);
    await probe.idle();
    probe.offer(search, 20_000, 0.05);
    expect(vectors.find).toHaveBeenCalledTimes(1);
    probe.offer(search, 40_000, 0.05);
    expect(vectors.find).toHaveBeenCalledTimes(2);
  });

  it.each([{}, { ...SERVER, SEARCH_RECALL_PROBE_ONE_IN: '0' }])('is never made with %j', (settings) => {
    const { probe, vectors } = probeWith(settings, () => Promise.resolve([]));
    probe.offer(search, 0, 0);
    expect(vectors.find).not.toHaveBeenCalled();
  });

  it('harms nobody when it fails, and none begins once the process ends', async () => {
    const { probe, vectors, counted, shutdown } = probeWith(SERVER, () => Promise.reject(new Error('gone')));
    probe.offer(search, 0, 0);
    await probe.idle();
    expect((await counted()).every((line) => line.endsWith(' 0'))).toBe(true);
    await shutdown.beforeApplicationShutdown();
    probe.offer(search, 100_000, 0);
    expect(vectors.find).toHaveBeenCalledTimes(1);
  });
});
