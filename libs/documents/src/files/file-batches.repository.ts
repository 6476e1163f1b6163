import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { inTransaction } from '@vectorlane/database';
import { Problem } from '@vectorlane/errors';
import { DataSource } from 'typeorm';
import type { CollectionScope } from '../collections/collection-scope';
import { SqlParameters } from '../search/sql-parameters';

export interface FileBatch {
  readonly id: string;
  readonly createdAt: Date;
  readonly cancelledAt: Date | null;
  /** As they were asked for. */
  readonly items: readonly FileBatchItem[];
}

export interface FileBatchItem {
  readonly fileId: string;
  /** Nothing where none could be made. */
  readonly documentId: string | null;
  /** Why there is none. */
  readonly code: string | null;
  readonly message: string | null;
  readonly cancelled: boolean;
}

/** A request for many files is remembered this long. */
const KEPT_DAYS = 30;

/** Requests to put many files into a collection, and what became of each. */
@Injectable()
export class FileBatchesRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** @returns its id */
  async create(collection: string, items: readonly Omit<FileBatchItem, 'cancelled'>[]): Promise<string> {
    const id = randomUUID();
    await inTransaction(this.dataSource, async (manager) => {
      await manager.query('INSERT INTO file_batches (id, collection) VALUES ($1, $2)', [id, collection]);
      await manager.query(
        `INSERT INTO file_batch_items (batch_id, ordinal, file_id, document_id, code, message)
         SELECT $1, ordinality, item ->> 'fileId', (item ->> 'documentId')::uuid, item ->> 'code', item ->> 'message'
           FROM jsonb_array_elements($2::jsonb) WITH ORDINALITY AS items(item, ordinality)`,
        [id, JSON.stringify(items)],
      );
    });
    return id;
  }

  /** @throws Problem `FILE_BATCH_NOT_FOUND` */
  async find(scope: CollectionScope, collection: string, id: string | undefined): Promise<FileBatch> {
    const parameters = new SqlParameters();
    const [batch] = await this.dataSource.query<Omit<FileBatch, 'items'>[]>(
      `SELECT id, created_at AS "createdAt", cancelled_at AS "cancelledAt" FROM file_batches
        WHERE id = ${parameters.add(id ?? null)}::uuid AND collection = ${parameters.add(collection)}
          AND ${scope.condition('collection', parameters) ?? 'true'}`,
      parameters.values,
    );
    if (batch === undefined) throw new Problem('FILE_BATCH_NOT_FOUND', 'There is no such batch in this vector store.');
    const items = await this.dataSource.query<FileBatchItem[]>(
      `SELECT file_id AS "fileId", document_id AS "documentId", code, message, cancelled FROM file_batch_items
        WHERE batch_id = $1 ORDER BY ordinal`,
      [batch.id],
    );
    return { ...batch, items };
  }

  /** @param documentIds of those that were not finished and are taken away */
  async cancel(id: string, documentIds: readonly string[]): Promise<void> {
    await this.dataSource.query(
      `WITH cancelled AS (UPDATE file_batches SET cancelled_at = coalesce(cancelled_at, now()) WHERE id = $1)
       UPDATE file_batch_items SET cancelled = true WHERE batch_id = $1 AND document_id = ANY($2::uuid[])`,
      [id, documentIds],
    );
  }

  async sweep(): Promise<void> {
    await this.dataSource.query('DELETE FROM file_batches WHERE created_at < now() - make_interval(days => $1)', [
      KEPT_DAYS,
    ]);
  }
}
