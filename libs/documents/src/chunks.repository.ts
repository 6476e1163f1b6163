import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { inTransaction, KeysetCursor, type Page, prepared } from '@vectorlane/database';
import { Place } from '@vectorlane/domain';
import { Problem } from '@vectorlane/errors';
import { DataSource, type EntityManager } from 'typeorm';
import { z } from 'zod';
import type { StoredSpace } from './embedding-spaces.repository';
import { type Claim, type LedgerProgress, StaleClaimError } from './claim';
import { IngestionLedger } from './ingestion-ledger';
import { WordIndexRepository } from './search/word-index.repository';
import { vectorParameter } from './vector-parameter';

/** A chunk as ingestion hands it over, with its vector. */
export interface EmbeddedChunk {
  readonly ordinal: number;
  /** `text.slice(charStart, charEnd)` of the document's text. */
  readonly content: string;
  readonly charStart: number;
  readonly charEnd: number;
  readonly tokenCount: number;
  readonly place: Place;
  /** Of what it is embedded from. */
  readonly inputDigest: Buffer;
  /** L2-normalised, of the space's dimension; none where the model does not read the content. */
  readonly vector: Float32Array | undefined;
}

/** A chunk as readers see it. */
export interface StoredChunk {
  readonly id: string;
  readonly ordinal: number;
  readonly content: string;
  readonly charStart: number;
  readonly charEnd: number;
  readonly tokenCount: number;
  readonly place: Place;
}

interface ChunkRow {
  id: string;
  ordinal: number;
  content: string;
  char_start: number;
  char_end: number;
  token_count: number;
  place: unknown;
}

const integer = z.number().int().min(0).max(2_147_483_647);
/** Ordinal of the last chunk of a page, and the generation that it is of: pages of two are no document. */
const cursors = new KeysetCursor(z.tuple([integer, integer]));

/** A generation that is not visible and that no worker can complete any more. */
const DEAD = `x.generation IS DISTINCT FROM d.visible_generation
  AND NOT (d.status IN ('pending', 'processing') AND x.generation >= d.generation)
  AND NOT EXISTS (SELECT 1 FROM documents r
                   WHERE r.revision_of = d.id AND r.status <> 'failed' AND x.generation >= r.generation)`;

