import { Injectable } from '@nestjs/common';
import { prepared } from '@vectorlane/database';
import { DataSource } from 'typeorm';
import { filterCondition, type SearchFilter } from './filter-condition';
import type { SqlParameters } from './sql-parameters';

/** What had been committed at one moment. */
export interface Moment {
  readonly snapshot: string;
  readonly at: string;
}

/** Far longer than a completion takes, which begins before it is seen; the index is read as far back. */
const LOOK_BACK = `interval '1 minute'`;

/**
 * Tells whether documents have got other content while a search looked: what it has found of them by several statements
 * may be part of the old and part of the new.
 */
@Injectable()
export class SwitchesRepository {
  constructor(private readonly dataSource: DataSource) {}

  async moment(): Promise<Moment> {
    const [moment] = await this.dataSource.query<Moment[]>(
      prepared('SELECT pg_current_snapshot()::text AS snapshot, now()::text AS at'),
    );
    if (moment === undefined) throw new Error('The database does not tell what it has committed.');
    return moment;
  }
}

/**
 * Whether any document that passes the filter has got other content since a moment, as SQL. One that has completed for
 * the first time is none of them: before, readers saw nothing of it.
 */
export function switchedSince({ snapshot, at }: Moment, filter: SearchFilter, parameters: SqlParameters): string {
  const snapshot$ = `${parameters.add(snapshot)}::pg_snapshot`;
  const at$ = `${parameters.add(at)}::timestamptz`;
  const passing = filterCondition(filter, parameters, 'd', 'id') ?? 'true';
  // In the order of the index: for a moment that is not known to the plan, documents would be read from end to end.
  return `EXISTS (SELECT 1 FROM (SELECT d.switched_by FROM documents d
                                  WHERE d.switched_at > ${at$} - ${LOOK_BACK} AND ${passing}
                                  ORDER BY d.switched_at DESC OFFSET 0) AS lately
                   WHERE NOT pg_visible_in_snapshot(lately.switched_by, ${snapshot$}))`;
}
