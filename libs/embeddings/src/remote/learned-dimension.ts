import { Logger } from '@nestjs/common';
import { IngestionFailure } from '@vectorlane/errors';
import { retry, RetrySchedule, type Timing } from '@vectorlane/time';
import { EndpointError } from './endpoint-error';

/** Where an HNSW index over `vector` ends. */
const MAX_DIMENSION = 2_000;
/** A model server that starts beside us takes a while to load: half a minute of waits. */
const BOOT_RETRIES = { backoff: { firstMs: 1_000, longestMs: 15_000 }, maxTries: 6 };
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
  const schedule = new RetrySchedule(BOOT_RETRIES, timing.random);
  const waitAfter = (error: unknown): number | undefined => {
    if (!(error instanceof IngestionFailure) || closing.aborted) return undefined;
    const isFinal = error.cause instanceof EndpointError && error.cause.fault === 'final';
    return isFinal || performance.now() - startedAt >= TRIES_MS ? undefined : schedule.afterFault();
  };
  try {
    const onWait = (waitMs: number, error: unknown): void =>
      new Logger('Embeddings').warn(
        { waitMs, reason: (error as Error).message },
        'the embedding endpoint does not answer yet',
      );
    const dimension = await retry(probe, { waitAfter, onWait, signal: closing, timing });
    return bounded(dimension, model);
  } catch (error) {
    if (!(error instanceof IngestionFailure)) throw error;
    throw new EmbeddingEndpointError(
      `The dimension of the embedding model ${model} cannot be learned from ${baseUrl} (EMBEDDING_API_URL). ` +
        `${error.message} Start again once it answers, or set EMBEDDING_API_DIMENSIONS to start without it.`,
      { cause: error },
    );
  }
}

function bounded(dimension: number, model: string): number {
  if (dimension <= MAX_DIMENSION) return dimension;
  throw new EmbeddingEndpointError(
    `The embedding model ${model} has vectors of ${dimension} dimensions, and the vector index takes at most ` +
      `${MAX_DIMENSION}. Set EMBEDDING_API_DIMENSIONS if the model can give shorter ones, or choose another model.`,
  );
}
