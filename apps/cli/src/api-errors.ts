/**
 * What can go wrong between the client and the server, by what the user can do about it. No message ever holds the key.
 */

/** The server refused, in its own words (RFC 9457). */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly requestId?: string,
    readonly retryAfterMs?: number,
  ) {
    super(`${code}: ${detail}${requestId === undefined ? '' : ` (request ${requestId})`}`);
  }

  /** Every further request would be refused as this one was. */
  get concernsEveryRequest(): boolean {
    return this.status === 401 || this.status === 403;
  }
}

/** Nobody answered at the address. */
export class ServerUnreachable extends Error {
  override readonly name = 'ServerUnreachable';
  constructor(
    readonly url: string,
    readonly reason: string,
    /** Nothing took the connection, so the request was not carried out, nor begun. */
    readonly refused: boolean,
    options?: ErrorOptions,
  ) {
    const question = refused
      ? 'Is the server running? Start it with: npm start. Another address: --url.'
      : 'Is it still running?';
    super(`No answer from ${url} (${reason}). ${question}`, options);
  }
}

export class RequestTimedOut extends Error {
  override readonly name = 'RequestTimedOut';
  constructor(url: string, timeoutMs: number) {
    super(`${url} did not answer within ${Math.round(timeoutMs / 100) / 10} s. A longer wait: --timeout.`);
  }
}

/** Something answered, but not as this version of the API does. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer';
}

/** A file could not be read, or changed while it was; nothing is wrong with the server. */
export class UnreadableFile extends Error {
  override readonly name = 'UnreadableFile';
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
