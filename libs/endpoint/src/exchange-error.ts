/** Why there is no whole answer. What a server *says* is no error here: its status is the caller's to read. */
export type ExchangeFault =
  /** No connection was had: nothing has been sent. */
  | 'unreachable'
  /** A connection that broke; what was asked may have been done. */
  | 'lost'
  /** Not within the time; what was asked may still be done. */
  | 'slow'
  /** What came is not HTTP. */
  | 'misbehaving'
  /** A good answer of more bytes than are taken. */
  | 'too-large';

export interface ExchangeErrorOptions {
  /** Nothing reached the server, for a kept connection had been closed: no reason to wait. */
  readonly retryAtOnce?: boolean;
  /** The system's word for it: `ECONNREFUSED`. */
  readonly code?: string | undefined;
}

/**
 * One exchange that came to nothing. `message` finishes a sentence that begins with the server's name. It has no cause:
 * what Node attaches to its errors quotes the wire, and so a token or a document.
 */
export class ExchangeError extends Error {
  override readonly name = 'ExchangeError';
  readonly retryAtOnce: boolean;
  readonly code: string | undefined;

  constructor(
    readonly fault: ExchangeFault,
    message: string,
    { retryAtOnce = false, code }: ExchangeErrorOptions = {},
  ) {
    super(message);
    this.retryAtOnce = retryAtOnce;
    this.code = code;
  }
}

/** Nothing took the connection, or there is no such host. */
const NOT_DELIVERED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
]);

/**
 * What became of a connection.
 * @param reused the request was written to a kept connection
 * @param connected it was had, so that something may have been sent
 */
export function connectionError(
  error: NodeJS.ErrnoException | undefined,
  { reused, connected }: { readonly reused: boolean; readonly connected: boolean },
): ExchangeError {
  const word = codeOf(error);
  const code = word === undefined ? {} : { code: word };
  const why = word ?? 'connection closed';
  if (word?.startsWith('HPE_') === true) {
    return new ExchangeError('misbehaving', `answered with something that is not HTTP (${why})`, code);
  }
  // A code of TLS: the handshake failed, before anything of ours was sent.
  if (!connected || (word !== undefined && NOT_DELIVERED.has(word))) {
    return new ExchangeError('unreachable', `cannot be reached (${why})`, code);
  }
  // The server closed a kept connection at the moment we wrote to it: it never saw this request.
  const retryAtOnce = reused && (word === 'ECONNRESET' || word === 'EPIPE');
  return new ExchangeError('lost', `cannot be reached (${why})`, { ...code, retryAtOnce });
}

/** A code is a constant of Node's; a message may hold bytes of the answer. Of several addresses, the first one's. */
function codeOf(error: NodeJS.ErrnoException | undefined): string | undefined {
  const codes = error instanceof AggregateError ? [error, ...(error.errors as unknown[])] : [error];
  return codes
    .map((each) => (each as NodeJS.ErrnoException | undefined)?.code)
    .find((code): code is string => typeof code === 'string' && /^[A-Z0-9_]{1,60}$/.test(code));
}
