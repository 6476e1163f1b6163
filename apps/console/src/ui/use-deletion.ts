import { useLocation } from 'preact-iso';
import { useState } from 'preact/hooks';
import { request } from '../api/client';
import { attempt, say } from './toasts';

/** Where somebody is led once it is done, and what they are told. */
interface Farewell {
  readonly to: string;
  readonly words: string;
}

/**
 * Deletes what a view shows, and leaves the view. What the view asked of it from then on would be answered by 404: as
 * long as `isLeaving` it has to ask nothing. When it could not be deleted the view is there again.
 */
export function useDeletion(): { isLeaving: boolean; remove: (path: string, farewell: Farewell) => Promise<void> } {
  const { route } = useLocation();
  const [isLeaving, setLeaving] = useState(false);
  const remove = async (path: string, { to, words }: Farewell): Promise<void> => {
    setLeaving(true);
    if (!(await attempt(() => request(path, { method: 'DELETE' })))) return setLeaving(false);
    say(words);
    route(to);
  };
  return { isLeaving, remove };
}
