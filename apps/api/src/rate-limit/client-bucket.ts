import { isIP } from 'node:net';
import { normalizeIp } from '@nestjs/throttler';
import type { ApiKeysService, ConsoleSessions } from '@vectorlane/auth';
import { presentedKey, presentedSession } from '@vectorlane/http';
import type { Request, Response } from 'express';

/** Whose requests are counted together, and how many of them a minute allows; `none`: they are not counted. */
export interface ClientBucket {
  readonly id: string;
  readonly limit: number | 'none';
}

/**
 * The bucket of the key, or of the key behind the session, when it is good and has a limit of its own, or none; else
 * the address's. A made-up key proves nothing and finds no bucket of its own, so that new ones do not get round the
 * limit. Nor does a flood without a key take anything away from a key with a limit of its own, even behind the same
 * address.
 */
export async function clientBucket(
  request: Request,
  response: Response,
  keys: Pick<ApiKeysService, 'limitOf'>,
  sessions: Pick<ConsoleSessions, 'limitOf'>,
  limitOfAddress: number,
): Promise<ClientBucket> {
  const address = clientAddress(request);
  const { given, parsed } = presentedKey(request, response);
  const session = given ? undefined : presentedSession(request);
  const good =
    (parsed && (await keys.limitOf(parsed, address))) ??
    (session === undefined ? undefined : await sessions.limitOf(session, address));
  if (good !== undefined && good.limit !== null) return { id: `key:${good.keyId}`, limit: good.limit };
  return { id: `ip:${address}`, limit: limitOfAddress };
}

/**
 * IPv4 as it is (also where IPv6 only carries it), IPv6 by its /64, which one household has for itself. The address
 * comes from the proxies that `TRUST_PROXY` names; what they pass on that is no address counts as the proxy's own.
 */
export function clientAddress(request: Request): string {
  const forwarded = withoutPort(request.ip ?? '');
  return normalizeIp(forwarded ?? request.socket.remoteAddress ?? 'unknown');
}

/** Some proxies write the port into the header: `203.0.113.7:41234`, `[2001:db8::1]:41234`. */
function withoutPort(text: string): string | undefined {
  if (isIP(text) !== 0) return text;
  const address = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1];
  return address !== undefined && isIP(address) !== 0 ? address : undefined;
}
