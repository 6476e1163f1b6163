import type { AlertChannel } from '../channels/alert-channel';

/** Where alerts go. The address is a secret (anybody who knows it can post): `host` is all that may be shown of it. */
export interface WebhookTarget {
  readonly url: URL;
  readonly host: string;
  /** From a user name and password in the address, which `fetch` refuses there. */
  readonly authorization: string | undefined;
  readonly channel: AlertChannel;
  /** Texts that must not appear in any message or log line. */
  readonly secrets: readonly string[];
}

/** Shorter than this, a part of the address is an ordinary word and hiding it would make messages unreadable. */
const SECRET_CHARACTERS = 8;

/**
 * @param address a valid http or https URL
 * @param kind a channel's name, or `auto` to choose by the address
 */
export function webhookTarget(address: string, kind: string, channels: readonly AlertChannel[]): WebhookTarget {
  const url = new URL(address);
  const password = decoded(url.password);
  const credentials = url.username === '' ? undefined : `${decoded(url.username)}:${password}`;
  url.username = '';
  url.password = '';
  url.hash = '';
  const channel = channels.find((candidate) => (kind === 'auto' ? candidate.recognises(url) : candidate.kind === kind));
  if (channel === undefined) throw new Error(`No alert channel is called "${kind}".`);
  const secrets = [address, url.href, url.pathname + url.search, ...url.pathname.split('/'), url.search, password];
  return {
    url,
    host: url.host,
    authorization: credentials === undefined ? undefined : `Basic ${Buffer.from(credentials).toString('base64')}`,
    channel,
    secrets: [...new Set(secrets)].filter((text) => text.length >= SECRET_CHARACTERS),
  };
}

/** A percent sign that begins no escape stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
