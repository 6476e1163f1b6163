import { Injectable } from '@nestjs/common';
import {
  type Coverage,
  type Dependency,
  ExhaustedLimit,
  type Lane,
  type StageTimings,
  type UnfinishedStatus,
} from '@vectorlane/domain';
import {
  type Claim,
  CLAIMABLE,
  type ClaimRow,
  HELD,
  IN_CURRENT_SPACE,
  type LedgerProgress,
  StaleClaimError,
  toClaim,
} from './claim';
import type { IngestionFailureCode } from '@vectorlane/errors';
import { prepared } from '@vectorlane/database';
import { DataSource, type EntityManager } from 'typeorm';

/**
 * What an error costs its document. The three counters (with `interruptions`, which the claim of a lapsed lease adds
 * to) are kept apart: each has a limit of its own, and none eats into another's.
 */
export type Cost = 'attempt' | 'parser-death' | 'none';

/** An unfinished document that may need a job. */
export interface Unfinished {
  readonly documentId: string;
  readonly lane: Lane;
  readonly delivery: number;
  /** In the line of its lane, lowest first; nothing where it is not in line. */
  readonly turn?: number;
}

export interface Failure {
  readonly code: IngestionFailureCode;
  readonly message: string;
  /** Whether `retry` may help. */
  readonly retryable: boolean;
}

/** It leaves the line, and joins it again behind those of its key that are in it by then. */
const OUT_OF_LINE = 'turn = NULL';

const NOT_WAITING = 'waiting_for = NULL, waiting_since = NULL';
/** Since when is kept through all the tries for the same dependency. */
const WAITING = (dependency: string): string =>
  `waiting_since = CASE WHEN waiting_for = ${dependency} THEN waiting_since ELSE now() END, waiting_for = ${dependency}`;

/** What a retry sets: pending again, with everything that was counted at zero. */
export const RETRIED = `status = 'pending', stage = 'queued', percent = 0, attempts = 0, interruptions = 0,
  parser_deaths = 0, next_attempt_at = now(), lease_expires_at = NULL, updated_at = now(), unfinished_since = now(),
  failure_code = NULL, failure_message = NULL, failure_retryable = NULL, ${NOT_WAITING}, waits = 0, ${OUT_OF_LINE}`;

/** Above all that were ever handed out for this document, to itself or to a revision. */
export const NEXT_GENERATION = (row: string): string => `greatest(${row}.last_generation, ${row}.generation) + 1`;

/**
 * Of document `d`: behind the last of its key, and behind what the lane works on or comes to next. So each key in line
 * has one document in each round, and no line is overtaken for good by those that join later. Two that ask at the same
 * moment may get the same turn.
 */
const NEXT_TURN = `1 + greatest(0,
  (SELECT max(o.turn) FROM documents o
    WHERE o.lane = d.lane AND o.uploaded_by = d.uploaded_by AND o.status IN ('pending', 'processing')),
  (SELECT max(o.turn) FROM documents o WHERE o.lane = d.lane AND o.status = 'processing'),
  (SELECT min(o.turn) FROM documents o WHERE o.lane = d.lane AND o.status = 'pending'))`;

/** Of a row whose document readers see already: a search under way learns that it is another one now. */
const SWITCHED = (row: string): string =>
  `(switched_at, switched_by) = (SELECT now(), pg_current_xact_id() WHERE ${row}.visible_generation IS NOT NULL)`;

/** What a document takes over from its revision. */
const REVISED = [
  ...['sha256', 'content_id', 'filename', 'format', 'lane', 'media_type', 'declared_charset', 'size_bytes', 'metadata'],
  'chunking',
  'uploaded_by',
  // What its content has cost so far.
  ...ExhaustedLimit.options,
];

const COSTS: Readonly<Record<Cost, string>> = {
  attempt: 'attempts = attempts + 1',
  'parser-death': 'parser_deaths = parser_deaths + 1',
  none: 'attempts = attempts',
};

/**
 * The status moves of ingestion (docs/contract.md §2), each one statement that checks what it moves from. PostgreSQL
 * alone decides: a job in the queue is only a hint that a claim may be tried.
 */
