import { Injectable } from '@nestjs/common';
import { inTransaction } from '@vectorlane/database';
import type { Coverage } from '@vectorlane/domain';
import { setTimeout } from 'node:timers/promises';
import { DataSource, type EntityManager, QueryFailedError } from 'typeorm';
import {
  createVectorIndex,
  createVectorTable,
  EmbeddingSpacesRepository,
  convertedTableOf,
  MADE_SO,
} from './embedding-spaces.repository';

/** Vectors copied in one transaction: the embedded database is one session, and each takes it some milliseconds. */
const PAGE = 16;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';
/**
 * The tables change places under locks that a search in hand may hold up: given up before anybody else would be the
 * victim of a deadlock (after a second), and tried again.
 */
const LOCK_TIMEOUT_MS = 250;
const SWAPS = 40;
const SWAP_WAIT_MS = 250;
const LOCK_NOT_AVAILABLE = '55P03';

/** Of documents of a version that did not tell. */
const NO_COVERAGE: Coverage = { pages: null, pagesWithoutText: [], notes: [] };

/** Whether the model knows the letters that a text is written in. */
export type Reads = (text: string) => boolean;

interface VectorRow {
  readonly id: string;
  readonly document_id: string;
  readonly text: string | null;
}

/**
 * Makes the vectors of a database of an earlier version again as this one keeps them, on a server in numbers of two
 * bytes, while everybody goes on: a second table is filled in short steps, a trigger copies what is written meanwhile,
 * and in the end it takes the first one's place and name. Statements name the type `vector`, which the database casts:
 * earlier versions go on as well. Chunks in letters that the model does not read lose their vectors on the way.
 */
