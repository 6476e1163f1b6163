import { isIP } from 'node:net';

/** Lists of peers that an operator writes on one line, separated by commas. */

/** Proxies in front of the service: how many, or which addresses they have. What Express calls `trust proxy`. */
export type TrustedProxies = number | readonly string[];

const MOST_HOPS = 10;
const ADDRESS_BITS: Readonly<Record<number, number>> = { 4: 32, 6: 128 };

/**
 * A count of proxies (`1`), or their addresses and networks (`10.0.0.0/8, fd00::/8`). `true` is none of these: it would
 * let every client choose its own address, and so would a network that holds every address.
 * @throws Error saying what is allowed
 */
export function parseTrustedProxies(text: string): TrustedProxies {
  if (/^\d{1,2}$/.test(text) && Number(text) <= MOST_HOPS) return Number(text);
  const networks = listed(text);
  if (networks.length === 0 || !networks.every(isNetwork)) {
    throw new Error(
      `must be how many proxies stand in front (0 to ${MOST_HOPS}), or their addresses and networks separated by commas, ` +
        'such as 10.0.0.0/8; a network of every address is refused',
    );
  }
  return networks;
}

function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const bits = ADDRESS_BITS[isIP(address)];
  if (bits === undefined || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) >= 1 && Number(prefix) <= bits);
}

/**
 * Origins of web pages (`https://app.example.org`), as a browser writes them.
 * @throws Error naming the one that is none
 */
export function parseOrigins(text: string): readonly string[] {
  return listed(text).map((entry) => {
    const url = URL.canParse(entry) ? new URL(entry) : undefined;
    const isOrigin =
      url !== undefined &&
      /^https?:$/.test(url.protocol) &&
      !url.hostname.includes('*') &&
      entry.replace(/\/$/, '').toLowerCase() === url.origin;
    if (!isOrigin)
      throw new Error(`must be origins separated by commas, such as https://app.example.org, not "${entry}"`);
    return url.origin;
  });
}

function listed(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}
