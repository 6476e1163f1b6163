import type { RedisOptions } from 'ioredis';
import { FailoverConnector } from './sentinel-connector';
import type { ValkeyEndpoint } from './embedded/embedded-valkey';

/** Where Redis is and how to get in. Secret in part: `label` is what may be shown. */
export interface RedisAddress {
  readonly connection: RedisOptions;
  /** `host:port`, for messages. */
  readonly label: string;
}

const PLAIN_FORM = 'redis://user:password@host:6379/0';
const SENTINEL_FORM = 'redis+sentinel://user:password@host:26379,host:26379/master-name/0';

/**
 * Reads `redis[s]://[user[:password]@]host[:port][/database]`, and for a Redis under Sentinel
 * `redis[s]+sentinel://[user[:password]@]host[:port],…/master-name[/database]`, with `?sentinelPassword=` and
 * `&sentinelUsername=` where the Sentinels have a password of their own.
 * @throws Error naming REDIS_URL and never its value, which holds the password
 */
export function parseRedisUrl(text: string): RedisAddress {
  return /^rediss?\+sentinel:/.test(text) ? parseSentinelUrl(text) : parsePlainUrl(text);
}

function parsePlainUrl(text: string): RedisAddress {
  if (!URL.canParse(text)) throw new Error(`REDIS_URL is not an address. Expected: ${PLAIN_FORM}`);
  const url = new URL(text);
  const host = bare(url.hostname);
  if (host === '') throw new Error(`REDIS_URL names no host. Expected: ${PLAIN_FORM}`);
  const port = url.port === '' ? 6379 : Number(url.port);
  // A parameter that is silently without effect (`?tls=true`) would be worse than a boot that stops.
  if (url.search !== '')
    throw new Error('REDIS_URL takes no parameters after a question mark. For TLS write rediss://');
  return {
    label: `${url.hostname}:${port}`,
    connection: {
      host,
      port,
      ...credentials(url),
      ...databaseOf(url.pathname.replace(/^\//, '')),
      ...(url.protocol === 'rediss:' && { tls: { servername: host } }),
    },
  };
}

function parseSentinelUrl(text: string): RedisAddress {
  const [, scheme = '', user = '', list = '', rest = ''] =
    /^(\w+\+sentinel:\/\/)([^/?#]*@)?([^/?#@]*)(.*)$/.exec(text) ?? [];
  // Each host in an address of its own: a URL has one.
  const addresses = list.split(',').map((host) => `${scheme}${user}${host}${rest}`);
  const [first, ...others] = addresses.map((address) => (URL.canParse(address) ? new URL(address) : undefined));
  if (first === undefined || others.includes(undefined) || list.split(',').includes(''))
    throw new Error(`REDIS_URL is not an address. Expected: ${SENTINEL_FORM}`);
  const urls = [first, ...others.flatMap((url) => url ?? [])];
  const [name = '', database = '', ...more] = first.pathname.replace(/^\//, '').split('/');
  if (name === '' || more.length > 0)
    throw new Error(`REDIS_URL names no master that the Sentinels watch. Expected: ${SENTINEL_FORM}`);
  const { sentinelUsername, sentinelPassword, ...unknown } = Object.fromEntries(first.searchParams);
  if (Object.keys(unknown).length > 0)
    throw new Error('REDIS_URL takes the parameters sentinelUsername and sentinelPassword alone.');
  const sentinels = urls.map(({ hostname, port }) => ({
    host: bare(hostname),
    port: port === '' ? 26_379 : Number(port),
  }));
  return {
    label: `${decodeURIComponent(name)} of ${urls.map(({ host }) => host).join(',')}`,
    connection: {
      sentinels,
      name: decodeURIComponent(name),
      ...credentials(first),
      ...databaseOf(database),
      ...(sentinelUsername !== undefined && { sentinelUsername }),
      ...(sentinelPassword !== undefined && { sentinelPassword }),
      ...(first.protocol.startsWith('rediss') && { tls: {}, enableTLSForSentinelMode: true }),
      // A master that is cut off still answers us: the Sentinels tell that there is another.
      failoverDetector: true,
      Connector: FailoverConnector,
    },
  };
}

/** An IPv6 address is bracketed in a URL and bare in a socket's options. */
function bare(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

function credentials({ username, password }: URL): RedisOptions {
  return {
    ...(username !== '' && { username: decodeURIComponent(username) }),
    ...(password !== '' && { password: decodeURIComponent(password) }),
  };
}

function databaseOf(text: string): RedisOptions {
  if (!/^\d{0,5}$/.test(text)) throw new Error('REDIS_URL must end with the number of a database, or with nothing.');
  return text === '' ? {} : { db: Number(text) };
}

/** The embedded Valkey's address. */
export function addressOf(endpoint: ValkeyEndpoint): RedisAddress {
  return { connection: { ...endpoint }, label: `${endpoint.host}:${endpoint.port}` };
}
