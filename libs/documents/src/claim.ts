import type { Lane, Stage } from '@vectorlane/domain';
import type { Chunking, WorkCounts } from './document';

/** What a worker needs to know of the document it has claimed. */
export interface Claim {
  /** Its row in the ledger: that of the document, or that of the revision on its way to it. */
  readonly rowId: string;
  /** The document, whose chunks and text this writes. */
  readonly documentId: string;
  readonly isRevision: boolean;
  /** Fencing token: every write of this worker names it, and none takes effect once another has claimed. */
  readonly generation: number;
  readonly contentId: string;
  readonly filename: string;
  readonly format: string;
  readonly lane: Lane;
  readonly declaredCharset: string | undefined;
  readonly sizeBytes: number;
  readonly chunking: Chunking | null;
  /** Id of the key; empty where nobody knows. */
  readonly uploadedBy: string;
  readonly attempts: number;
  readonly interruptions: number;
  readonly parserDeaths: number;
  /** Taken over from a worker whose lease had lapsed. */
  readonly interrupted: boolean;
  /** How often in a row it was put back to wait for a dependency. */
  readonly waits: number;
  /** For how long it has waited by now, in milliseconds; 0 where it has not. */
  readonly waitedMs: number;
}

/** How far a document in work is. */
export interface LedgerProgress {
  readonly stage: Stage;
  /** 0 to 100, over the whole ingestion. */
  readonly percent: number;
  readonly leaseMs: number;
  readonly counts: WorkCounts;
  /** How long the rest will take by what was seen so far; left out where nothing was seen. */
  readonly etaMs?: number | undefined;
}

/** The worker's claim is no longer the newest, or the document is gone: stop, and touch nothing. */
export class StaleClaimError extends Error {
  override readonly name = 'StaleClaimError';
  constructor(claim: Pick<Claim, 'documentId' | 'generation'>) {
    super(`Generation ${claim.generation} of document ${claim.documentId} has been superseded or deleted.`);
  }
}

export interface ClaimRow {
  id: string;
  revision_of: string | null;
  generation: number;
  content_id: string;
  filename: string;
  format: string;
  lane: Lane;
  declared_charset: string | null;
  size_bytes: string;
  chunking: Chunking | null;
  uploaded_by: string;
  attempts: number;
  interruptions: number;
  parser_deaths: number;
  interrupted: boolean;
  waits: number;
  waited_ms: number;
}

/** The largest that `INGESTION_LEASE_MS` can be, twice. */
const LONGEST_LEASE_SECONDS = 1_200;

/**
 * The database's clock was set back since the row was last written: by it, what was to happen soon is hours away. Then
 * a wait is over at once, which is never wrong, only early.
 */
const CLOCK_SET_BACK = `updated_at > now() + interval '1 second'`;

/**
 * May be claimed now: never started, waiting out its backoff, or left behind by a worker that is gone. A lease that
 * ends later than any can is of a time before the clock was set back; a worker that lives prolongs it long before.
 */
export const CLAIMABLE = `(
      (status = 'pending' AND (next_attempt_at <= now() OR ${CLOCK_SET_BACK}))
   OR (status = 'processing' AND lease_expires_at IS NULL AND (next_attempt_at <= now() OR ${CLOCK_SET_BACK}))
   OR (status = 'processing' AND lease_expires_at < now())
   OR (status = 'processing' AND lease_expires_at > now() + interval '${LONGEST_LEASE_SECONDS} seconds'))`;

/**
 * A worker that still embeds with another model than the current one (it was started before the space was switched)
 * must neither begin nor complete anything: its document would be "completed" and found by nobody.
 */
export const IN_CURRENT_SPACE = (parameter: string): string =>
  `EXISTS (SELECT 1 FROM embedding_spaces WHERE id = ${parameter} AND is_current)`;

/** By a claim, of which the row and the generation are the first parameters. */
export const HELD = `id = $1 AND generation = $2 AND status = 'processing' AND lease_expires_at IS NOT NULL`;

export function toClaim(row: ClaimRow): Claim {
  return {
    rowId: row.id,
    documentId: row.revision_of ?? row.id,
    isRevision: row.revision_of !== null,
    generation: row.generation,
    contentId: row.content_id,
    filename: row.filename,
    format: row.format,
    lane: row.lane,
    declaredCharset: row.declared_charset ?? undefined,
    sizeBytes: Number(row.size_bytes),
    chunking: row.chunking,
    uploadedBy: row.uploaded_by,
    attempts: row.attempts,
    interruptions: row.interruptions,
    parserDeaths: row.parser_deaths,
    interrupted: row.interrupted,
    waits: row.waits,
    waitedMs: Math.max(0, row.waited_ms),
  };
}
