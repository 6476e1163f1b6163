import { isIP } from 'node:net';
import { normalizeIp } from '@nestjs/throttler';
import type { ApiKeysService } from '@vectorlane/auth';
import { presentedKey } from '@vectorlane/http';
import type { Request, Response } from 'express';

/** Whose requests are counted together, and how many of them a minute allows; `none`: they are not counted. */
export interface ClientBucket {
  readonly id: string;
  readonly limit: number | 'none';
}

/**
 * The key's own bucket when its secret was verified in the last minute and it has a limit of its own, or none; else the
 * address's. A made-up key proves nothing and finds no bucket of its own, so that new ones do not get round the limit.
 */
export function clientBucket(
  request: Request,
  response: Response,
  keys: ApiKeysService,
  limitOfAddress: number,
): ClientBucket {
  const { parsed } = presentedKey(request, response);
  const verified = parsed === undefined ? undefined : keys.limitOfVerified(parsed);
  if (verified !== undefined && verified.limit !== null) return { id: `key:${verified.keyId}`, limit: verified.limit };
  return { id: `ip:${clientAddress(request)}`, limit: limitOfAddress };
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
