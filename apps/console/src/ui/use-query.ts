import { useLocation } from 'preact-iso';
import { useCallback } from 'preact/hooks';

export type Query = Readonly<Record<string, string | undefined>>;

/** The query of the address: what a view is filtered by can be bookmarked and sent on. */
export function useQuery(): readonly [Query, (change: Query, replace?: boolean) => void] {
  const { path, query, route } = useLocation();
  const change = useCallback(
    (values: Query, replace = false): void => {
      const next = new URLSearchParams(location.search);
      for (const [name, value] of Object.entries(values)) {
        if (value === undefined || value === '') next.delete(name);
        else next.set(name, value);
      }
      const text = next.toString();
      route(text === '' ? path : `${path}?${text}`, replace);
    },
    [path, route],
  );
  return [query, change];
}
