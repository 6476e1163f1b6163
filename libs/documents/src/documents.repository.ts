import { Injectable } from '@nestjs/common';
import { KeysetCursor, momentOf, momentSchema, type Page } from '@vectorlane/database';
import type { DocumentStatus, Lane } from '@vectorlane/domain';
import { Problem } from '@vectorlane/errors';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import type { CollectionScope } from './collections/collection-scope';
import { ContentsRepository } from './contents.repository';
import type { Document, DocumentMetadata } from './document';
import { SqlParameters } from './search/sql-parameters';

export interface NewDocument {
  readonly id: string;
  /** Key of its collection. */
  readonly collection: string;
  readonly sha256: Buffer;
  readonly contentId: string;
  readonly filename: string;
  readonly format: string;
  readonly lane: Lane;
  readonly mediaType: string;
  readonly declaredCharset: string | undefined;
  readonly sizeBytes: number;
  readonly metadata: DocumentMetadata;
}

export interface DocumentFilter {
  readonly status?: readonly DocumentStatus[];
  readonly format?: readonly string[];
  readonly lane?: readonly Lane[];
}

/** Creation time and id of the last document of a page. */
const cursors = new KeysetCursor(z.tuple([momentSchema, z.uuid()]));

/** A row that is a `Document`. */
const DOCUMENT = `id, (SELECT c.name FROM collections c WHERE c.key = collection) AS collection, content_id AS "contentId", filename, format, lane, media_type AS "mediaType",
  size_bytes::double precision AS "sizeBytes", metadata, status, stage, percent, attempts, delivery,
  visible_generation AS "visibleGeneration", chunk_count AS "chunkCount", failure_code AS "failureCode",
  failure_message AS "failureMessage", failure_retryable AS "failureRetryable", timings, coverage,
  waiting_for AS "waitingFor", waiting_since AS "waitingSince",
  created_at AS "createdAt", updated_at AS "updatedAt"`;

/** Documents as callers know them: made, found, listed, deleted. Status moves of ingestion are in `IngestionLedger`. */
@Injectable()
export class DocumentsRepository {
  constructor(
    private readonly contents: ContentsRepository,
    private readonly dataSource: DataSource,
  ) {}

  async findById(scope: CollectionScope, id: string): Promise<Document | null> {
    const parameters = new SqlParameters();
    const [document] = await this.dataSource.query<Document[]>(
      `SELECT ${DOCUMENT} FROM documents WHERE ${one(scope, id, parameters)}`,
      parameters.values,
    );
    return document ?? null;
  }

  /** @param collection its key */
  async findByContent(collection: string, sha256: Buffer): Promise<Document | null> {
    const [document] = await this.dataSource.query<Document[]>(
      `SELECT ${DOCUMENT} FROM documents WHERE collection = $1 AND sha256 = $2`,
      [collection, sha256],
    );
    return document ?? null;
  }

  /**
   * Makes the document and adopts its stored content, or finds that the same bytes are here already. One statement, so
   * that of any number of equal uploads exactly one makes the document.
   * @throws Problem `COLLECTION_NOT_FOUND` where the collection was deleted meanwhile
   */
  async adopt(document: NewDocument): Promise<{ document: Document; created: boolean }> {
    const [made] = await this.dataSource.query<Document[]>(
      `INSERT INTO documents (id, collection, sha256, content_id, filename, format, lane, media_type, declared_charset,
                              size_bytes, metadata, status, stage)
       SELECT $1, key, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'pending', 'queued'
         FROM collections WHERE key = $2 AND deleted_at IS NULL
       ON CONFLICT ON CONSTRAINT documents_identity DO NOTHING
       RETURNING ${DOCUMENT}`,
      [
        document.id,
        document.collection,
        document.sha256,
        document.contentId,
        document.filename,
        document.format,
        document.lane,
        document.mediaType,
        document.declaredCharset ?? null,
        document.sizeBytes,
        JSON.stringify(document.metadata),
      ],
    );
    if (made !== undefined) return { document: made, created: true };
    const existing = await this.findByContent(document.collection, document.sha256);
    if (existing === null) {
      await this.requireCollection(document.collection);
      // Deleted between the conflict and this read: the bytes are not here any more, so try again as the first.
      return this.adopt(document);
    }
    await this.contents.remove(document.contentId);
    return { document: existing, created: false };
  }

  /**
   * Newest first; keyset, so that a page is never shifted by what arrives meanwhile.
   * @throws Problem `INVALID_CURSOR`
   */
  async list(
    scope: CollectionScope,
    filter: DocumentFilter,
    limit: number,
    cursor: string | undefined,
  ): Promise<Page<Document>> {
    const parameters = new SqlParameters();
    const conditions = [scope.condition('collection', parameters) ?? 'true'];
    for (const column of ['status', 'format', 'lane'] as const) {
      const wanted = filter[column];
      if (wanted) conditions.push(`${column} = ANY(${parameters.add(wanted)})`);
    }
    if (cursor !== undefined) {
      const [createdAt, id] = cursors.decode(cursor);
      conditions.push(`(created_at, id) < (${parameters.add(createdAt)}::timestamptz, ${parameters.add(id)}::uuid)`);
    }
    const rows = await this.dataSource.query<(Document & { position: string })[]>(
      `SELECT ${DOCUMENT}, ${momentOf('created_at')} AS position FROM documents
        WHERE ${conditions.join(' AND ')}
        ORDER BY created_at DESC, id DESC LIMIT ${parameters.add(limit + 1)}`,
      parameters.values,
    );
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    const more = rows.length > limit && last !== undefined;
    return { items, nextCursor: more ? cursors.encode([last.position, last.id]) : null };
  }

  /**
   * Removes the document with all that hangs on it, in any state, in one transaction: search, which reads through the
   * document's row, finds none of it from that moment. A worker in the middle of it finds its generation gone.
   * @returns whether there was one
   */
  async remove(scope: CollectionScope, id: string): Promise<boolean> {
    const parameters = new SqlParameters();
    const removed = await this.dataSource.query<unknown[]>(
      `WITH gone AS (DELETE FROM documents WHERE ${one(scope, id, parameters)} RETURNING content_id)
       SELECT content_id FROM gone`,
      parameters.values,
    );
    const row = removed[0] as { content_id: string } | undefined;
    if (row === undefined) return false;
    // A second transaction on purpose (the parts may be many megabytes); a crash in between leaves an orphan, swept
    // later.
    await this.contents.remove(row.content_id);
    return true;
  }

  private async requireCollection(key: string): Promise<void> {
    const rows = await this.dataSource.query<unknown[]>(
      'SELECT 1 FROM collections WHERE key = $1 AND deleted_at IS NULL',
      [key],
    );
    if (rows.length === 0) throw new Problem('COLLECTION_NOT_FOUND', 'The collection was deleted meanwhile.');
  }
}

function one(scope: CollectionScope, id: string, parameters: SqlParameters): string {
  const own = scope.condition('collection', parameters);
  return `id = ${parameters.add(id)}${own === undefined ? '' : ` AND ${own}`}`;
}
