/** Why there is no whole answer. */
export type ExchangeFault =
  /** No connection, or one that broke. */
  | 'lost'
  /** Not within the time. */
  | 'slow'
  /** A good answer of more bytes than are taken. */
  | 'too-large';

export interface ExchangeErrorOptions {
  /** Nothing reached the server, for a kept connection had been closed: no reason to wait. */
  readonly retryAtOnce?: boolean;
}

/**
 * One exchange that came to nothing. `message` finishes a sentence that begins with the server's name. It has no cause:
 * what Node attaches to its errors quotes the wire, and so a token or a document.
 */
export class ExchangeError extends Error {
  override readonly name = 'ExchangeError';
  readonly retryAtOnce: boolean;

  constructor(
    readonly fault: ExchangeFault,
    message: string,
    { retryAtOnce = false }: ExchangeErrorOptions = {},
  ) {
    super(message);
    this.retryAtOnce = retryAtOnce;
  }
}
