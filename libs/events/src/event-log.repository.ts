import { Injectable } from '@nestjs/common';
import { inTransaction } from '@vectorlane/database';
import { DataSource } from 'typeorm';
import type { DocumentEvent, EventFilter } from './event';

/** Events numbered by one short transaction. */
const NUMBERED_AT_ONCE = 1_000;
/** Numbers that one statement looks through: what passes a filter may be rare. */
const SPAN = 5_000;
const PAGE = 500;
const KEPT_HOURS = 24;

export interface EventPage {
  readonly events: readonly DocumentEvent[];
  /** Everything up to this number that passes the filter is in it, or in a page before. */
  readonly upTo: number;
}

export interface LogBounds {
  /** The newest event's number; 0 where there was none yet. */
  readonly last: number;
  /** Events up to this number are gone. */
  readonly pruned: number;
}

/** What happened to documents in the last day, in the order of its numbers. The triggers of `documents` write it. */
@Injectable()
export class EventLogRepository {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Gives every event a number that has committed and has none. The holder of the row of numbers gives out the
   * next ones, and nobody after it smaller ones: a reader that has seen a number has seen all before it.
   */
  async number(): Promise<void> {
    for (;;) {
      const waiting = await this.dataSource.query<unknown[]>(
        'SELECT 1 FROM document_events WHERE number IS NULL LIMIT 1',
      );
      if (waiting.length === 0) return;
      await inTransaction(this.dataSource, async (manager) => {
        const [row] = await manager.query<{ last: string }[]>('SELECT last FROM event_numbers FOR UPDATE');
        if (row === undefined) throw new Error('The row of event numbers is gone.');
        // A statement of its own: it sees what the holder before has numbered.
        await manager.query(
          `WITH next AS (
             SELECT seq, $1::bigint + row_number() OVER (ORDER BY seq) AS number
               FROM (SELECT seq FROM document_events WHERE number IS NULL ORDER BY seq LIMIT $2) AS unnumbered),
           numbered AS (
             UPDATE document_events AS e SET number = next.number FROM next WHERE e.seq = next.seq RETURNING e.number)
           UPDATE event_numbers SET last = greatest(last, (SELECT max(number) FROM numbered))`,
          [row.last, NUMBERED_AT_ONCE],
        );
      });
    }
  }

  async bounds(): Promise<LogBounds> {
    await this.number();
    const [row] = await this.dataSource.query<LogBounds[]>(
      'SELECT last::double precision AS last, pruned::double precision AS pruned FROM event_numbers',
    );
    if (row === undefined) throw new Error('The row of event numbers is gone.');
    return row;
  }

  /** The next page of what passes the filter, of the numbers after one and up to another. */
  async read(after: number, upTo: number, { collections, documentId, types }: EventFilter = {}): Promise<EventPage> {
    // Those of one document are found by an index.
    const end = documentId === undefined ? Math.min(upTo, after + SPAN) : upTo;
    const events = await this.dataSource.query<DocumentEvent[]>(
      `SELECT number::double precision AS number, type, at, collection, document_id AS "documentId", body
         FROM document_events
        WHERE number > $1 AND number <= $2
          AND ($3::text[] IS NULL OR collection = ANY($3)) AND ($4::uuid IS NULL OR document_id = $4)
          AND ($5::text[] IS NULL OR type = ANY($5))
        ORDER BY number LIMIT $6`,
      [after, end, collections ?? null, documentId ?? null, types ?? null, PAGE],
    );
    const last = events.at(-1);
    return { events, upTo: events.length === PAGE && last !== undefined ? last.number : end };
  }

  /** Forgets the oldest events that are a day old. @returns how many, at most `limit` */
  async prune(limit: number): Promise<number> {
    // One without a number would be missed by a reader that was not there: it gets one first.
    await this.number();
    return inTransaction(this.dataSource, async (manager) => {
      const gone = await manager.query<{ number: string }[]>(
        `WITH oldest AS (SELECT seq, at FROM document_events WHERE number IS NOT NULL ORDER BY seq LIMIT $1),
         gone AS (
           DELETE FROM document_events AS e USING oldest
            WHERE e.seq = oldest.seq AND oldest.at < now() - make_interval(hours => $2)
           RETURNING e.number)
         SELECT number FROM gone`,
        [limit, KEPT_HOURS],
      );
      const last = Math.max(0, ...gone.map(({ number }) => Number(number)));
      if (last > 0) await manager.query('UPDATE event_numbers SET pruned = greatest(pruned, $1)', [last]);
      return gone.length;
    });
  }
}
