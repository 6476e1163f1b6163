import { getEventListeners } from 'node:events';
import { LateError, within } from './within';

const never = new Promise<never>(() => undefined);

describe('within', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('gives what the work gives, and leaves nothing behind', async () => {
    const { signal } = new AbortController();
    await expect(within(Promise.resolve(7), { timeoutMs: 1_000, signal })).resolves.toBe(7);
    await expect(within(() => Promise.reject(new Error('no')), { timeoutMs: 1_000, signal })).rejects.toThrow('no');
    expect(jest.getTimerCount()).toBe(0);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('takes what is thrown at once for a rejection', async () => {
    const work = (): Promise<never> => {
      throw new Error('at once');
    };
    await expect(within(work, { timeoutMs: 1_000 })).rejects.toThrow('at once');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('ends after its time, and tells the work', async () => {
    let told: AbortSignal | undefined;
    const waiting = within((giveUp) => ((told = giveUp), never), { timeoutMs: 50 });
    jest.advanceTimersByTime(50);
    await expect(waiting).rejects.toEqual(new LateError(50));
    expect(told?.reason).toBeInstanceOf(LateError);
  });

  it('ends with the error it was given for being late', async () => {
    const waiting = within(never, { timeoutMs: 50, late: () => new RangeError('mine') });
    jest.advanceTimersByTime(50);
    await expect(waiting).rejects.toThrow(RangeError);
  });

  it("ends with the signal's reason, and not with what the work makes of it", async () => {
    const controller = new AbortController();
    const work = (giveUp: AbortSignal): Promise<never> =>
      new Promise((_, reject) => giveUp.addEventListener('abort', () => reject(new Error('of the work'))));
    const waiting = within(work, { signal: controller.signal });
    controller.abort(new Error('of the signal'));
    await expect(waiting).rejects.toThrow('of the signal');
  });

  it('starts nothing for a signal that is aborted already', async () => {
    const work = jest.fn(() => never);
    const failing = Promise.reject(new Error('unheard'));
    const signal = AbortSignal.abort(new Error('before'));
    await expect(within(work, { signal })).rejects.toThrow('before');
    await expect(within(failing, { signal })).rejects.toThrow('before');
    expect(work).not.toHaveBeenCalled();
  });

  it('hears nothing of a loser that fails later', async () => {
    let fail: (error: Error) => void = () => undefined;
    const waiting = within(new Promise<never>((_, reject) => (fail = reject)), { timeoutMs: 5 });
    jest.advanceTimersByTime(5);
    await expect(waiting).rejects.toThrow(LateError);
    fail(new Error('later'));
  });

  it('reads an answer that was there in time before it calls it missing', async () => {
    let answer: (value: string) => void = () => undefined;
    const waiting = within(new Promise<string>((resolve) => (answer = resolve)), { timeoutMs: 50, lateReadMs: 10 });
    jest.advanceTimersByTime(50);
    answer('in time');
    await expect(waiting).resolves.toBe('in time');
    expect(jest.getTimerCount()).toBe(0);
  });
});
