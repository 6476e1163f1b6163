import { within } from '@vectorlane/time';

/** Redis did not answer in time. What was asked may still happen later; callers treat it as "unknown". */
export class QueueTimeoutError extends Error {
  override readonly name = 'QueueTimeoutError';
}

/**
 * ioredis keeps commands while it reconnects and BullMQ waits for a ready connection, so that a call may hang far
 * longer than any caller should: every one of ours goes through here.
 * @throws QueueTimeoutError after `timeoutMs`
 */
export function answeredWithin<T>(work: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  const late = (): Error => new QueueTimeoutError(`Redis did not ${what} within ${timeoutMs} ms.`);
  return within(work, { timeoutMs, late });
}