@Injectable()
export class IngestionLedger {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * @param spaceId the embedding space this worker writes to
   * @returns nothing when another worker holds it, it is finished or gone, its backoff is not over, or the space is not
   *   the current one (any more)
   */
  async claim(documentId: string, leaseMs: number, spaceId: number): Promise<Claim | undefined> {
    const rows = await this.dataSource.query<ClaimRow[]>(
      prepared(`WITH found AS (
         SELECT id, revision_of, lease_expires_at IS NOT NULL AS interrupted FROM documents
          WHERE id = $1 AND ${CLAIMABLE} AND ${IN_CURRENT_SPACE('$3')}
            FOR UPDATE),
       -- A revision stores its chunks under the document's id, so that one hands out the numbers.
       handed_out AS (
         UPDATE documents AS m SET last_generation = ${NEXT_GENERATION('m')}
           FROM found WHERE m.id = found.revision_of RETURNING m.last_generation AS number),
       claimed AS (
         UPDATE documents AS d
            SET status = 'processing', stage = 'extracting', percent = 0, work_counts = NULL, work_ends_at = NULL,
                generation = coalesce((SELECT number FROM handed_out), ${NEXT_GENERATION('d')}),
                last_generation = coalesce((SELECT number FROM handed_out), ${NEXT_GENERATION('d')}),
                interruptions = interruptions + CASE WHEN interrupted THEN 1 ELSE 0 END,
                lease_expires_at = now() + make_interval(secs => $2),
                updated_at = now()
           FROM found WHERE d.id = found.id
         RETURNING d.id, d.revision_of, generation, content_id, filename, format, lane, declared_charset, size_bytes,
                   chunking, uploaded_by, attempts, interruptions, parser_deaths, interrupted, waits,
                   coalesce(extract(epoch FROM now() - waiting_since) * 1000, 0)::double precision AS waited_ms)
       SELECT * FROM claimed`),
      [documentId, leaseMs / 1000, spaceId],
    );
    const row = rows[0];
    return row && toClaim(row);
  }

  /**
   * Prolongs the lease and tells how far the work is. Run it in the transaction of the work it speaks for.
   * @throws StaleClaimError
   */
  async progress(claim: Claim, at: LedgerProgress, manager: EntityManager = this.dataSource.manager): Promise<void> {
    await this.move(
      claim,
      `stage = $3, percent = $4, lease_expires_at = now() + make_interval(secs => $5), work_counts = $6::jsonb,
       work_ends_at = now() + make_interval(secs => $7::double precision)`,
      [
        at.stage,
        at.percent,
        at.leaseMs / 1000,
        JSON.stringify(at.counts),
        at.etaMs === undefined ? null : at.etaMs / 1000,
      ],
      manager,
    );
  }

  /** The heartbeat: prolongs the lease and says nothing new. @throws StaleClaimError */
  async prolong(claim: Claim, leaseMs: number): Promise<void> {
    await this.move(claim, 'lease_expires_at = now() + make_interval(secs => $3)', [leaseMs / 1000]);
  }

  /** Whether the claim is the newest and its document there. */
  async holds({ rowId, generation }: Claim): Promise<boolean> {
    const sql = `SELECT 1 FROM documents WHERE ${HELD}`;
    return (await this.dataSource.query<unknown[]>(sql, [rowId, generation])).length > 0;
  }

  /**
   * Makes the generation visible and ends the ingestion. Touches the document's row alone.
   * @throws StaleClaimError also when the space the chunks were embedded in is not the current one any more: the lease
   *   lapses, and a worker of the current space takes the document over
   */
  async complete(
    claim: Claim,
    result: {
      chunkCount: number;
      language: string;
      timings: StageTimings;
      spaceId: number;
      coverage: Coverage;
      /** Chunks whose vectors were those of the content before. */
      reusedChunks: number;
    },
  ): Promise<void> {
    const parameters = [
      result.chunkCount,
      result.language,
      JSON.stringify(result.timings),
      result.spaceId,
      JSON.stringify(result.coverage),
      result.reusedChunks,
    ];
    const assignments = `status = 'completed', stage = 'completed', percent = 100, chunk_count = $3, language = $4,
       timings = $5, coverage = $7, reused_chunks = $8, lease_expires_at = NULL, failure_code = NULL, failure_message = NULL,
       failure_retryable = NULL, ${NOT_WAITING}, waits = 0`;
    if (claim.isRevision) return this.switchTo(claim, assignments, parameters);
    const set = `${assignments}, ${SWITCHED('documents')}, visible_generation = generation`;
    await this.move(claim, set, parameters, this.dataSource.manager, IN_CURRENT_SPACE('$6'));
  }

