import type { FollowedDocument } from './api-schemas';
import type { FoundFile } from './found-files';
import { IngestionStalled, LaneFollowers } from './lane-followers';

const file: FoundFile = { path: 'a.txt', location: '/a.txt', name: 'a.txt', sizeBytes: 1 };

function followers(answer: (poll: number) => FollowedDocument) {
  let now = 0;
  let polls = 0;
  const waits: number[] = [];
  const percents: number[] = [];
  const subject = new LaneFollowers({
    news: { isLive: false, next: () => Promise.resolve(undefined) },
    client: { getDocument: () => Promise.resolve(answer((polls += 1))) },
    clock: {
      now: () => now,
      sleep: (milliseconds) => {
        waits.push(milliseconds);
        now += milliseconds;
        return Promise.resolve();
      },
    },
    signal: new AbortController().signal,
    followedAtOnce: 2,
    onProgress: (_, percent) => percents.push(percent),
  });
  return { subject, waits, percents, elapsed: () => now };
}

describe('LaneFollowers', () => {
  it('asks at growing, bounded intervals until the end', async () => {
    const { subject, waits, percents } = followers((poll) => ({
      id: 'x',
      status: poll < 15 ? 'processing' : 'completed',
      percent: poll,
    }));
    await expect(subject.untilSettled(file, { id: 'x', revision: 1, at: 0 })).resolves.toMatchObject({
      status: 'completed',
    });
    expect(waits[0]).toBeLessThan(500);
    expect(waits).toEqual(waits.toSorted((left, right) => left - right));
    expect(waits.at(-1)).toBe(5_000);
    expect(percents).toEqual(Array.from({ length: 14 }, (_, index) => index + 1));
  });

  it('asks at once after a document that has waited its turn', async () => {
    const { subject, waits } = followers(() => ({ id: 'x', status: 'completed' }));
    await subject.untilSettled(file, { id: 'x', revision: 1, at: -60_000 });
    expect(waits).toEqual([]);
  });

  it('gives up when nothing has changed for a long time', async () => {
    const { subject, elapsed } = followers(() => ({ id: 'x', status: 'pending', percent: 0 }));
    await expect(subject.untilSettled(file, { id: 'x', revision: 1, at: 0 })).rejects.toBeInstanceOf(IngestionStalled);
    expect(elapsed()).toBeGreaterThan(15 * 60_000);
  });

  it('does not give up on slow progress', async () => {
    const { subject, elapsed } = followers((poll) => ({
      id: 'x',
      status: poll < 1_000 ? 'processing' : 'failed',
      percent: Math.floor(poll / 100),
    }));
    await expect(subject.untilSettled(file, { id: 'x', revision: 1, at: 0 })).resolves.toMatchObject({
      status: 'failed',
    });
    expect(elapsed()).toBeGreaterThan(60 * 60_000);
  });

  it('follows the oldest few of each lane, and one lane does not hold up another', async () => {
    const { subject } = followers(() => ({ id: 'x', status: 'completed' }));
    const started: string[] = [];
    const release = new Map<string, () => void>();
    const add = (lane: string, name: string) =>
      subject.add(lane, () => {
        started.push(name);
        return new Promise<void>((resolve) => release.set(name, resolve));
      });
    for (const name of ['h1', 'h2', 'h3']) add('heavy', name);
    for (const name of ['f1', 'f2', 'f3']) add('fast', name);
    expect(started).toEqual(['h1', 'h2', 'f1', 'f2']);

    const idle = subject.idle();
    for (const name of ['f2', 'f1', 'h1']) release.get(name)?.();
    // Each release lets the next of its lane start within a few turns of the microtask queue.
    await new Promise((resolve) => setImmediate(resolve));
    expect(started).toEqual(['h1', 'h2', 'f1', 'f2', 'f3', 'h3']);
    for (const name of ['f3', 'h3', 'h2']) release.get(name)?.();
    await expect(idle).resolves.toBeUndefined();
  });
});