/** Extracted texts and chunks, each under the generation that wrote it. */
@Injectable()
export class ChunksRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly ledger: IngestionLedger,
    private readonly words: WordIndexRepository,
  ) {}

  /** Keeps the extracted text of this claim's generation. Running twice keeps one. */
  async storeText(claim: Claim, text: string): Promise<void> {
    await this.dataSource.query(
      prepared(
        `INSERT INTO document_texts (document_id, generation, text)
         SELECT coalesce(revision_of, id), generation, $3 FROM documents WHERE id = $1 AND generation = $2
         ON CONFLICT (document_id, generation) DO UPDATE SET text = excluded.text`,
      ),
      [claim.rowId, claim.generation, text],
    );
  }

  /**
   * Stores some chunks with their vectors, unseen until the document completes, and tells the progress in the same
   * transaction: a worker whose claim is stale writes nothing.
   * @param language of the content, by which its words are stemmed
   * @throws StaleClaimError
   */
  async storeBatch(
    claim: Claim,
    space: StoredSpace,
    language: string,
    chunks: readonly EmbeddedChunk[],
    progress: Omit<LedgerProgress, 'stage'>,
  ): Promise<void> {
    const rows = chunks.map((chunk) => ({
      id: randomUUID(),
      ordinal: chunk.ordinal,
      content: chunk.content,
      char_start: chunk.charStart,
      char_end: chunk.charEnd,
      token_count: chunk.tokenCount,
      // What the database holds can be read: a position that is none fails here, not every search that meets it.
      place: Place.parse(chunk.place),
      input_digest: chunk.inputDigest.toString('hex'),
    }));
    await inTransaction(this.dataSource, async (manager) => {
      await this.ledger.progress(claim, { ...progress, stage: 'embedding' }, manager);
      const [document] = await manager.query<{ collection: string }[]>(
        `WITH stored AS (
           INSERT INTO chunks (id, document_id, generation, ordinal, content, char_start, char_end, token_count,
                               place, input_digest)
           SELECT id, $2, $3, ordinal, content, char_start, char_end, token_count, place, decode(input_digest, 'hex')
             FROM jsonb_to_recordset($1::jsonb) AS row(
                  id uuid, ordinal integer, content text, char_start integer, char_end integer, token_count integer,
                  place jsonb, input_digest text))
         SELECT collection FROM documents WHERE id = $2`,
        [JSON.stringify(rows), claim.documentId, claim.generation],
      );
      if (document === undefined) throw new StaleClaimError(claim);
      const read = rows.map(({ id, content, place }) => ({ id, content, heading: place.heading ?? null }));
      await this.words.add(manager, document.collection, language, read);
      await insertVectors(
        manager,
        space,
        rows.flatMap(({ id }, index) => {
          const vector = chunks[index]?.vector;
          return vector === undefined ? [] : [{ id, vector }];
        }),
      );
    });
  }

  /**
   * Chunks of the content that readers see now, by what they were embedded from, as far as they have a vector of this
   * space.
   * @returns chunk id by digest in hexadecimal
   */
  async embeddedInputs(claim: Claim, space: StoredSpace): Promise<ReadonlyMap<string, string>> {
    const rows = await this.dataSource.query<{ id: string; digest: string }[]>(
      `SELECT c.id, encode(c.input_digest, 'hex') AS digest
         FROM documents d JOIN chunks c ON c.document_id = d.id AND c.generation = d.visible_generation
         JOIN ${space.table} e ON e.chunk_id = c.id
        WHERE d.id = $1 AND c.input_digest IS NOT NULL`,
      [claim.documentId],
    );
    return new Map(rows.map(({ id, digest }) => [digest, id]));
  }

  /** Vectors by chunk id; one that is gone meanwhile has none. */
  async vectorsOf(space: StoredSpace, chunkIds: readonly string[]): Promise<ReadonlyMap<string, Float32Array>> {
    if (chunkIds.length === 0) return new Map();
    const rows = await this.dataSource.query<{ chunk_id: string; embedding: number[] }[]>(
      `SELECT chunk_id, embedding::real[] AS embedding FROM ${space.table} WHERE chunk_id = ANY($1::uuid[])`,
      [chunkIds],
    );
    return new Map(rows.map(({ chunk_id, embedding }) => [chunk_id, Float32Array.from(embedding)]));
  }

  /** The visible text, or null before the first completion. */
  async visibleText(documentId: string): Promise<string | null> {
    const rows = await this.dataSource.query<{ text: string }[]>(
      `SELECT t.text FROM document_texts t
         JOIN documents d ON d.id = t.document_id AND d.visible_generation = t.generation
        WHERE d.id = $1`,
      [documentId],
    );
    return rows[0]?.text ?? null;
  }

  /** Visible chunks in order. @throws Problem `INVALID_CURSOR` */
  async list(documentId: string, limit: number, cursor: string | undefined): Promise<Page<StoredChunk>> {
    const [after, generation] = cursor === undefined ? [-1] : cursors.decode(cursor);
    const rows = await this.dataSource.query<(ChunkRow & { generation: number })[]>(
      `SELECT id, ordinal, content, char_start, char_end, token_count, place, generation
         FROM visible_chunks
        WHERE document_id = $1 AND ordinal > $2
        ORDER BY ordinal LIMIT $3`,
      [documentId, after, limit + 1],
    );
    const items = rows.slice(0, limit).map(toStoredChunk);
    // Where there is a cursor, there was a chunk behind it.
    if (generation !== undefined && rows[0]?.generation !== generation) {
      throw new Problem('INVALID_CURSOR', 'The document has other content by now: begin with its first chunk again.');
    }
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    return { items, nextCursor: last === undefined ? null : cursors.encode([last.ordinal, last.generation]) };
  }

  /** Removes what earlier generations of one document left behind, once it has completed or failed. */
  async sweepDocument(documentId: string): Promise<void> {
    for (const table of ['chunks', 'document_texts']) {
      await this.dataSource.query(
        `DELETE FROM ${table} x USING documents d
          WHERE d.id = $1 AND x.document_id = d.id AND ${DEAD}`,
        [documentId],
      );
    }
  }

  /**
   * Removes chunks and texts of generations that nobody can see or complete any more: what crashes left behind.
   * @returns how many rows; at most `limit` of each a call
   */
  async sweepDeadGenerations(limit: number): Promise<number> {
    let removed = 0;
    for (const table of ['chunks', 'document_texts']) {
      const rows = await this.dataSource.query<unknown[]>(
        `WITH dead AS (
           SELECT x.ctid AS row FROM ${table} x
             JOIN documents d ON d.id = x.document_id
            WHERE (greatest(d.generation, d.last_generation) > 1 OR d.status = 'failed') AND ${DEAD}
            LIMIT $1),
         removed AS (DELETE FROM ${table} USING dead WHERE ${table}.ctid = dead.row RETURNING 1 AS one)
         SELECT one FROM removed`,
        [limit],
      );
      removed += rows.length;
    }
    return removed;
  }
}

async function insertVectors(
  manager: EntityManager,
  space: StoredSpace,
  rows: readonly { id: string; vector: Float32Array }[],
): Promise<void> {
  if (rows.length === 0) return;
  const values = rows.map((_, index) => `($${index * 2 + 1}::uuid, $${index * 2 + 2}::vector)`).join(', ');
  await manager.query(
    `INSERT INTO ${space.table} (chunk_id, embedding) VALUES ${values}`,
    rows.flatMap(({ id, vector }) => [id, vectorParameter(vector)]),
  );
}

function toStoredChunk(row: ChunkRow): StoredChunk {
  return {
    id: row.id,
    ordinal: row.ordinal,
    content: row.content,
    charStart: row.char_start,
    charEnd: row.char_end,
    tokenCount: row.token_count,
    place: Place.parse(row.place),
  };
}
