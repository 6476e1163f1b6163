import { retry } from './retry';
import { REAL_TIMING } from './timing';

const noWait = { wait: () => Promise.resolve() };

describe('retry', () => {
  it('repeats until it succeeds, and tells of every wait', async () => {
    const attempt = jest.fn((tries: number) => (tries < 3 ? Promise.reject(new Error('no')) : Promise.resolve('yes')));
    const onWait = jest.fn();
    await expect(retry(attempt, { waitAfter: (_, tries) => tries * 10, onWait, timing: noWait })).resolves.toBe('yes');
    expect(onWait.mock.calls.map(([waitMs]) => waitMs as number)).toEqual([10, 20]);
  });

  it('passes on the error that is given up on', async () => {
    const attempt = jest.fn((tries: number) => Promise.reject(new Error(`try ${tries}`)));
    const waitAfter = (_: unknown, tries: number): number | undefined => (tries < 2 ? 0 : undefined);
    await expect(retry(attempt, { waitAfter, timing: noWait })).rejects.toThrow('try 2');
  });

  it("ends a wait with the signal's reason", async () => {
    const controller = new AbortController();
    const attempt = (): Promise<never> => Promise.reject(new Error('no'));
    const waiting = retry(attempt, {
      waitAfter: () => 60_000,
      onWait: () => setImmediate(() => controller.abort(new Error('enough'))),
      signal: controller.signal,
      timing: REAL_TIMING,
    });
    await expect(waiting).rejects.toThrow('enough');
  });

  it('does not ask what to wait for when it is aborted', async () => {
    const controller = new AbortController();
    const attempt = (): Promise<never> => {
      controller.abort(new Error('enough'));
      return Promise.reject(new Error('no'));
    };
    const waitAfter = jest.fn(() => 0);
    await expect(retry(attempt, { waitAfter, signal: controller.signal, timing: noWait })).rejects.toThrow('enough');
    expect(waitAfter).not.toHaveBeenCalled();
  });
});
