import { Injectable } from '@nestjs/common';
import { inTransaction } from '@vectorlane/database';
import type { Lane } from '@vectorlane/domain';
import { Problem } from '@vectorlane/errors';
import { DataSource } from 'typeorm';
import type { CollectionScope } from './collections/collection-scope';
import { ContentsRepository } from './contents.repository';
import { type Document, DOCUMENT_COLUMNS, type DocumentMetadata } from './document';
import { filterCondition, matchesNothing, type SearchFilter } from './search/filter-condition';
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

/** What of a document its owner may change. */
export type Changeable = Pick<Document, 'filename' | 'metadata'>;

/** Documents as callers know them: made, found, changed, deleted. Moves of ingestion are in `IngestionLedger`. */
@Injectable()
export class DocumentsRepository {
  constructor(
    private readonly contents: ContentsRepository,
    private readonly dataSource: DataSource,
  ) {}

  async findById(scope: CollectionScope, id: string): Promise<Document | null> {
    const parameters = new SqlParameters();
    const [document] = await this.dataSource.query<Document[]>(
      `SELECT ${DOCUMENT_COLUMNS} FROM documents WHERE ${one(scope, id, parameters)}`,
      parameters.values,
    );
    return document ?? null;
  }

  /** @param collection its key */
  async findByContent(collection: string, sha256: Buffer): Promise<Document | null> {
    const [document] = await this.dataSource.query<Document[]>(
      `SELECT ${DOCUMENT_COLUMNS} FROM documents WHERE collection = $1 AND sha256 = $2`,
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
       RETURNING ${DOCUMENT_COLUMNS}`,
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
   * Changes what is told of a document. Search filters by the new values at once, and nothing is embedded again.
   * @param change from what is there to what is to be there; may throw, and then nothing is changed
   * @returns nothing when there is no such document
   */
  async change(
    scope: CollectionScope,
    id: string,
    change: (current: Changeable) => Changeable,
  ): Promise<Document | undefined> {
    const changed = await inTransaction(this.dataSource, async (manager) => {
      const parameters = new SqlParameters();
      const [current] = await manager.query<Changeable[]>(
        `SELECT filename, metadata FROM documents WHERE ${one(scope, id, parameters)} FOR UPDATE`,
        parameters.values,
      );
      if (current === undefined) return false;
      const { filename, metadata } = change(current);
      await manager.query('UPDATE documents SET filename = $2, metadata = $3, updated_at = now() WHERE id = $1', [
        id,
        filename,
        JSON.stringify(metadata),
      ]);
      return true;
    });
    return changed ? ((await this.findById(scope, id)) ?? undefined) : undefined;
  }

  /** @returns how many pass the filter, and the moment at which that was so, for `removeMatching` */
  async countMatching(filter: SearchFilter): Promise<{ readonly matched: number; readonly moment: string }> {
    const parameters = new SqlParameters();
    const [row] = await this.dataSource.query<{ matched: number; moment: string }[]>(
      `SELECT count(*)::integer AS matched, now()::text AS moment FROM documents d WHERE ${matching(filter, parameters)}`,
      parameters.values,
    );
    if (row === undefined) throw new Error('Counting returned no row.');
    return row;
  }

  /**
   * Removes the next of them, as `remove` does.
   * @param moment one that is uploaded after it stays
   * @returns how many
   */
  async removeMatching(filter: SearchFilter, moment: string, limit: number): Promise<number> {
    const parameters = new SqlParameters();
    const rows = await this.dataSource.query<{ content_id: string }[]>(
      `WITH next AS (
         SELECT d.id FROM documents d
          WHERE ${matching(filter, parameters)} AND d.created_at <= ${parameters.add(moment)}::timestamptz
          LIMIT ${parameters.add(limit)}),
       gone AS (DELETE FROM documents USING next WHERE documents.id = next.id RETURNING documents.content_id)
       SELECT content_id FROM gone`,
      parameters.values,
    );
    await this.contents.removeAll(rows.map(({ content_id }) => content_id));
    return rows.length;
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

function matching(filter: SearchFilter, parameters: SqlParameters): string {
  return matchesNothing(filter) ? 'false' : (filterCondition(filter, parameters, 'd', 'id') ?? 'true');
}
