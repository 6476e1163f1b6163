import { Problem } from '@vectorlane/errors';
import type { Response } from 'express';

/** Aborted when the client leaves before it has its answer: nothing more is computed for it. */
export function callerGone(response: Response): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableEnded) gone.abort(new Problem('INVALID_REQUEST', 'The client left before the answer.'));
  });
  return gone.signal;
}
