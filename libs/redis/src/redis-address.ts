import type { RedisOptions } from 'ioredis';
import type { ValkeyEndpoint } from './embedded/embedded-valkey';

/** Where Redis is and how to get in. Secret in part: `label` is what may be shown. */
export interface RedisAddress {
  readonly connection: RedisOptions;
  /** `host:port`, for messages. */
  readonly label: string;
}

/**
 * Reads `redis[s]://[user[:password]@]host[:port][/database]`.
 * @throws Error naming REDIS_URL and never its value, which holds the password
 */
export function parseRedisUrl(text: string): RedisAddress {
  if (!URL.canParse(text)) throw new Error('REDIS_URL is not an address. Expected: redis://user:password@host:6379/0');
  const url = new URL(text);
  // An IPv6 address is bracketed in a URL and bare in a socket's options.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (host === '') throw new Error('REDIS_URL names no host. Expected: redis://user:password@host:6379/0');
  const port = url.port === '' ? 6379 : Number(url.port);
  const database = url.pathname.replace(/^\//, '');
  if (!/^\d{0,5}$/.test(database))
    throw new Error('REDIS_URL must end with the number of a database, or with nothing.');
  // A parameter that is silently without effect (`?tls=true`) would be worse than a boot that stops.
  if (url.search !== '')
    throw new Error('REDIS_URL takes no parameters after a question mark. For TLS write rediss://');
  return {
    label: `${url.hostname}:${port}`,
    connection: {
      host,
      port,
      ...(url.username !== '' && { username: decodeURIComponent(url.username) }),
      ...(url.password !== '' && { password: decodeURIComponent(url.password) }),
      ...(database !== '' && { db: Number(database) }),
      ...(url.protocol === 'rediss:' && { tls: { servername: host } }),
    },
  };
}

/** The embedded Valkey's address. */
export function addressOf(endpoint: ValkeyEndpoint): RedisAddress {
  return { connection: { ...endpoint }, label: `${endpoint.host}:${endpoint.port}` };
}
