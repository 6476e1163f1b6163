import { lookup as lookUp } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { Problem } from '@vectorlane/errors';

/** Networks that are not the internet: ours, our neighbours', this machine, and detours to them. */
const NOT_PUBLIC = new BlockList();
for (const network of [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['224.0.0.0/4', '240.0.0.0/4'],
]) {
  const [address = '', prefix] = network.split('/');
  NOT_PUBLIC.addSubnet(address, Number(prefix), 'ipv4');
}
/** Of IPv6 only this is given out for the internet; in it are documentation, Teredo and 6to4. */
const GLOBAL = new BlockList();
GLOBAL.addSubnet('2000::', 3, 'ipv6');
NOT_PUBLIC.addSubnet('2001::', 23, 'ipv6');
NOT_PUBLIC.addSubnet('2001:db8::', 32, 'ipv6');
NOT_PUBLIC.addSubnet('2002::', 16, 'ipv6');
NOT_PUBLIC.addSubnet('3fff::', 20, 'ipv6');

/** @param address of IPv4 or IPv6 */
export function isPublic(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !NOT_PUBLIC.check(address, 'ipv4');
    case 6:
      return GLOBAL.check(address, 'ipv6') && !NOT_PUBLIC.check(address, 'ipv6');
    default:
      return false;
  }
}

/** Code of a connection that is not made, for where it leads to. */
export const ADDRESS_REFUSED = 'ADDRESS_REFUSED';

/**
 * Looks a name up and refuses it when any of its addresses is not public. The connection is made to what was checked:
 * a name that leads elsewhere a moment later gains nothing.
 */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookUp(hostname, { ...options, all: true }, (error, addresses) => {
    const refused = error === null && addresses.some(({ address }) => !isPublic(address));
    const failure = refused
      ? Object.assign(new Error('The name leads to an address that is not public.'), { code: ADDRESS_REFUSED })
      : error;
    const [first] = addresses ?? [];
    if (failure !== null || first === undefined) callback(failure ?? new Error('The name has no address.'), '', 4);
    else if (options.all === true) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
};

/** An address in numbers is never looked up. @returns whether its host may be called, as far as it tells */
export function mayBeCalled({ hostname }: URL, allowPrivate: boolean): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  return allowPrivate || isIP(host) === 0 || isPublic(host);
}

/** @throws Problem `WEBHOOK_URL_REFUSED` */
export function checkedUrl(text: string, allowPrivate: boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new Problem('WEBHOOK_URL_REFUSED', 'url: must be a whole address, such as https://host/path.');
  }
  if (url.username !== '' || url.password !== '' || url.hash !== '') {
    throw new Problem('WEBHOOK_URL_REFUSED', 'url: may hold no user name, password or fragment.');
  }
  const isLocal = /(^|\.)(localhost|local|internal)\.?$/i.test(url.hostname);
  if (!mayBeCalled(url, allowPrivate) || (isLocal && !allowPrivate)) {
    throw new Problem(
      'WEBHOOK_URL_REFUSED',
      'url: leads to an address that is not public. WEBHOOK_ALLOW_PRIVATE=true lets it.',
    );
  }
  return url;
}