@Injectable()
export class VectorConversionRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly spaces: EmbeddingSpacesRepository,
  ) {}

  /**
   * @param goOn asked after each step
   * @returns whether nothing is left to do
   */
  async convertAll(reads: Reads, goOn: () => Promise<boolean> = () => Promise.resolve(true)): Promise<boolean> {
    if (await this.isConverted()) return true;
    await this.prepare();
    let after: string | undefined = FIRST_ID;
    while (after !== undefined) {
      after = await this.copyNext(after, reads);
      if (!(await goOn())) return false;
    }
    for (let tries = 0; tries < SWAPS; tries += 1) {
      if (await this.swap()) return true;
      await setTimeout(SWAP_WAIT_MS);
      if (!(await goOn())) return false;
    }
    return false;
  }

  private get table(): string {
    return this.spaces.active.table;
  }

  private get converted(): string {
    return convertedTableOf(this.spaces.active.id);
  }

  private async isConverted(): Promise<boolean> {
    const [row] = await this.dataSource.query<{ type: string; comment: string | null }[]>(
      `SELECT format_type(atttypid, atttypmod) AS type, obj_description(attrelid, 'pg_class') AS comment
         FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = 'embedding'`,
      [this.table],
    );
    return row === undefined || row.comment === MADE_SO || row.type.includes('halfvec(');
  }

  private async prepare(): Promise<void> {
    const { table, converted } = this;
    await inTransaction(this.dataSource, async (manager) => {
      const [known] = await manager.query<{ exists: boolean }[]>('SELECT to_regclass($1) IS NOT NULL AS exists', [
        converted,
      ]);
      if (known?.exists === true) return;
      const [space] = await manager.query<{ dimension: number }[]>(
        'SELECT dimension FROM embedding_spaces WHERE id = $1',
        [this.spaces.active.id],
      );
      if (space === undefined) throw new Error('The active embedding space is not in the database.');
      await createVectorTable(manager, converted, space.dimension);
      await createVectorIndex(manager, converted);
      await manager.query(
        `CREATE OR REPLACE FUNCTION ${converted}_copy() RETURNS trigger LANGUAGE plpgsql AS $copy$
         BEGIN
           INSERT INTO ${converted} VALUES (NEW.chunk_id, NEW.embedding) ON CONFLICT DO NOTHING;
           RETURN NEW;
         END $copy$`,
      );
      await manager.query(
        `CREATE TRIGGER ${converted}_copy AFTER INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION ${converted}_copy()`,
      );
    });
  }

  /** @returns where to go on; undefined at the end */
  private async copyNext(after: string, reads: Reads): Promise<string | undefined> {
    const { table, converted } = this;
    return inTransaction(this.dataSource, async (manager) => {
      // Held until the end: a chunk that is deleted meanwhile could not be referred to.
      const rows = await manager.query<VectorRow[]>(
        `SELECT c.id, c.document_id,
                CASE WHEN h.chunk_id IS NULL THEN concat_ws(E'\\n', c.place ->> 'heading', c.content) END AS text
           FROM (SELECT chunk_id FROM ${table} WHERE chunk_id > $1 ORDER BY chunk_id LIMIT $2) AS e
           JOIN chunks c ON c.id = e.chunk_id
           LEFT JOIN ${converted} h ON h.chunk_id = e.chunk_id
          ORDER BY c.id
            FOR KEY SHARE OF c`,
        [after, PAGE],
      );
      const missing = rows.filter(({ text }) => text !== null);
      const unread = missing.filter(({ text }) => !reads(text ?? ''));
      await this.forget(manager, unread);
      await manager.query(
        `INSERT INTO ${converted} (chunk_id, embedding)
         SELECT chunk_id, embedding FROM ${table} WHERE chunk_id = ANY($1::uuid[]) ON CONFLICT DO NOTHING`,
        [missing.filter((row) => !unread.includes(row)).map(({ id }) => id)],
      );
      return rows.at(-1)?.id;
    });
  }

  /** They have no vector any more, and their documents say so. */
  private async forget(manager: EntityManager, unread: readonly VectorRow[]): Promise<void> {
    if (unread.length === 0) return;
    await manager.query(`DELETE FROM ${this.table} WHERE chunk_id = ANY($1::uuid[])`, [unread.map(({ id }) => id)]);
    await manager.query(
      `UPDATE documents
          SET coverage = jsonb_set(coalesce(coverage, $2::jsonb), '{notes}',
                                   coalesce(coverage -> 'notes', '[]') || '["MODEL_LANGUAGE"]'::jsonb)
        WHERE id = ANY($1::uuid[]) AND NOT coalesce(coverage -> 'notes' @> '["MODEL_LANGUAGE"]'::jsonb, false)`,
      [unread.map(({ document_id }) => document_id), JSON.stringify(NO_COVERAGE)],
    );
  }

  /** @returns false where it has to be tried again */
  private async swap(): Promise<boolean> {
    const { table, converted } = this;
    const [left] = await this.dataSource.query<{ missing: boolean }[]>(
      `SELECT EXISTS (
         SELECT 1 FROM ${table} e
          WHERE NOT EXISTS (SELECT 1 FROM ${converted} h WHERE h.chunk_id = e.chunk_id)) AS missing`,
    );
    if (left?.missing !== false) return false;
    try {
      await inTransaction(this.dataSource, async (manager) => {
        await manager.query(`SELECT set_config('lock_timeout', $1, true)`, [`${LOCK_TIMEOUT_MS}ms`]);
        await manager.query(`LOCK TABLE chunks, ${table}, ${converted} IN ACCESS EXCLUSIVE MODE`);
        await manager.query(`DROP TABLE ${table}`);
        await manager.query(`DROP FUNCTION ${converted}_copy()`);
        await manager.query(`ALTER TABLE ${converted} RENAME TO ${table}`);
        await manager.query(`ALTER TABLE ${table} RENAME CONSTRAINT ${converted}_pkey TO ${table}_pkey`);
        await manager.query(
          `ALTER TABLE ${table} RENAME CONSTRAINT ${converted}_chunk_id_fkey TO ${table}_chunk_id_fkey`,
        );
        await manager.query(`ALTER INDEX ${converted}_by_cosine RENAME TO ${table}_by_cosine`);
      });
      return true;
    } catch (error) {
      if (error instanceof QueryFailedError && isLockTimeout(error.driverError)) return false;
      throw error;
    }
  }
}

function isLockTimeout(error: unknown): boolean {
  return (error as { code?: unknown }).code === LOCK_NOT_AVAILABLE;
}
