import { Logger } from '@nestjs/common';
import { ShutdownSequence } from '@vectorlane/shutdown';
import { DependencyCircuits } from './dependency-circuits';

beforeAll(() => Logger.overrideLogger(false));

describe('the circuit of a dependency', () => {
  const circuits = (): DependencyCircuits => new DependencyCircuits(new ShutdownSequence());

  it('opens with a fault, is tried again and closes when something gets through', () => {
    const subject = circuits();
    expect(subject.state('embeddings', 0)).toBe('closed');
    subject.failed('embeddings', 0);
    expect(subject.state('embeddings', 499)).toBe('open');
    expect(subject.state('embeddings', 1_001)).toBe('trial');
    subject.succeeded(['embeddings'], 1_002);
    expect(subject.state('embeddings', 1_003)).toBe('closed');
    expect(subject.state('database', 0)).toBe('closed');
  });

  it('is tried again within 15 seconds, however long the outage', () => {
    const subject = circuits();
    let now = 0;
    for (let fault = 0; fault < 500; fault += 1) {
      subject.failed('embeddings', now);
      const failedAt = now;
      while (subject.state('embeddings', now) === 'open') now += 50;
      expect(subject.state('embeddings', now)).toBe('trial');
      expect(now - failedAt).toBeLessThanOrEqual(10_050);
    }
  });

  it('counts the faults of those under way as one', () => {
    const subject = circuits();
    for (let document = 0; document < 50; document += 1) subject.failed('database', 0);
    expect(subject.state('database', 1_001)).toBe('trial');
  });

  it('takes a trial without a fault for a return', () => {
    const subject = circuits();
    subject.failed('ai-worker', 0);
    expect(subject.state('ai-worker', 11_001)).toBe('closed');
  });

  it('knows what got through while a document waited', () => {
    const subject = circuits();
    expect(subject.hasSucceededWithin('embeddings', 1_000, 0)).toBe(false);
    subject.succeeded(['embeddings'], 500);
    expect(subject.hasSucceededWithin('embeddings', 1_000, 1_000)).toBe(true);
    expect(subject.hasSucceededWithin('embeddings', 400, 1_000)).toBe(false);
  });

  it('ends all waiting when the process shuts down', async () => {
    const shutdown = new ShutdownSequence();
    const subject = new DependencyCircuits(shutdown);
    expect(subject.stopping.aborted).toBe(false);
    await shutdown.run();
    expect(subject.stopping.aborted).toBe(true);
  });
});
