import { Logger } from '@nestjs/common';
import { type ScrapeReading, ScrapeReadings } from './scrape-readings';
import { Stopwatch } from '../../../test/support/stopwatch';

beforeAll(() => Logger.overrideLogger(false));

/** A reading that answers when it is told to, and keeps what was written. */
class Recorded implements ScrapeReading<number> {
  readonly name = 'recorded';
  readonly written: (number | undefined)[] = [];
  readonly signals: AbortSignal[] = [];
  answer: () => number | Promise<number> = () => 1;

  read(signal: AbortSignal): number | Promise<number> {
    this.signals.push(signal);
    return this.answer();
  }
  write(reading: number | undefined): void {
    this.written.push(reading);
  }
}

const open = (options: { timeoutMs?: number; cacheMs?: number }): { readings: ScrapeReadings; recorded: Recorded } => {
  const readings = new ScrapeReadings(options);
  const recorded = new Recorded();
  readings.register(recorded);
  return { readings, recorded };
};

describe('readings at scrape time', () => {
  it('are written fresh with each scrape once the cache has run out', async () => {
    const { readings, recorded } = open({ cacheMs: 0 });
    let next = 0;
    recorded.answer = () => Promise.resolve((next += 1));
    await readings.refresh();
    await readings.refresh();
    expect(recorded.written).toEqual([1, 2]);
  });

  it('are shared by all scrapes of a second', async () => {
    const { readings, recorded } = open({ cacheMs: 60_000 });
    await Promise.all(Array.from({ length: 50 }, () => readings.refresh()));
    for (let scrape = 0; scrape < 50; scrape += 1) await readings.refresh();
    expect(recorded.written).toEqual([1]);
  });

  it('that hang are given up, without holding up the others', async () => {
    const { readings, recorded } = open({ timeoutMs: 50, cacheMs: 0 });
    recorded.answer = () => new Promise<never>(() => undefined);
    const quick = new Recorded();
    readings.register(quick);
    const watch = Stopwatch.start();
    await readings.refresh();
    expect(watch.stop()).toBeLessThan(1_000);
    expect(recorded.written).toEqual([undefined]);
    expect(recorded.signals[0]?.aborted).toBe(true);
    expect(quick.written).toEqual([1]);
  });

  it('that hang are waited for side by side', async () => {
    const readings = new ScrapeReadings({ timeoutMs: 200 });
    for (let index = 0; index < 20; index += 1) {
      const hanging = new Recorded();
      hanging.answer = () => new Promise<never>(() => undefined);
      readings.register(hanging);
    }
    const watch = Stopwatch.start();
    await readings.refresh();
    // One after the other they would take four seconds.
    expect(watch.stop()).toBeLessThan(2_000);
  });

  it('are not started again while one is still under way, and come back with it', async () => {
    const { readings, recorded } = open({ timeoutMs: 20, cacheMs: 0 });
    let settle: (value: number) => void = () => undefined;
    recorded.answer = () => new Promise<number>((resolve) => (settle = resolve));
    for (let scrape = 0; scrape < 5; scrape += 1) await readings.refresh();
    expect(recorded.signals).toHaveLength(1);
    // What arrives between two scrapes is not written by anybody.
    settle(8);
    await new Promise((resolve) => setImmediate(resolve));
    expect(recorded.written).toEqual([undefined, undefined, undefined, undefined, undefined]);
    recorded.answer = () => 9;
    await readings.refresh();
    expect(recorded.signals).toHaveLength(2);
    expect(recorded.written.at(-1)).toBe(9);
  });

  it.each([
    ['rejects', () => Promise.reject(new Error('away'))],
    [
      'throws',
      () => {
        throw new Error('away');
      },
    ],
  ])('clear their gauges when reading %s, and recover', async (_, failure) => {
    const { readings, recorded } = open({ cacheMs: 0 });
    recorded.answer = failure;
    await readings.refresh();
    recorded.answer = () => 5;
    await readings.refresh();
    expect(recorded.written).toEqual([undefined, 5]);
  });

  it('do not break the scrape when they cannot be written', async () => {
    const readings = new ScrapeReadings();
    readings.register({
      name: 'broken',
      read: () => 1,
      write: () => {
        throw new Error('no such gauge');
      },
    });
    await expect(readings.refresh()).resolves.toBeUndefined();
  });
});
