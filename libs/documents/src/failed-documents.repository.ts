import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { RETRIED } from './ingestion-ledger';
import { filterCondition, type SearchFilter } from './search/filter-condition';
import { SqlParameters } from './search/sql-parameters';

/** Documents that have failed: retried many at a time where the reason may have passed, and whose they are. */
@Injectable()
export class FailedDocumentsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** @returns how many a retry may help, and the moment at which that was so, for `retry` */
  async count(filter: SearchFilter): Promise<{ readonly matched: number; readonly moment: string }> {
    const parameters = new SqlParameters();
    const [row] = await this.dataSource.query<{ matched: number; moment: string }[]>(
      `SELECT count(*)::integer AS matched, now()::text AS moment FROM documents d WHERE ${retryable(filter, parameters)}`,
      parameters.values,
    );
    if (row === undefined) throw new Error('Counting returned no row.');
    return row;
  }

  /**
   * failed → pending for the next of them, counters at zero.
   * @param moment one that fails again after it is not tried again
   * @param limit how many one short statement moves
   */
  async retry(filter: SearchFilter, moment: string, limit: number): Promise<readonly string[]> {
    const parameters = new SqlParameters();
    const rows = await this.dataSource.query<{ id: string }[]>(
      `WITH next AS (
         SELECT d.id FROM documents d
          WHERE ${retryable(filter, parameters)} AND d.updated_at <= ${parameters.add(moment)}::timestamptz
          ORDER BY d.id LIMIT ${parameters.add(limit)}
            FOR UPDATE SKIP LOCKED),
       moved AS (UPDATE documents SET ${RETRIED} FROM next WHERE documents.id = next.id RETURNING documents.id)
       SELECT id FROM moved`,
      parameters.values,
    );
    return rows.map(({ id }) => id);
  }

  /** How many keys uploaded what has failed in the last quarter of an hour. */
  async keysLately(): Promise<number> {
    const [row] = await this.dataSource.query<{ keys: number }[]>(
      `SELECT count(DISTINCT uploaded_by)::integer AS keys FROM documents
        WHERE status = 'failed' AND updated_at > now() - interval '15 minutes'`,
    );
    return row?.keys ?? 0;
  }
}

function retryable(filter: SearchFilter, parameters: SqlParameters): string {
  const condition = filterCondition(filter, parameters, 'd', 'id') ?? 'true';
  return `d.status = 'failed' AND d.failure_retryable AND (${condition})`;
}
