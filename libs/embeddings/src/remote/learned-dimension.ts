import { Logger } from '@nestjs/common';
import type { Timing } from '@vectorlane/endpoint';
import { IngestionFailure } from '@vectorlane/errors';
import { EndpointError } from './endpoint-error';

/** Where an HNSW index over `vector` ends. */
const MAX_DIMENSION = 2_000;
/** Waits between the tries: a model server that starts beside us takes a while to load. */
const WAITS_MS = [1_000, 2_000, 4_000, 8_000, 15_000] as const;
/** A try may last as long as a query may; no further one begins after this. */
const TRIES_MS = 60_000;

/** The endpoint's model cannot be used as it is set up; the message is for the operator. */
export class EmbeddingEndpointError extends Error {
  override readonly name = 'EmbeddingEndpointError';
}

/**
 * Asks until there is an answer, for half a minute where the endpoint refuses at once; a fault that will not pass ends
 * it with the first try.
 * @param name of the model and its address, for the messages
 * @param probe the dimension of a vector, or an IngestionFailure
 * @throws EmbeddingEndpointError when it cannot be learned, or is more than the index takes
 */
export async function learnDimension(
  { model, baseUrl }: { readonly model: string; readonly baseUrl: string },
  probe: () => Promise<number>,
  timing: Timing,
  closing: AbortSignal,
): Promise<number> {
  const startedAt = performance.now();
  const waits = WAITS_MS.values();
  for (;;) {
    try {
      return bounded(await probe(), model);
    } catch (error) {
      if (!(error instanceof IngestionFailure)) throw error;
      const isFinal = error.cause instanceof EndpointError && error.cause.fault === 'final';
      const waitMs = performance.now() - startedAt < TRIES_MS ? waits.next().value : undefined;
      if (isFinal || waitMs === undefined || closing.aborted) {
        throw new EmbeddingEndpointError(
          `The dimension of the embedding model ${model} cannot be learned from ${baseUrl} (EMBEDDING_API_URL). ` +
            `${error.message} Start again once it answers, or set EMBEDDING_API_DIMENSIONS to start without it.`,
          { cause: error },
        );
      }
      new Logger('Embeddings').warn({ waitMs, reason: error.message }, 'the embedding endpoint does not answer yet');
      await timing.wait(waitMs, closing);
    }
  }
}

function bounded(dimension: number, model: string): number {
  if (dimension <= MAX_DIMENSION) return dimension;
  throw new EmbeddingEndpointError(
    `The embedding model ${model} has vectors of ${dimension} dimensions, and the vector index takes at most ` +
      `${MAX_DIMENSION}. Set EMBEDDING_API_DIMENSIONS if the model can give shorter ones, or choose another model.`,
  );
}