  /** One statement: the revision's row goes, and the document is what it held. */
  private async switchTo(claim: Claim, assignments: string, parameters: readonly unknown[]): Promise<void> {
    const rows = await this.dataSource.query<unknown[]>(
      `WITH done AS (
         DELETE FROM documents
          WHERE ${HELD} AND ${IN_CURRENT_SPACE('$6')}
         RETURNING *),
       switched AS (
         UPDATE documents AS d
            SET ${assignments}, ${SWITCHED('d')}, updated_at = now(), revision = d.revision + 1, generation = done.generation,
                visible_generation = done.generation, ${REVISED.map((column) => `${column} = done.${column}`).join(', ')}
           FROM done WHERE d.id = done.revision_of RETURNING d.id)
       SELECT id FROM switched`,
      [claim.rowId, claim.generation, ...parameters],
    );
    if (rows.length === 0) throw new StaleClaimError(claim);
  }

  /**
   * An error that may pass: back to the queue for later, still `processing` to the outside.
   * @throws StaleClaimError
   */
  async postpone(claim: Claim, delayMs: number, cost: Cost): Promise<void> {
    await this.move(
      claim,
      `stage = 'queued', percent = 0, ${COSTS[cost]}, lease_expires_at = NULL, ${NOT_WAITING},
       ${OUT_OF_LINE}, next_attempt_at = now() + make_interval(secs => $3)`,
      [delayMs / 1000],
    );
  }

  /**
   * Something it depends on has failed: back to `pending`, at no cost, until that is there again. No job is queued: the
   * reconciler does that, as soon as the dependency is worth another try.
   * @throws StaleClaimError
   */
  async wait(claim: Claim, dependency: Dependency, delayMs: number): Promise<void> {
    await this.move(
      claim,
      `status = 'pending', stage = 'queued', percent = 0, lease_expires_at = NULL, waits = waits + 1, ${OUT_OF_LINE},
       ${WAITING('$3')}, next_attempt_at = now() + make_interval(secs => $4)`,
      [dependency, delayMs / 1000],
    );
  }

  /**
   * Keeps a document from being tried while a dependency is known to be away.
   * @param formats that need the dependency; all of them where it is left out
   * @returns whether it waits now: it was pending, and needs the dependency by its format or by what was found before
   */
  async hold(
    documentId: string,
    dependency: Dependency,
    delayMs: number,
    formats?: readonly string[],
  ): Promise<boolean> {
    const rows = await this.dataSource.query<unknown[]>(
      `WITH held AS (
         UPDATE documents
            SET ${WAITING('$2')}, next_attempt_at = now() + make_interval(secs => $3), updated_at = now(), ${OUT_OF_LINE}
          WHERE id = $1 AND status = 'pending' AND ($4::text[] IS NULL OR format = ANY($4) OR waiting_for = $2)
         RETURNING id)
       SELECT id FROM held`,
      [documentId, dependency, delayMs / 1000, formats ?? null],
    );
    return rows.length > 0;
  }

  /** What carries them is away: those that wait for nothing else wait for it, and keep their turns in line. */
  async allWaitFor(dependency: Dependency, limit: number): Promise<void> {
    const idle = `SELECT id FROM documents WHERE status = 'pending' AND waiting_for IS NULL AND ${CLAIMABLE} LIMIT $2`;
    await this.dataSource.query(`UPDATE documents SET ${WAITING('$1')} WHERE id IN (${idle})`, [dependency, limit]);
  }

  /**
   * Hands the document back untouched, to be claimed by anyone at once: this worker is shutting down. Not an attempt,
   * not an interruption.
   * @throws StaleClaimError
   */
  async release(claim: Claim): Promise<void> {
    await this.move(claim, `stage = 'queued', percent = 0, lease_expires_at = NULL, next_attempt_at = now()`, []);
  }

  /**
   * The end of it, until somebody asks for a retry.
   * @throws StaleClaimError
   */
  async fail(claim: Claim, failure: Failure, cost: Cost): Promise<void> {
    await this.move(
      claim,
      `status = 'failed', stage = 'failed', lease_expires_at = NULL, failure_code = $3, failure_message = $4,
       failure_retryable = $5, ${COSTS[cost]}, ${NOT_WAITING}`,
      [failure.code, failure.message, failure.retryable],
    );
  }

