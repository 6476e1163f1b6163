import type { Alert } from '../alert';
import { redact } from '../text/redaction';
import { cutText } from '../text/cut';
import { parseRetryAfter } from './retry-after';
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
  readonly passing: boolean;
  /** What the receiver asked for by `Retry-After`. */
  readonly retryAfterMs?: number;
}

/** Receivers explain themselves in a line; more is not read. */
const EXCERPT_BYTES = 2_048;
const EXCERPT_CHARACTERS = 300;
/** The status has decided already; its explanation is not waited for much longer. */
const EXCERPT_WAIT_MS = 1_000;

/** 408 and 425 say "later", 429 "slower". */
const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 425, 429]);

/** One POST, bounded in time and in what is read of the answer; follows no redirect. Never throws. */
export async function callWebhook(target: WebhookTarget, alert: Alert, timeoutMs: number): Promise<Receipt> {
  const startedAt = performance.now();
  const taken = (): number => Math.round(performance.now() - startedAt);
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    const { url, body } = target.channel.message(alert, target.url);
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'User-Agent': `Vectorlane/${alert.version}`,
        ...(target.authorization !== undefined && { Authorization: target.authorization }),
      },
      body: JSON.stringify(body),
      // A redirect would carry the alert, and the answer's body back, to an address that nobody configured.
      redirect: 'manual',
      signal: deadline,
    });
    const latencyMs = taken();
    const { status } = response;
    const said = cutText(redact(await excerpt(response), target.secrets), EXCERPT_CHARACTERS);
    const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), Date.now());
    return {
      delivered: response.ok,
      status,
      latencyMs,
      detail: status >= 300 && status < 400 ? 'The answer is a redirect, which is not followed.' : said,
      passing: status >= 500 || PASSING_STATUSES.has(status),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    };
  } catch (error) {
    const detail = deadline.aborted ? `No answer within ${timeoutMs} ms.` : `No connection (${reasonOf(error)}).`;
    return { delivered: false, latencyMs: taken(), detail, passing: true };
  }
}

/** The first bytes of the body, as many as come in time; the rest is never read. */
async function excerpt(response: Response): Promise<string> {
  const reader = (response.body as ReadableStream<Uint8Array> | null)?.getReader();
  if (reader === undefined) return '';
  const chunks: Uint8Array[] = [];
  let length = 0;
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), EXCERPT_WAIT_MS);
  });
  try {
    while (length < EXCERPT_BYTES) {
      const read = await Promise.race([reader.read(), patience]);
      if (read?.value === undefined) break;
      chunks.push(read.value);
      length += read.value.length;
    }
  } catch {
    // Cut off in the middle: what has come is what there is to show, and the status is known.
  } finally {
    clearTimeout(timer);
    void reader.cancel().catch(() => undefined);
  }
  return Buffer.concat(chunks).subarray(0, EXCERPT_BYTES).toString('utf8').trim();
}

/** The system's word for it (`ECONNREFUSED`, `ENOTFOUND`). Messages of `fetch` may repeat the address: never those. */
function reasonOf(error: unknown): string {
  // Told by their shape: errors of `fetch` need not be of this realm's Error.
  for (let inner = error, depth = 0; typeof inner === 'object' && inner !== null && depth < 5; depth += 1) {
    const { code, errors, cause } = inner as { code?: unknown; errors?: unknown; cause?: unknown };
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code)) return code;
    // Several addresses were tried, and each has its own reason.
    inner = Array.isArray(errors) && errors.length > 0 ? (errors[0] as unknown) : cause;
  }
  return 'no reason given';
}
