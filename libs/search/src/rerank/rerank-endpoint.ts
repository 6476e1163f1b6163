import { Logger } from '@nestjs/common';
import { HttpEndpoint, type HttpReply } from '@vectorlane/endpoint';
import { PROTOCOLS, type RerankKind, scoresOf } from './rerank-protocols';
import type { Reranker } from './reranker';

export interface RerankEndpointOptions {
  /** Of the server, up to its version, or of the endpoint itself (`…/rerank`). */
  readonly url: string;
  readonly token?: string | undefined;
  readonly model?: string | undefined;
  /** `auto`: found out by asking. */
  readonly kind: RerankKind | 'auto';
  readonly timeoutMs: number;
  /** A server that may have no reranker: 404 is then no trouble, and asked about again after the pause. */
  readonly isOptional?: boolean;
}

const MAX_CONNECTIONS = 8;
const MAX_ANSWER_BYTES = 1_048_576;
/** After so many failures in a row it is left alone for so long: a search waits for nothing that will not come. */
const FAILURES = 3;
const PAUSE_MS = 30_000;
/** “I do not understand”, in the words of various servers. */
const OTHER_PROTOCOL = new Set([400, 404, 405, 415, 422]);

class Misunderstood extends Error {}
class HasNone extends Error {}

/** A reranker behind HTTP. Whatever it does, a search goes on without it. */
export class RerankEndpoint implements Reranker {
  private readonly logger = new Logger('Reranker');
  private readonly endpoint: HttpEndpoint;
  private readonly isWhole: boolean;
  private readonly hasVersion: boolean;
  private kinds: readonly RerankKind[];
  private failures = 0;
  private pausedUntil = 0;

  constructor(private readonly options: RerankEndpointOptions) {
    const { url, token, kind, model } = options;
    const base = url.replace(/\/+$/, '');
    this.isWhole = /\/rerank$/.test(base);
    this.hasVersion = /\/v\d+$/.test(base);
    this.endpoint = new HttpEndpoint({ baseUrl: base, token, maxConnections: MAX_CONNECTIONS });
    // Only one of the two asks for a model.
    const likely: readonly RerankKind[] = model === undefined ? ['tei', 'cohere'] : ['cohere', 'tei'];
    this.kinds = kind === 'auto' ? likely : [kind];
  }

  async rate(question: string, passages: readonly string[], signal?: AbortSignal): Promise<number[] | undefined> {
    if (passages.length === 0) return [];
    if (performance.now() < this.pausedUntil) return undefined;
    const endsAt = performance.now() + this.options.timeoutMs;
    try {
      const scores = await this.ask(question, passages, endsAt, signal);
      this.failures = 0;
      return scores;
    } catch (error) {
      signal?.throwIfAborted();
      this.failed(error);
      return undefined;
    }
  }

  close(): void {
    this.endpoint.close();
  }

  private async ask(
    question: string,
    passages: readonly string[],
    endsAt: number,
    signal: AbortSignal | undefined,
  ): Promise<number[]> {
    let refusal: unknown;
    for (const kind of this.kinds) {
      try {
        const scores = await this.askAs(kind, question, passages, endsAt, signal);
        this.kinds = [kind];
        return scores;
      } catch (error) {
        if (!(error instanceof Misunderstood)) throw error;
        refusal ??= error;
      }
    }
    throw refusal;
  }

  private async askAs(
    kind: RerankKind,
    question: string,
    passages: readonly string[],
    endsAt: number,
    signal: AbortSignal | undefined,
  ): Promise<number[]> {
    const { path, body, read } = PROTOCOLS[kind];
    const { model } = this.options;
    const reply = await this.endpoint.exchange(
      {
        method: 'POST',
        path: this.isWhole ? '' : this.hasVersion ? '/rerank' : path,
        headers: { 'content-type': 'application/json' },
        body: Buffer.from(
          JSON.stringify(body({ model, question: question.toWellFormed(), passages: wellFormed(passages) })),
        ),
        maxBytes: MAX_ANSWER_BYTES,
        timeoutMs: Math.max(1, endsAt - performance.now()),
      },
      signal,
    );
    if (reply.status === 404 && this.options.isOptional === true) throw new HasNone();
    if (OTHER_PROTOCOL.has(reply.status)) throw new Misunderstood(`refused with status ${reply.status}`);
    if (reply.status !== 200) throw new Error(`answered with status ${reply.status}`);
    const answer = parse(reply);
    let pairs: ReturnType<typeof read>;
    try {
      pairs = read(answer);
    } catch {
      throw new Misunderstood('answered in another shape');
    }
    return scoresOf(pairs, passages.length);
  }

  private failed(error: unknown): void {
    this.failures += 1;
    if (this.failures >= FAILURES || error instanceof HasNone) this.pausedUntil = performance.now() + PAUSE_MS;
    if (error instanceof HasNone) return;
    // Only its message: what is sent and answered holds questions and passages.
    const reason = error instanceof Error ? error.message : 'failed';
    this.logger.warn({ reason }, 'the reranker cannot be used at present');
  }
}

function wellFormed(passages: readonly string[]): string[] {
  return passages.map((passage) => passage.toWellFormed());
}

function parse({ body }: HttpReply): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new Error('answered with something that is not JSON');
  }
}
