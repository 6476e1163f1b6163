import { ExchangeError, HttpEndpoint } from '@vectorlane/endpoint';
import { backoffMs } from '@vectorlane/time';
import type { DueDelivery, Outcome } from './deliveries.repository';
import { ADDRESS_REFUSED, mayBeCalled, publicLookup } from './webhook-address';

/** From the first byte sent to the last received. */
export const CALL_TIMEOUT_MS = 15_000;
/** Between tries; some twenty of them in a day. */
const BACKOFF = { firstMs: 5_000, longestMs: 2 * 3_600_000 };
const LONGEST_ASKED_MS = 24 * 3_600_000;

export interface SignedCall {
  readonly delivery: Pick<DueDelivery, 'id' | 'url' | 'attempts'>;
  readonly body: string;
  readonly timestamp: number;
  readonly signature: string;
}

/**
 * One request to a receiver. What it answers beyond its status is not read; a redirect is a failure: it would carry
 * the event to an address that nobody gave.
 * @throws the signal's reason
 */
export async function callReceiver(
  call: SignedCall,
  allowPrivate: boolean,
  signal: AbortSignal,
  timeoutMs = CALL_TIMEOUT_MS,
): Promise<Outcome> {
  const { delivery, body, timestamp, signature } = call;
  const failed = (error: string, status: number | null, askedMs = 0): Outcome => ({
    kind: 'failed',
    status,
    error,
    delayMs: Math.max(backoffMs(BACKOFF, delivery.attempts, Math.random), Math.min(askedMs, LONGEST_ASKED_MS)),
  });
  const url = new URL(delivery.url);
  if (!mayBeCalled(url, allowPrivate)) return failed('The address is not public.', null);
  // A connection of its own, so that where it leads is looked at each time.
  const endpoint = new HttpEndpoint({
    baseUrl: url.origin,
    maxConnections: 1,
    ...(!allowPrivate && { lookup: publicLookup }),
  });
  try {
    const { status, retryAfterMs } = await endpoint.exchange(
      {
        method: 'POST',
        path: url.pathname + url.search,
        headers: {
          'content-type': 'application/json',
          'webhook-id': delivery.id,
          'webhook-timestamp': String(timestamp),
          'webhook-signature': signature,
        },
        body: Buffer.from(body, 'utf8'),
        maxBytes: 1_024,
        beyond: 'cut',
        bodyWithinMs: 1_000,
        timeoutMs,
      },
      signal,
    );
    if (status >= 200 && status < 300) return { kind: 'delivered', status };
    if (status === 410) return { kind: 'gone', status };
    if (status >= 300 && status < 400) return failed('The answer is a redirect, which is not followed.', status);
    return failed(`The answer is ${status}.`, status, retryAfterMs);
  } catch (error) {
    if (!(error instanceof ExchangeError)) throw error;
    if (error.code === ADDRESS_REFUSED) return failed('The name leads to an address that is not public.', null);
    return failed(`The receiver ${error.message}.`, null);
  } finally {
    endpoint.close();
  }
}
