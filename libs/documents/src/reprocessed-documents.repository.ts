import { Injectable } from '@nestjs/common';
import type { Lane } from '@vectorlane/domain';
import { DataSource } from 'typeorm';
import type { CollectionScope } from './collections/collection-scope';
import { RETRIED } from './ingestion-ledger';
import { filterCondition, matchesNothing, type SearchFilter } from './search/filter-condition';
import { SqlParameters } from './search/sql-parameters';

/** What a document is read as from now on. */
export interface FormatChange {
  readonly format: string;
  readonly lane: Lane;
  readonly mediaType: string;
}

/**
 * Documents that have ended are read again from the bytes that are kept: pending, counters at zero. Readers see what
 * they saw until the new reading is complete, and for good where it fails.
 */
@Injectable()
export class ReprocessedDocumentsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** @returns whether it was moved: not where there is none, or where it has not ended */
  async reprocess(scope: CollectionScope, id: string, as: FormatChange | undefined): Promise<boolean> {
    const parameters = new SqlParameters();
    const own = scope.condition('collection', parameters) ?? 'true';
    const rows = await this.dataSource.query<unknown[]>(
      `WITH moved AS (
         UPDATE documents SET ${RETRIED}${changed(as, parameters)}
          WHERE id = ${parameters.add(id)} AND ${own} AND ${ENDED} RETURNING id)
       SELECT id FROM moved`,
      parameters.values,
    );
    return rows.length > 0;
  }

  /** @returns how many have ended and pass the filter, and the moment at which that was so, for `reprocessMatching` */
  async count(filter: SearchFilter): Promise<{ readonly matched: number; readonly moment: string }> {
    const parameters = new SqlParameters();
    const [row] = await this.dataSource.query<{ matched: number; moment: string }[]>(
      `SELECT count(*)::integer AS matched, now()::text AS moment FROM documents d WHERE ${matching(filter, parameters)}`,
      parameters.values,
    );
    if (row === undefined) throw new Error('Counting returned no row.');
    return row;
  }

  /**
   * The next of them.
   * @param moment one that ends again after it is not read once more
   */
  async reprocessMatching(
    filter: SearchFilter,
    moment: string,
    limit: number,
    as: FormatChange | undefined,
  ): Promise<readonly string[]> {
    const parameters = new SqlParameters();
    const rows = await this.dataSource.query<{ id: string }[]>(
      `WITH next AS (
         SELECT d.id FROM documents d
          WHERE ${matching(filter, parameters)} AND d.updated_at <= ${parameters.add(moment)}::timestamptz
          ORDER BY d.id LIMIT ${parameters.add(limit)}
            FOR UPDATE SKIP LOCKED),
       moved AS (
         UPDATE documents SET ${RETRIED}${changed(as, parameters)}
           FROM next WHERE documents.id = next.id RETURNING documents.id)
       SELECT id FROM moved`,
      parameters.values,
    );
    return rows.map(({ id }) => id);
  }
}

const ENDED = `revision_of IS NULL AND status IN ('completed', 'failed')`;

function matching(filter: SearchFilter, parameters: SqlParameters): string {
  const condition = matchesNothing(filter) ? 'false' : (filterCondition(filter, parameters, 'd', 'id') ?? 'true');
  return `${ENDED} AND (${condition})`;
}

function changed(as: FormatChange | undefined, parameters: SqlParameters): string {
  if (as === undefined) return '';
  const { format, lane, mediaType } = as;
  return `, format = ${parameters.add(format)}, lane = ${parameters.add(lane)}, media_type = ${parameters.add(mediaType)}`;
}
