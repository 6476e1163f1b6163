import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { ERROR_TRACKER } from '@vectorlane/errors';
import { SHUTDOWN_STAGES, ShutdownModule, ShutdownSequence } from './index';
import { Stopwatch } from '../../../test/support/stopwatch';

const never = (): Promise<void> => new Promise(() => undefined);

describe('ShutdownSequence', () => {
  let log: string[];
  beforeEach(() => {
    log = [];
    const write = (_fields: unknown, message: string): number => log.push(message);
    Logger.overrideLogger({ log: write, error: write, warn: write, fatal: write, debug: () => undefined });
  });
  afterAll(() => Logger.overrideLogger(false));

  it('runs the stages in order, whatever the order of registration', async () => {
    const sequence = new ShutdownSequence();
    const ran: string[] = [];
    for (const stage of SHUTDOWN_STAGES.toReversed()) {
      for (const name of ['a', 'b']) {
        sequence.add(stage, name, () => {
          ran.push(`${stage} ${name}`);
          return Promise.resolve();
        });
      }
    }
    await sequence.beforeApplicationShutdown('SIGTERM');
    expect(ran).toEqual(SHUTDOWN_STAGES.flatMap((stage) => [`${stage} a`, `${stage} b`]));
    expect(sequence.failures).toBe(0);
    expect(log).toEqual([
      'starting graceful shutdown',
      'drained: no new work is taken',
      'HTTP server closed',
      'queue workers finished',
      'queue closed',
      'Redis disconnected',
      'database disconnected',
      'engines stopped',
      'data folder released',
      'shutdown complete',
    ]);
  });

  it('runs the releases of one stage side by side, so that they share its time', async () => {
    const sequence = new ShutdownSequence();
    let meet: () => void = () => undefined;
    const met = new Promise<void>((resolve) => (meet = resolve));
    sequence.add('consumers', 'waits for the other', () => met);
    sequence.add('consumers', 'the other', () => Promise.resolve(meet()));
    await sequence.beforeApplicationShutdown();
    expect(sequence.failures).toBe(0);
  });

  it('goes on after a step that rejects, throws or hangs; counts, logs and tracks each', async () => {
    const sequence = new ShutdownSequence();
    const trackError = jest.fn();
    sequence.trackErrorsWith({ trackError });
    const ran: string[] = [];
    sequence.add('http', 'rejects', () => Promise.reject(new Error('no')));
    sequence.add('producers', 'throws', () => {
      throw new Error('never');
    });
    sequence.add('consumers', 'hangs', never, 10);
    sequence.add('database', 'closes', () => {
      ran.push('database');
      return Promise.resolve();
    });
    await sequence.run();
    expect(ran).toEqual(['database']);
    expect(sequence.failures).toBe(3);
    expect(log.filter((line) => line === 'could not close in order')).toHaveLength(3);
    expect(log).toContain('HTTP server closed, with errors');
    expect(trackError.mock.calls.map(([type, { stage }]: [string, { stage: string }]) => [type, stage])).toEqual([
      ['SHUTDOWN_ERROR', 'http: rejects'],
      ['SHUTDOWN_ERROR', 'consumers: hangs'],
      ['SHUTDOWN_ERROR', 'producers: throws'],
    ]);
  });

  it('keeps every step inside one deadline, and time in it to close connections', async () => {
    const sequence = new ShutdownSequence();
    sequence.deadlineMs = 400;
    const began: string[] = [];
    const watch = Stopwatch.start();
    for (const stage of SHUTDOWN_STAGES) {
      sequence.add(
        stage,
        'hangs',
        () => {
          began.push(stage);
          return never();
        },
        60_000,
      );
    }
    await sequence.run();
    // Each stage was begun, and none waited beyond the deadline by more than the least a step gets.
    expect(began).toEqual([...SHUTDOWN_STAGES]);
    expect(watch.stop()).toBeLessThan(400 + SHUTDOWN_STAGES.length * 250 + 1_000);
    expect(sequence.failures).toBe(SHUTDOWN_STAGES.length);
  });

  it('by default ends within the grace period of the stack', () => {
    expect(new ShutdownSequence().deadlineMs).toBeLessThan(90_000);
  });

  it('releases once, whatever asks: a signal, and both hooks of the framework', async () => {
    const sequence = new ShutdownSequence();
    const release = jest.fn(() => Promise.resolve());
    sequence.add('redis', 'once', release);
    await Promise.all([
      sequence.run('SIGTERM'),
      sequence.beforeApplicationShutdown(),
      sequence.onApplicationShutdown(),
    ]);
    expect(release).toHaveBeenCalledTimes(1);
  });

  it('releases at once what is opened when its stage has passed', async () => {
    const sequence = new ShutdownSequence();
    const late = jest.fn(() => Promise.resolve());
    sequence.add('engines', 'opens something else', () => {
      sequence.add('database', 'late', late);
      return Promise.resolve();
    });
    await sequence.run('the start failed');
    expect(late).toHaveBeenCalledTimes(1);
  });

  it('counts, logs and tracks an error that nobody caught', () => {
    const sequence = new ShutdownSequence();
    const trackError = jest.fn();
    sequence.trackErrorsWith({ trackError });
    const error = new Error('planted');
    sequence.recordUncaught(error, 'unhandledRejection');
    expect(sequence.failures).toBe(1);
    expect(trackError).toHaveBeenCalledWith('UNCAUGHT_EXCEPTION', { error });
    expect(log).toEqual(['an error that nobody caught; the process ends']);
  });
});

describe('ShutdownModule', () => {
  it('drives a sequence that was there before it by the lifecycle hooks, and tells it whom to tell of errors', async () => {
    const trackError = jest.fn();
    const sequence = new ShutdownSequence();
    sequence.add('redis', 'fails', () => Promise.reject(new Error('no')));
    const app = await Test.createTestingModule({
      imports: [
        {
          module: class Tracking {},
          global: true,
          providers: [{ provide: ERROR_TRACKER, useValue: { trackError } }],
          exports: [ERROR_TRACKER],
        },
        ShutdownModule.forRoot(sequence),
      ],
    }).compile();
    app.useLogger(false);
    await app.init();
    expect(app.get(ShutdownSequence)).toBe(sequence);
    await app.close();
    expect(sequence.failures).toBe(1);
    expect(trackError).toHaveBeenCalledTimes(1);
  });

  it('makes a sequence of its own where none is given', async () => {
    const app = await Test.createTestingModule({ imports: [ShutdownModule] }).compile();
    const release = jest.fn(() => delay(1));
    app.get(ShutdownSequence).add('redis', 'something', release);
    app.useLogger(false);
    await app.init();
    await app.close();
    expect(release).toHaveBeenCalledTimes(1);
  });
});
