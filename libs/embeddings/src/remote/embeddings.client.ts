import { ExchangeError, HttpEndpoint, type HttpReply } from '@vectorlane/endpoint';
import { EndpointError, exchangeFailed, refusalError } from './endpoint-error';
import { readEmbeddings } from './embeddings-answer';
import { quotable, wordsOf } from './server-words';

export interface EmbeddingsClientOptions {
  /** Up to and including the version, `https://api.example.com/v1`; no credentials in it. */
  readonly baseUrl: string;
  readonly token?: string | undefined;
  readonly model: string;
  /** Asked of the endpoint, and demanded of its vectors. */
  readonly dimension?: number | undefined;
  /** The answer has to name the model that was asked for; some endpoints answer with a version of it. */
  readonly exactModel?: boolean | undefined;
  /** Bound on one call, from the first byte sent to the last received. */
  readonly timeoutMs: number;
  readonly maxConnections: number;
}

/** Numbers of a JSON list take up to 25 bytes; the rest is room for white space. */
const BYTES_PER_NUMBER = 64;
const BYTES_BESIDES = 65_536;
/** More than any model has; bounds the answer while the dimension is not known. */
const MOST_DIMENSIONS = 32_768;

/**
 * The protocol of OpenAI's `POST /embeddings`, as text-embeddings-inference, Ollama, vLLM, LocalAI and others speak it:
 * one call, no retries. `float` is asked for because not all of them know `base64`.
 */
export class EmbeddingsClient {
  private readonly endpoint: HttpEndpoint;
  private dimension: number | undefined;
  private asksForDimensions: boolean;

  constructor(private readonly options: EmbeddingsClientOptions) {
    const { token, maxConnections, baseUrl } = options;
    this.endpoint = new HttpEndpoint({ baseUrl, token, maxConnections });
    this.dimension = options.dimension;
    this.asksForDimensions = options.dimension !== undefined;
  }

  /**
   * L2-normalised vectors in the order of the texts, all of one dimension: the configured one, or the first one seen.
   * @param texts at least one, none of them empty
   * @param requestId passed on as `X-Request-ID`
   * @throws EndpointError without a word of the texts or the token; the signal's reason when aborted
   */
  async embed(texts: readonly string[], signal: AbortSignal, requestId?: string): Promise<Float32Array[]> {
    try {
      return await this.call(texts, signal, requestId);
    } catch (error) {
      if (!(error instanceof EndpointError) || error.fault !== 'dimensions-refused') throw error;
      // Whether its vectors have the right dimension anyway is checked on each of them.
      this.asksForDimensions = false;
      return this.call(texts, signal, requestId);
    }
  }

  close(): void {
    this.endpoint.close();
  }

  private async call(
    texts: readonly string[],
    signal: AbortSignal,
    requestId: string | undefined,
  ): Promise<Float32Array[]> {
    const asksForDimensions = this.asksForDimensions;
    const { model } = this.options;
    const body = {
      model,
      input: texts,
      encoding_format: 'float',
      ...(asksForDimensions && { dimensions: this.dimension }),
    };
    const maxBytes = BYTES_BESIDES + texts.length * (this.dimension ?? MOST_DIMENSIONS) * BYTES_PER_NUMBER;
    const reply = await this.post(body, maxBytes, signal, requestId);
    if (reply.status !== 200) throw this.refusal(reply, texts, asksForDimensions);
    if (!/^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(reply.headers['content-type'] ?? '')) {
      throw new EndpointError('final', 'answered with something that is not JSON');
    }
    const expected = { dimension: this.dimension, ...(this.options.exactModel === true && { model }) };
    const vectors = readEmbeddings(reply.body.toString('utf8'), texts.length, expected);
    this.dimension ??= vectors[0]?.length;
    return vectors;
  }

  private async post(
    body: unknown,
    maxBytes: number,
    signal: AbortSignal,
    requestId: string | undefined,
  ): Promise<HttpReply> {
    const exchange = {
      method: 'POST',
      path: '/embeddings',
      headers: {
        'content-type': 'application/json',
        ...(requestId !== undefined && { 'x-request-id': requestId }),
      },
      body: Buffer.from(JSON.stringify(body)),
      maxBytes,
      timeoutMs: this.options.timeoutMs,
    } as const;
    try {
      return await this.endpoint.exchange(exchange, signal);
    } catch (error) {
      throw error instanceof ExchangeError ? exchangeFailed(error) : error;
    }
  }

  private refusal(reply: HttpReply, texts: readonly string[], askedForDimensions: boolean): EndpointError {
    const words = wordsOf(reply.body.toString('utf8'));
    return refusalError({
      status: reply.status,
      words,
      quote: quotable(words, this.options.token, texts),
      retryAfterMs: reply.retryAfterMs,
      askedForDimensions,
    });
  }
}
