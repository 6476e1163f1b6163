import type { ExchangeError } from '@vectorlane/endpoint';

/**
 * What went wrong with one call of an embedding endpoint, and what follows from it. None of these errors has a cause:
 * what Node and JSON.parse attach to theirs quotes the wire, and so the key or a document.
 */
export type EndpointFault =
  /** May pass: connection lost, no answer in time, 5xx. */
  | 'transient'
  /** The endpoint asks everybody to wait: 429, or a transient fault with `Retry-After`. */
  | 'busy'
  /** A text, or all of them together, is more than it takes. */
  | 'too-long'
  /** It does not let itself be asked for a number of dimensions. */
  | 'dimensions-refused'
  /** Will be the same the next time. */
  | 'final';

export interface EndpointErrorOptions {
  readonly retryAfterMs?: number;
  /** Nothing reached the endpoint, for a kept connection had been closed: no reason to wait. */
  readonly retryAtOnce?: boolean;
}

/** `message` finishes the sentence "The embedding model …" that users read. */
export class EndpointError extends Error {
  override readonly name = 'EndpointError';
  readonly retryAfterMs: number | undefined;
  readonly retryAtOnce: boolean;

  constructor(
    readonly fault: EndpointFault,
    message: string,
    { retryAfterMs, retryAtOnce = false }: EndpointErrorOptions = {},
  ) {
    super(message);
    this.retryAfterMs = retryAfterMs;
    this.retryAtOnce = retryAtOnce;
  }
}

/** An answer that is too large will be so the next time; everything else about a connection may pass. */
export function exchangeFailed({ fault, message, retryAtOnce }: ExchangeError): EndpointError {
  return new EndpointError(fault === 'too-large' ? 'final' : 'transient', message, { retryAtOnce });
}

/**
 * 408 and 425 ask for another try, 409 and 424 are what some servers answer while a model loads or its backend fails.
 */
const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([408, 409, 424, 425]);
/** vLLM and OpenAI say it with 400, Ollama too, some with 422, llama.cpp with 500; 413 needs no words. */
const SAYS_TOO_LONG_STATUSES: ReadonlySet<number> = new Set([400, 422, 500]);
const SAYS_TOO_LONG =
  /too (?:long|large|many (?:input|token))|(?:context|input|sequence)[ _](?:length|size|window)|maximum[^.]{0,40}tokens|less than \d+ tokens|batch size/i;

export interface Refusal {
  readonly status: number;
  /** What the endpoint said, unabridged: for classification alone. */
  readonly words: string;
  /** The same, fit to be read by anybody; see `quotable`. */
  readonly quote: string | undefined;
  readonly retryAfterMs: number | undefined;
  /** The call asked for a number of dimensions. */
  readonly askedForDimensions: boolean;
}

/** What a status that is not 200 means. */
export function refusalError({ status, words, quote, retryAfterMs, askedForDimensions }: Refusal): EndpointError {
  const answered = `answered ${status}${quote === undefined ? '' : `: "${quote}"`}`;
  if (status >= 300 && status < 400) {
    return new EndpointError('final', `answered with a redirect (${status}), which is not followed`);
  }
  if (status === 413 || (SAYS_TOO_LONG_STATUSES.has(status) && SAYS_TOO_LONG.test(words))) {
    return new EndpointError('too-long', answered);
  }
  if (askedForDimensions && (status === 400 || status === 422) && /dimension|matryoshka/i.test(words)) {
    return new EndpointError('dimensions-refused', answered);
  }
  const options = retryAfterMs === undefined ? {} : { retryAfterMs };
  if (status === 429) return new EndpointError('busy', answered, options);
  if (status >= 500 || TRANSIENT_STATUSES.has(status)) {
    return new EndpointError(retryAfterMs === undefined ? 'transient' : 'busy', answered, options);
  }
  return new EndpointError('final', answered);
}
