import { EmbeddingCall } from './embedding-call';

describe("an embedding call's clock", () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const state = async (call: EmbeddingCall): Promise<string> => {
    let found = 'waiting';
    call.vectors.then(
      () => (found = 'answered'),
      (error: Error) => (found = error.message),
    );
    await Promise.resolve();
    await Promise.resolve();
    return found;
  };

  it('runs from the start for a query, for somebody waits for it', async () => {
    const call = new EmbeddingCall(['a'], 'query', 1_000, undefined);
    jest.advanceTimersByTime(999);
    expect(await state(call)).toBe('waiting');
    jest.advanceTimersByTime(1);
    expect(await state(call)).toContain('did not answer within 1000 ms');
    expect(call.exhausted).toBe(true);
  });

  it('runs from the first text taken for passages, for a long queue is no failure', async () => {
    const call = new EmbeddingCall(['a', 'b'], 'passage', 1_000, undefined);
    jest.advanceTimersByTime(3_600_000);
    expect(await state(call)).toBe('waiting');
    call.take();
    jest.advanceTimersByTime(900);
    call.take();
    jest.advanceTimersByTime(100);
    expect(await state(call)).toContain('did not answer within 1000 ms');
  });

  it('starts again with each vector of a batch, for a large one is no failure either', async () => {
    const call = new EmbeddingCall(['a', 'b', 'c'], 'passage', 1_000, undefined);
    for (const index of [0, 1]) {
      call.take();
      jest.advanceTimersByTime(900);
      call.answer(index, Float32Array.of(1));
    }
    call.take();
    jest.advanceTimersByTime(999);
    expect(await state(call)).toBe('waiting');
    jest.advanceTimersByTime(1);
    expect(await state(call)).toContain('did not answer within 1000 ms');
  });

  it('stops with the last vector, and leaves no listener on the signal', async () => {
    const { signal } = new AbortController();
    const removed = jest.spyOn(signal, 'removeEventListener');
    const call = new EmbeddingCall(['a'], 'passage', 1_000, signal);
    call.take();
    call.answer(0, Float32Array.of(1));
    expect(await state(call)).toBe('answered');
    expect(jest.getTimerCount()).toBe(0);
    expect(removed).toHaveBeenCalledWith('abort', expect.any(Function));
  });

  it('stands still for passages that were told to wait, and then gives them the whole time again', async () => {
    const call = new EmbeddingCall(['a'], 'passage', 1_000, undefined);
    call.take();
    jest.advanceTimersByTime(900);
    call.holdClock();
    jest.advanceTimersByTime(3_600_000);
    expect(await state(call)).toBe('waiting');
    call.resumeClock();
    jest.advanceTimersByTime(999);
    expect(await state(call)).toBe('waiting');
    jest.advanceTimersByTime(1);
    expect(await state(call)).toContain('did not answer within 1000 ms');
    call.resumeClock();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('does not stand still for a query, and tells how much of it is left', async () => {
    const call = new EmbeddingCall(['a'], 'query', 1_000, undefined);
    jest.advanceTimersByTime(400);
    expect(call.remainingMs).toBe(600);
    call.holdClock();
    jest.advanceTimersByTime(600);
    expect(await state(call)).toContain('did not answer within 1000 ms');
    expect(new EmbeddingCall([], 'passage', 1_000, undefined).remainingMs).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('an embedding call', () => {
  it('cancels its work in hand when it is rejected, and only then', async () => {
    const reason = new Error('no longer wanted');
    const rejected = new EmbeddingCall(['a'], 'passage', 1_000, undefined);
    rejected.reject(reason);
    await expect(rejected.vectors).rejects.toBe(reason);
    expect(rejected.cancelled).toMatchObject({ aborted: true, reason });
    const answered = new EmbeddingCall(['a'], 'passage', 1_000, undefined);
    expect(answered.peek()).toBe('a');
    answered.take();
    answered.answer(0, Float32Array.of(1));
    expect(await answered.vectors).toHaveLength(1);
    expect(answered.cancelled.aborted).toBe(false);
  });
});
