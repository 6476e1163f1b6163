import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { watchPace } from './body-pace';

class Body extends EventEmitter {
  paused = false;
  complete = false;
  isPaused(): boolean {
    return this.paused;
  }
}

/** Bytes of a body, so many a second, until it is refused or the time is over. @returns when and why it was refused */
function send(
  bytesPerSecond: (second: number) => number,
  seconds: number,
  { paused = false, complete = false } = {},
): [number, string] | undefined {
  const body = new Body();
  Object.assign(body, { paused, complete });
  let refused: [number, string] | undefined;
  let second = 0;
  const stop = watchPace(body as unknown as IncomingMessage, ({ code }) => (refused = [second, code]));
  for (; second < seconds && refused === undefined; second += 1) {
    const bytes = bytesPerSecond(second);
    if (bytes > 0) body.emit('data', Buffer.alloc(bytes));
    jest.advanceTimersByTime(1_000);
  }
  stop();
  expect(jest.getTimerCount()).toBe(0);
  expect(body.listenerCount('data')).toBe(0);
  return refused;
}

describe('a slow upload', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('is refused after ten seconds', () => expect(send(() => 1, 60)).toEqual([10, 'BODY_TOO_SLOW']));

  it('may start slowly', () => expect(send((second) => (second < 9 ? 1 : 20_000), 60)).toBeUndefined());

  it('is not one that comes at an ordinary pace, however long it takes', () =>
    expect(send(() => 2_000, 3_600)).toBeUndefined());

  it('is refused when nothing comes any more', () =>
    expect(send((second) => (second === 0 ? 10_000_000 : 0), 120)).toEqual([29, 'BODY_TOO_SLOW']));

  it('is not the client’s doing while we do not read', () =>
    expect(send(() => 0, 120, { paused: true })).toBeUndefined());

  it('is not one that is here and waits for us', () => expect(send(() => 0, 120, { complete: true })).toBeUndefined());
});
