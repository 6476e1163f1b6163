/** Nobody waits for it any longer. */
export class LateError extends Error {
  override readonly name = 'LateError';

  constructor(readonly timeoutMs: number) {
    super(`no answer within ${Math.round(timeoutMs)} ms`);
  }
}

export interface Bound {
  /** Longest wait, in milliseconds. @default only the signal ends it */
  readonly timeoutMs?: number;
  /** Ends the wait with its reason. */
  readonly signal?: AbortSignal;
  /** What the wait ends with after `timeoutMs`. @default LateError */
  readonly late?: () => unknown;
  /**
   * After `timeoutMs`, how much longer an answer counts that has arrived already and was not read, because this process
   * was busy. Given as a second timer, so that what lies in the sockets is read first.
   * @default 0
   */
  readonly lateReadMs?: number;
}

/**
 * The one race of work against a timer and a signal. Work given as a function is handed a signal of its own, aborted
 * when the wait ends without it. What a loser of the race does afterwards, failing included, is nobody's concern.
 * @throws what the work rejects with, the signal's reason, or what `late` makes
 */
export function within<T>(
  work: PromiseLike<T> | ((giveUp: AbortSignal) => PromiseLike<T>),
  { timeoutMs, signal, late, lateReadMs = 0 }: Bound,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const giveUp = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    const end = (reason: unknown): void => {
      settle();
      // First, so that the wait ends with this reason and not with what the work makes of the abort.
      reject(reason);
      giveUp.abort(reason);
    };
    const onAbort = (): void => end(signal?.reason);
    const expire = (): void => end(late?.() ?? new LateError(timeoutMs ?? 0));
    if (signal?.aborted === true) {
      end(signal.reason);
      if (typeof work !== 'function') work.then(undefined, () => undefined);
      return;
    }
    signal?.addEventListener('abort', onAbort, { once: true });
    if (timeoutMs !== undefined) {
      const last = lateReadMs > 0 ? () => void (timer = setTimeout(expire, lateReadMs)) : expire;
      timer = setTimeout(last, timeoutMs);
    }
    const running = typeof work === 'function' ? start(work, giveUp.signal) : work;
    running.then(
      (value) => {
        settle();
        resolve(value);
      },
      (error: unknown) => {
        settle();
        reject(error);
      },
    );
  });
}

/** What it throws at once is a rejection like any other. */
async function start<T>(work: (giveUp: AbortSignal) => PromiseLike<T>, giveUp: AbortSignal): Promise<T> {
  return work(giveUp);
}
