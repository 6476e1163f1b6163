import type { Lane } from '@vectorlane/domain';

/** Name of the lane's queue in Redis. */
export function queueName(lane: Lane): string {
  return `ingestion-${lane}`;
}

/** What a job carries: a pointer, never content. PostgreSQL has the rest. */
export interface IngestionJob {
  readonly documentId: string;
  /** Its wait is over: it is to join the line, which has moved on meanwhile. */
  readonly joinsLine?: true;
}

/**
 * One deliberate enqueue of one document. The delivery makes the id new each time: BullMQ would swallow a second add
 * under the id of a job it still retains.
 */
export interface Delivery {
  readonly documentId: string;
  readonly lane: Lane;
  readonly delivery: number;
  /** Lowest first; those without one come before all others. */
  readonly turn?: number;
}

/** No `:` in it: BullMQ keeps that for itself. */
export function jobId({ documentId, delivery }: Delivery): string {
  return `${documentId}-${delivery}`;
}
