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
