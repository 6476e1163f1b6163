import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from '../api/client';

export interface Answered<T> {
  /** The last answer: it stays while a newer one is on its way. */
  readonly data: T | undefined;
  readonly error: ApiError | undefined;
  readonly isLoading: boolean;
  readonly reload: () => void;
}

/**
 * What the server says, asked again when `key` changes or `reload` is called; an answer that comes too late is dropped.
 * @param key names the question; undefined: nothing is asked
 */
export function useServer<T>(key: string | undefined, ask: (signal: AbortSignal) => Promise<T>): Answered<T> {
  const [state, setState] = useState<{ key?: string; data?: T; error?: ApiError }>({});
  const [round, setRound] = useState(0);
  const latest = useRef(ask);
  latest.current = ask;
  useEffect(() => {
    if (key === undefined) return;
    const gone = new AbortController();
    latest.current(gone.signal).then(
      (data) => {
        if (!gone.signal.aborted) setState({ key, data });
      },
      (error: unknown) => {
        if (gone.signal.aborted) return;
        const shown =
          error instanceof ApiError ? error : new ApiError(String(error), 0, 'UNKNOWN', undefined, undefined);
        setState((before) => ({
          key,
          ...(before.key === key && before.data !== undefined && { data: before.data }),
          error: shown,
        }));
      },
    );
    return () => gone.abort();
  }, [key, round]);
  const reload = useCallback(() => setRound((value) => value + 1), []);
  const isCurrent = state.key === key;
  return {
    data: isCurrent ? state.data : undefined,
    error: isCurrent ? state.error : undefined,
    isLoading: key !== undefined && !isCurrent,
    reload,
  };
}

/** Calls back at most once in `everyMs`, the last time for sure; for what comes in bursts. */
export function useThrottled(callback: () => void, everyMs: number): () => void {
  const latest = useRef(callback);
  latest.current = callback;
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback(() => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      latest.current();
    }, everyMs);
  }, [everyMs]);
}
