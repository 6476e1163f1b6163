import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from '../api/client';

interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

export interface Pages<T, P extends Page<T>> {
  readonly items: readonly T[];
  /** The first page: it has the total. */
  readonly first: P | undefined;
  readonly error: ApiError | undefined;
  readonly isLoading: boolean;
  readonly hasMore: boolean;
  readonly loadMore: () => void;
  /** All pages that are there are asked for again, and change places with the old ones at once. */
  readonly reload: () => void;
}

interface State<T, P> {
  readonly key?: string;
  readonly items: readonly T[];
  readonly first?: P;
  readonly next: string | null;
  readonly pages: number;
  readonly error?: ApiError;
}

const NOTHING = { items: [], next: null, pages: 0 };

/** A list that is fetched page by page, as far as somebody looks. */
export function usePages<T, P extends Page<T>>(
  key: string,
  ask: (cursor: string | undefined, signal: AbortSignal) => Promise<P>,
): Pages<T, P> {
  const [state, setState] = useState<State<T, P>>(NOTHING);
  const [round, setRound] = useState(0);
  const latest = useRef({ ask, state });
  latest.current = { ask, state };
  const loading = useRef(false);
  useEffect(() => {
    const gone = new AbortController();
    loading.current = true;
    const wanted = latest.current.state.key === key ? Math.max(1, latest.current.state.pages) : 1;
    const load = async (): Promise<void> => {
      let items: readonly T[] = [];
      let first: P | undefined;
      let cursor: string | undefined;
      let pages = 0;
      do {
        const page = await latest.current.ask(cursor, gone.signal);
        first ??= page;
        items = [...items, ...page.items];
        cursor = page.nextCursor ?? undefined;
        pages += 1;
      } while (cursor !== undefined && pages < wanted);
      if (!gone.signal.aborted) setState({ key, items, first, next: cursor ?? null, pages });
    };
    load()
      .catch((error: unknown) => {
        if (gone.signal.aborted) return;
        if (!(error instanceof ApiError)) throw error;
        setState((before) => ({ ...(before.key === key ? before : { ...NOTHING, key }), error }));
      })
      .finally(() => {
        if (!gone.signal.aborted) loading.current = false;
      });
    return () => gone.abort();
  }, [key, round]);
  const loadMore = useCallback(() => {
    const { state: now, ask: askNow } = latest.current;
    if (loading.current || now.next === null) return;
    loading.current = true;
    askNow(now.next, new AbortController().signal)
      .then((page) =>
        setState((before) =>
          before.key === now.key && before.next === now.next
            ? { ...before, items: [...before.items, ...page.items], next: page.nextCursor, pages: before.pages + 1 }
            : before,
        ),
      )
      .catch((error: unknown) => {
        if (!(error instanceof ApiError)) throw error;
        setState((before) => ({ ...before, error }));
      })
      .finally(() => (loading.current = false));
  }, []);
  const reload = useCallback(() => setRound((value) => value + 1), []);
  const isCurrent = state.key === key;
  return {
    items: isCurrent ? state.items : [],
    first: isCurrent ? state.first : undefined,
    error: isCurrent ? state.error : undefined,
    isLoading: !isCurrent,
    hasMore: isCurrent && state.next !== null,
    loadMore,
    reload,
  };
}
