import { Client, type ClientConfig } from 'pg';

/** An address of one server. */
export interface Host {
  readonly host: string;
  readonly port: number;
}

export interface ServerAddresses {
  /** One connection string for each host, in the order they are named in. Secret in part. */
  readonly urls: readonly [string, ...string[]];
  /** `host:port/database`, without the password, for messages. */
  readonly label: string;
}

const FORM = 'postgres://user:password@host:5432,other:5432/database';
/** What libpq calls a server that takes writes; it is the only kind that is of use here. */
const WRITABLE = new Set(['read-write', 'primary']);
/** Longest that one server is asked whether it takes writes. */
const ASK_MS = 2_000;

/**
 * Reads `postgres://…@host:port,host:port/database?target_session_attrs=read-write`, as libpq does.
 * @throws Error naming DATABASE_URL and never its value, which holds the password
 */
export function parseDatabaseUrl(text: string): ServerAddresses {
  const [, start, user = '', list = '', rest = ''] = /^(\w+:\/\/)([^/?#]*@)?([^/?#@]*)(.*)$/.exec(text) ?? [];
  const hosts = list.split(',');
  if (start === undefined) throw new Error(`DATABASE_URL is not an address. Expected: ${FORM}`);
  const urls = hosts.map((host) => {
    const url = `${start}${user}${host}${rest}`;
    // Without a host it is the server's socket on this machine, which only one can have.
    if (!URL.canParse(url) || (host === '' && hosts.length > 1))
      throw new Error(`DATABASE_URL is not an address. Expected: ${FORM}`);
    return withoutTarget(url);
  });
  const [first = '', ...others] = urls;
  const database = URL.canParse(first) ? new URL(first).pathname : '';
  const named = hosts.map((host) => (/:\d+$/.test(host) ? host : `${host}:5432`));
  return { urls: [first, ...others], label: `${named.join(',')}${database}` };
}

function withoutTarget(text: string): string {
  if (!text.includes('target_session_attrs')) return text;
  const url = new URL(text);
  const target = url.searchParams.get('target_session_attrs') ?? '';
  if (!WRITABLE.has(target))
    throw new Error('DATABASE_URL: target_session_attrs must be read-write or primary, or left out.');
  url.searchParams.delete('target_session_attrs');
  return url.href;
}

/** None of the servers takes writes now. `code` is theirs where they all say the same, such as a wrong password. */
class NoPrimaryError extends Error {
  override readonly name = 'NoPrimaryError';
  readonly code: string;

  constructor(reasons: readonly (readonly [string, unknown])[]) {
    super(`No server takes writes (${reasons.map(([name, reason]) => `${name}: ${wordsOf(reason)}`).join('; ')}).`);
    const codes = new Set(reasons.map(([, reason]) => (reason as { code?: unknown }).code));
    const [code] = codes;
    this.code = codes.size === 1 && typeof code === 'string' ? code : '08001';
  }
}

/** A standby, or a server that somebody has made read-only. */
class ReadOnlyServerError extends Error {
  override readonly name = 'ReadOnlyServerError';
  readonly code = '25006';

  constructor() {
    super('it takes no writes');
  }
}

function wordsOf(reason: unknown): string {
  const { code, message } = reason as { code?: string; message?: string };
  return message === undefined || message === '' ? String(code) : message;
}

/**
 * Several servers of which one takes writes: a primary and its standbys. All are asked at once, and the first that
 * takes writes is kept until a connection to it is lost or finds it read-only.
 */
export class ServerHosts {
  private known: Host | undefined;
  private search: Promise<Host> | undefined;

  /** @param connection the settings of a connection, without the address */
  constructor(
    private readonly urls: readonly string[],
    private readonly connection: ClientConfig,
  ) {}

  /** @throws NoPrimaryError within two seconds */
  primary(): Promise<Host> {
    if (this.known !== undefined) return Promise.resolve(this.known);
    this.search ??= this.find().finally(() => (this.search = undefined));
    return this.search;
  }

  /** The next connection looks for the primary again, if this was it. */
  forget({ host, port }: Host): void {
    if (this.known?.host === host && this.known.port === port) this.known = undefined;
  }

  /** @throws ReadOnlyServerError */
  async requirePrimary(client: Client): Promise<void> {
    const { rows } = await client.query<{ readonly: string }>(
      `SELECT current_setting('transaction_read_only') AS readonly`,
    );
    if (rows[0]?.readonly !== 'off') throw new ReadOnlyServerError();
  }

  private async find(): Promise<Host> {
    try {
      this.known = await Promise.any(this.urls.map((url) => this.ask(url)));
      return this.known;
    } catch (error) {
      const { errors } = error as AggregateError;
      throw new NoPrimaryError(this.urls.map((url, index) => [new URL(url).host, errors[index]] as const));
    }
  }

  private async ask(url: string): Promise<Host> {
    const client = new Client({ ...this.connection, connectionString: url, connectionTimeoutMillis: ASK_MS });
    client.on('error', () => undefined);
    // A server that lets us in and says no more would be waited for without an end.
    const timer = setTimeout(() => client.connection.stream.destroy(new Error('no answer')), ASK_MS);
    try {
      await client.connect();
      await this.requirePrimary(client);
      return { host: client.host, port: client.port };
    } finally {
      clearTimeout(timer);
      client.connection.stream.destroy();
    }
  }
}
