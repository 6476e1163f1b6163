import { WebhookRefused } from './errors.ts';
import type { EventType } from './types.ts';

export interface WebhookEvent {
  readonly type: EventType | 'webhook.test';
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
}

type HeaderSource = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

export interface VerifyOptions {
  /** How old, or how far ahead, a webhook may be. */
  readonly toleranceSeconds?: number;
  readonly now?: Date;
}

/**
 * Verifies a webhook by Standard Webhooks 1.0. The comparison is the platform's own and takes constant time.
 * @param body as it came, byte for byte
 * @param secret as the service gave it; several while one takes the other's place
 * @throws WebhookRefused
 */
export async function verifyWebhook(
  body: string | Uint8Array,
  headers: HeaderSource,
  secret: string | readonly string[],
  { toleranceSeconds = 300, now = new Date() }: VerifyOptions = {},
): Promise<WebhookEvent> {
  const [id, timestamp, signatures] = ['id', 'timestamp', 'signature'].map((name) =>
    header(headers, `webhook-${name}`),
  );
  if (!id || !timestamp || !signatures) throw new WebhookRefused('A header of Standard Webhooks is missing.');
  if (!/^\d+$/.test(timestamp)) throw new WebhookRefused('webhook-timestamp is not a number.');
  if (Math.abs(now.getTime() / 1_000 - Number(timestamp)) > toleranceSeconds) {
    throw new WebhookRefused('The webhook is too old, or from the future.');
  }
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
  const head = new TextEncoder().encode(`${id}.${timestamp}.`);
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const signed = new Uint8Array(head.length + bytes.length);
  signed.set(head);
  signed.set(bytes, head.length);
  const given = signatures.split(' ').flatMap((signature) => (signature.startsWith('v1,') ? [signature.slice(3)] : []));
  for (const one of typeof secret === 'string' ? [secret] : secret) {
    const raw = fromBase64(one.replace(/^whsec_/, ''));
    if (raw === undefined || raw.length === 0) throw new TypeError('The secret of a webhook is `whsec_` and Base64.');
    const key = await crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
    for (const signature of given.map(fromBase64)) {
      if (signature && (await crypto.subtle.verify('HMAC', key, signature, signed))) return eventIn(text);
    }
  }
  throw new WebhookRefused('No signature of the webhook is right.');
}

function eventIn(text: string): WebhookEvent {
  try {
    return JSON.parse(text) as WebhookEvent;
  } catch (error) {
    throw new WebhookRefused('The webhook is not JSON.', { cause: error });
  }
}

function header(headers: HeaderSource, name: string): string | undefined {
  if (headers instanceof Headers) return headers.get(name) ?? undefined;
  const value = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  return typeof value === 'string' ? value : value?.join(' ');
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
