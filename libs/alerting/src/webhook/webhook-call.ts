import { ExchangeError, type HttpEndpoint } from '@vectorlane/endpoint';
import { redact, cutText } from '@vectorlane/errors';
import type { Alert } from '../alert';
import type { WebhookTarget } from './webhook-target';

/** What the receiver said to one POST. */
export interface Receipt {
  readonly delivered: boolean;
  /** HTTP status; undefined when there was no answer. */
  readonly status?: number;
  readonly latencyMs: number;
  /** The beginning of the answer's body, or why there was none; redacted, never the address. */
  readonly detail: string;
  /** The same POST may succeed later. */
  readonly transient: boolean;
  /** What the receiver asked for by `Retry-After`. */
  readonly retryAfterMs?: number;
}

/** Receivers explain themselves in a line; more is not read. */
const EXCERPT_BYTES = 2_048;
const EXCERPT_CHARACTERS = 300;
/** The status has decided already; its explanation is not waited for much longer. */
const EXCERPT_WAIT_MS = 1_000;

/** 408 and 425 say "later", 429 "slower". */
const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([408, 425, 429]);

/** One POST, bounded in time and in what is read of the answer; follows no redirect. Never throws. */
export async function callWebhook(
  endpoint: HttpEndpoint,
  target: WebhookTarget,
  alert: Alert,
  timeoutMs: number,
): Promise<Receipt> {
  const startedAt = performance.now();
  const taken = (): number => Math.round(performance.now() - startedAt);
  try {
    const { url, body } = target.channel.message(alert, target.url);
    const {
      status,
      body: said,
      retryAfterMs,
    } = await endpoint.exchange({
      method: 'POST',
      path: url.pathname + url.search,
      headers: { 'content-type': 'application/json', 'user-agent': `Vectorlane/${alert.version}` },
      body: Buffer.from(JSON.stringify(body)),
      maxBytes: EXCERPT_BYTES,
      beyond: 'cut',
      bodyWithinMs: EXCERPT_WAIT_MS,
      timeoutMs,
    });
    const excerpt = cutText(redact(said.toString('utf8').trim(), target.secrets), EXCERPT_CHARACTERS);
    return {
      delivered: status >= 200 && status < 300,
      status,
      latencyMs: taken(),
      // It would carry the alert, and the answer's body back, to an address that nobody configured.
      detail: status >= 300 && status < 400 ? 'The answer is a redirect, which is not followed.' : excerpt,
      transient: status >= 500 || TRANSIENT_STATUSES.has(status),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    };
  } catch (error) {
    return { delivered: false, latencyMs: taken(), detail: reasonOf(error, timeoutMs), transient: true };
  }
}

function reasonOf(error: unknown, timeoutMs: number): string {
  if (!(error instanceof ExchangeError)) return 'No connection (no reason given).';
  if (error.fault === 'slow') return `No answer within ${timeoutMs} ms.`;
  return `No connection (${error.code ?? error.message}).`;
}
