import { HealthIndicatorService } from '@nestjs/terminus';
import { DependencyCheck } from './dependency-check';
import type { ReadinessIndicator } from './readiness-indicator';

const check = (ask: ReadinessIndicator['check']): DependencyCheck =>
  new DependencyCheck({ name: 'thing', check: ask }, new HealthIndicatorService());

describe('DependencyCheck', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('says how long the dependency took, and what the indicator adds', async () => {
    const dependency = check(async () => {
      await new Promise((resolve) => setTimeout(resolve, 40));
      return { waiting: 3 };
    });
    const state = dependency.state();
    await jest.advanceTimersByTimeAsync(40);
    expect(await state).toEqual({
      ...{ up: true, required: true, latencyMs: 40 },
      ...{ details: { waiting: 3 }, reason: undefined },
    });
  });

  it('keeps why it failed apart from what may be shown', async () => {
    const dependency = check(() => Promise.reject(new Error('no route to 10.0.0.7')));
    expect(await dependency.state()).toMatchObject({ up: false, details: {}, reason: 'no route to 10.0.0.7' });
  });

  it('asks once a second, however many probes there are, and gives all of them the same answer', async () => {
    const ask = jest.fn(() => new Promise<void>((resolve) => setTimeout(resolve, 10)));
    const dependency = check(ask);
    const answers: Promise<unknown>[] = [];
    for (let ms = 0; ms < 3_000; ms += 1) {
      answers.push(dependency.state());
      await jest.advanceTimersByTimeAsync(1);
    }
    await jest.advanceTimersByTimeAsync(10);
    await Promise.all(answers);
    expect(answers).toHaveLength(3_000);
    expect(ask).toHaveBeenCalledTimes(3);
  });

  it('gives a silent dependency up within a second, tells it so, and asks again a second later', async () => {
    const signals: AbortSignal[] = [];
    const dependency = check((signal) => {
      signals.push(signal);
      return new Promise(() => undefined);
    });
    const first = dependency.state();
    await jest.advanceTimersByTimeAsync(999);
    expect(await first).toMatchObject({ up: false, reason: 'no answer within 750 ms' });
    expect(signals[0]?.aborted).toBe(true);
    void dependency.state();
    await jest.advanceTimersByTimeAsync(0);
    expect(signals).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(1_001);
    void dependency.state();
    await jest.advanceTimersByTimeAsync(0);
    expect(signals).toHaveLength(2);
  });

  it('knows of a loss within two seconds', async () => {
    let alive = true;
    const dependency = check(() => (alive ? Promise.resolve() : new Promise(() => undefined)));
    expect((await dependency.state()).up).toBe(true);
    alive = false; // the worst moment: right after an answer
    await jest.advanceTimersByTimeAsync(999);
    expect((await dependency.state()).up).toBe(true);
    await jest.advanceTimersByTimeAsync(2);
    const state = dependency.state();
    await jest.advanceTimersByTimeAsync(900);
    expect((await state).up).toBe(false);
  });

  it('does not keep an answer for longer when the time of day is set back', async () => {
    const ask = jest.fn(() => Promise.resolve());
    const dependency = check(ask);
    await dependency.state();
    jest.setSystemTime(Date.now() - 3_600_000);
    await jest.advanceTimersByTimeAsync(1_100);
    await dependency.state();
    expect(ask).toHaveBeenCalledTimes(2);
  });
});

describe('a process that was busy', () => {
  it('reads an answer that lies in the socket before it calls it missing', async () => {
    const dependency = check(() => new Promise((resolve) => setImmediate(resolve)));
    const state = dependency.state();
    const until = performance.now() + 900;
    while (performance.now() < until); // the event loop stands still for longer than the bound
    expect((await state).up).toBe(true);
  });
});
