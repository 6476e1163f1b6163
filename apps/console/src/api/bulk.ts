import { request } from './client';

/** Most that one request names. */
const AT_A_TIME = 100;

const DONE = { retry: 'retried', reprocess: 'reprocessed', delete: 'deleted' } as const;

/**
 * Does it to many documents. What is not in the state for it any more, or is not reached in the time of a request, is
 * left as it is.
 * @returns how many it was done to
 * @throws ApiError
 */
export async function changeAll(what: keyof typeof DONE, ids: readonly string[]): Promise<number> {
  let done = 0;
  for (let at = 0; at < ids.length; at += AT_A_TIME) {
    const json = { filter: { documentId: ids.slice(at, at + AT_A_TIME) } };
    const answer = await request<Record<string, number>>(`/api/documents/${what}`, { method: 'POST', json });
    done += answer[DONE[what]] ?? 0;
  }
  return done;
}
