import { Injectable } from '@nestjs/common';
import { inTransaction } from '@vectorlane/database';
import { DataSource } from 'typeorm';
import type { CollectionScope } from './collections/collection-scope';
import { ContentsRepository } from './contents.repository';
import { type Document, DOCUMENT_COLUMNS } from './document';
import { filterCondition, matchesNothing, type SearchFilter } from './search/filter-condition';
import { SqlParameters } from './search/sql-parameters';

/** What of a document its owner may change. */
export type Changeable = Pick<Document, 'filename' | 'metadata'>;

/**
 * Documents as callers know them: found, changed, deleted. `UploadsRepository` makes and revises them,
 * `IngestionLedger` has their status moves.
 */
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
      // A revision on its way is told of in the same words once it is there.
      await manager.query(
        'UPDATE documents SET filename = $2, metadata = $3, updated_at = now() WHERE id = $1 OR revision_of = $1',
        [id, filename, JSON.stringify(metadata)],
      );
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
    // A revision on its way goes with it; its content is swept as that of an upload that nobody has finished.
    // A second transaction on purpose (the parts may be many megabytes); a crash in between leaves an orphan, swept
    // later.
    await this.contents.remove(row.content_id);
    return true;
  }
}

function one(scope: CollectionScope, id: string, parameters: SqlParameters): string {
  const own = scope.condition('collection', parameters);
  return `id = ${parameters.add(id)} AND revision_of IS NULL${own === undefined ? '' : ` AND ${own}`}`;
}

function matching(filter: SearchFilter, parameters: SqlParameters): string {
  const condition = matchesNothing(filter) ? 'false' : (filterCondition(filter, parameters, 'd', 'id') ?? 'true');
  return `d.revision_of IS NULL AND (${condition})`;
}