  /** failed → pending, counters at zero. @returns the rows that were: of the document, or of its revision */
  async retry(documentId: string): Promise<readonly string[]> {
    const rows = await this.dataSource.query<{ id: string }[]>(
      `WITH moved AS (
         UPDATE documents SET ${RETRIED}
          WHERE (id = $1 OR revision_of = $1) AND status = 'failed'
         RETURNING id)
       SELECT id FROM moved`,
      [documentId],
    );
    return rows.map(({ id }) => id);
  }

  /**
   * Raises the delivery, which names the next job, and gives a document that is not in line its turn: the next one of
   * its key, from the one that the lane has come to (docs/adr/0032). A document whose job was lost keeps its turn.
   * @param isInLine false where it is to wait first
   * @returns nothing when the document is finished or gone
   */
  async nextDelivery(documentId: string, isInLine = true): Promise<Unfinished | undefined> {
    const rows: { id: string; lane: Lane; delivery: number; turn: number | null }[] = await this.dataSource.query(
      prepared(`WITH moved AS (
         UPDATE documents AS d
            SET delivery = delivery + 1, turn = CASE WHEN $2 THEN coalesce(d.turn, ${NEXT_TURN}) ELSE d.turn END
          WHERE id = $1 AND status IN ('pending', 'processing')
         RETURNING id, lane, delivery, turn::double precision)
       SELECT * FROM moved`),
      [documentId, isInLine],
    );
    const row = rows[0];
    if (row === undefined) return undefined;
    const { id, lane, delivery, turn } = row;
    return { documentId: id, lane, delivery, ...(turn !== null && { turn }) };
  }

  /**
   * Documents that could be claimed now, by id, from `afterId` on.
   * @param unless they wait for one of these
   */
  async claimable(afterId: string, limit: number, unless: readonly Dependency[] = []): Promise<readonly Unfinished[]> {
    return this.dataSource.query<Unfinished[]>(
      `SELECT id AS "documentId", lane, delivery FROM documents
        WHERE status IN ('pending', 'processing') AND id > $1 AND ${CLAIMABLE}
          AND (status <> 'pending' OR waiting_for IS NULL OR waiting_for <> ALL($3::text[]))
        ORDER BY id LIMIT $2`,
      [afterId, limit, unless],
    );
  }

  /** Unfinished documents by status, and for how many seconds the oldest has been one. */
  async unfinished(): Promise<Readonly<Record<UnfinishedStatus | 'oldestSeconds', number>>> {
    const [row] = await this.dataSource.query<Record<UnfinishedStatus | 'oldestSeconds', number>[]>(
      `SELECT count(*) FILTER (WHERE status = 'pending')::int AS pending,
              count(*) FILTER (WHERE status = 'processing')::int AS processing,
              greatest(0, coalesce(extract(epoch FROM now() - min(unfinished_since)), 0))::double precision AS "oldestSeconds"
         FROM documents WHERE status IN ('pending', 'processing')`,
    );
    return row ?? { pending: 0, processing: 0, oldestSeconds: 0 };
  }

  /** The document that has gone untried longest of those that wait for a dependency. */
  async longestUntried(dependency: Dependency): Promise<readonly Unfinished[]> {
    return this.dataSource.query<Unfinished[]>(
      `SELECT id AS "documentId", lane, delivery FROM documents
        WHERE status = 'pending' AND waiting_for = $1 AND ${CLAIMABLE} ORDER BY updated_at LIMIT 1`,
      [dependency],
    );
  }

  /**
   * Ends every lease at once. Only for a process that knows it is alone (the embedded profile's lock says so): at its
   * start every holder of a lease is dead.
   */
  async lapseAllLeases(): Promise<void> {
    await this.dataSource.query(
      `UPDATE documents SET lease_expires_at = now() - interval '1 millisecond'
        WHERE status = 'processing' AND lease_expires_at IS NOT NULL`,
    );
  }

  private async move(
    claim: Claim,
    assignments: string,
    parameters: readonly unknown[],
    manager: EntityManager = this.dataSource.manager,
    condition = 'true',
  ): Promise<void> {
    const sql = `WITH moved AS (
         UPDATE documents SET ${assignments}, updated_at = now()
          WHERE ${HELD} AND ${condition}
         RETURNING id)
       SELECT id FROM moved`;
    // Inside a transaction, where a refused plan could not be asked for again, it is planned each time.
    const isAlone = manager === this.dataSource.manager;
    const rows = await manager.query<unknown[]>(isAlone ? prepared(sql) : sql, [
      claim.rowId,
      claim.generation,
      ...parameters,
    ]);
    if (rows.length === 0) throw new StaleClaimError(claim);
  }
}
