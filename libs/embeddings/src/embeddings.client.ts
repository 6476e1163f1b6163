import { refusalError, retryAfterMs, EndpointError } from './endpoint-error';
import { readEmbeddings } from './embeddings-answer';
import { JsonEndpoint, type JsonReply } from './json-endpoint';
import { quotable, wordsOf } from './server-words';

export interface EmbeddingsClientOptions {
  /** Up to and including the version, `https://api.example.com/v1`; no credentials in it. */
  readonly baseUrl: string;
  readonly token?: string | undefined;
  readonly model: string;
  /** Asked of the endpoint, and demanded of its vectors. */
  readonly dimension?: number | undefined;
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
  private readonly endpoint: JsonEndpoint;
  private dimension: number | undefined;
  private asksForDimensions: boolean;

  constructor(private readonly options: EmbeddingsClientOptions) {
    const { token, maxConnections, timeoutMs, baseUrl } = options;
    const url = new URL(`${baseUrl.replace(/\/+$/, '')}/embeddings`);
    this.endpoint = new JsonEndpoint({ url, token, maxConnections, timeoutMs });
    this.dimension = options.dimension;
    this.asksForDimensions = options.dimension !== undefined;
  }

  /**
   * L2-normalised vectors in the order of the texts, all of one dimension: the configured one, or the first one seen.
   * @param texts at least one, none of them empty
   * @throws EndpointError without a word of the texts or the token; the signal's reason when aborted
   */
  async embed(texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]> {
    try {
      return await this.call(texts, signal);
    } catch (error) {
      if (!(error instanceof EndpointError) || error.fault !== 'dimensions-refused') throw error;
      // Whether its vectors have the right dimension anyway is checked on each of them.
      this.asksForDimensions = false;
      return this.call(texts, signal);
    }
  }

  close(): void {
    this.endpoint.close();
  }

  private async call(texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]> {
    const asksForDimensions = this.asksForDimensions;
    const { model } = this.options;
    const body = {
      model,
      input: texts,
      encoding_format: 'float',
      ...(asksForDimensions && { dimensions: this.dimension }),
    };
    const maxBytes = BYTES_BESIDES + texts.length * (this.dimension ?? MOST_DIMENSIONS) * BYTES_PER_NUMBER;
    const reply = await this.endpoint.post(body, maxBytes, signal);
    if (reply.status !== 200) throw this.refusal(reply, texts, asksForDimensions);
    if (!/^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(reply.contentType)) {
      throw new EndpointError('final', 'answered with something that is not JSON');
    }
    const vectors = readEmbeddings(reply.body, texts.length, this.dimension);
    this.dimension ??= vectors[0]?.length;
    return vectors;
  }

  private refusal(reply: JsonReply, texts: readonly string[], askedForDimensions: boolean): EndpointError {
    const words = wordsOf(reply.body);
    return refusalError({
      status: reply.status,
      words,
      quote: quotable(words, this.options.token, texts),
      retryAfterMs: retryAfterMs(reply.retryAfter, Date.now()),
      askedForDimensions,
    });
  }
}
