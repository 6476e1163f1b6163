import { Logger } from '@nestjs/common';
import { SHUTDOWN_STAGES, ShutdownSequence } from './index';

describe('ShutdownSequence', () => {
  beforeEach(() => Logger.overrideLogger(false));

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

  it('goes on after a failure and after a release that hangs, and counts both', async () => {
    const sequence = new ShutdownSequence();
    const ran: string[] = [];
    sequence.add('http', 'fails', () => Promise.reject(new Error('no')));
    sequence.add('consumers', 'hangs', () => new Promise(() => undefined), 10);
    sequence.add('database', 'closes', () => {
      ran.push('database');
      return Promise.resolve();
    });
    await sequence.beforeApplicationShutdown();
    expect(ran).toEqual(['database']);
    expect(sequence.failures).toBe(2);
  });

  it('releases once when asked twice', async () => {
    const sequence = new ShutdownSequence();
    const release = jest.fn(() => Promise.resolve());
    sequence.add('redis', 'once', release);
    await Promise.all([sequence.beforeApplicationShutdown(), sequence.beforeApplicationShutdown()]);
    expect(release).toHaveBeenCalledTimes(1);
  });
});
