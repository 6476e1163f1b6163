import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { inTransaction, KeysetCursor, type Page, prepared } from '@vectorlane/database';
import { CollectionName, DEFAULT_COLLECTION, mergePatch } from '@vectorlane/domain';
import { Problem } from '@vectorlane/errors';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { SqlParameters } from '../search/sql-parameters';
import { CollectionScope } from './collection-scope';

export interface Collection {
  readonly name: string;
  readonly description: string | null;
  readonly metadata: Record<string, unknown>;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Revisions under way not counted. */
  readonly documents: number;
  /** That readers see. */
  readonly chunks: number;
  /** Of the original files. */
  readonly bytes: number;
}

export interface CollectionChange {
  readonly description?: string | null | undefined;
  readonly metadata?: Record<string, unknown> | undefined;
}

/** Who asks: the keys of the collections that its API key is bound to, or null where that sees all. */
export interface Beholder {
  readonly collections: readonly string[] | null;
}

/**
 * Whether it lives for a time from its last use, and nobody has told of a use for a minute; one whose time is over
 * stays so.
 */
const IS_IDLE = `(expires_after_days IS NOT NULL AND last_active_at < now() - interval '1 minute'
  AND last_active_at + make_interval(days => expires_after_days) > now())`;

const UNIQUE_VIOLATION = '23505';
const cursors = new KeysetCursor(z.tuple([CollectionName]));

/** What is not there and what is not the caller's are the same: 404. */
function noSuchCollection(name: string): Problem {
  return new Problem('COLLECTION_NOT_FOUND', `There is no collection "${name}".`);
}

/** Collections by their names, and what a caller may see of them. */
@Injectable()
export class CollectionsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * @param names left out: all that the caller may see
   * @throws Problem `COLLECTION_NOT_FOUND` for the first name that is none, or none of the caller's
   */
  async scopeOf(caller: Beholder, names?: readonly string[]): Promise<CollectionScope> {
    const visible = await this.visibleKeys(caller, names);
    if (visible !== undefined) return CollectionScope.only(visible);
    const rows = await this.dataSource.query<{ key: string }[]>(
      prepared('SELECT key FROM collections WHERE deleted_at IS NOT NULL'),
    );
    return CollectionScope.allBut(rows.map(({ key }) => key));
  }

  /** The keys of what a caller may see of these names. @returns nothing where it sees all @throws as `scopeOf` */
  async visibleKeys(
    { collections: bound }: Beholder,
    names?: readonly string[],
  ): Promise<readonly string[] | undefined> {
    if (names === undefined && bound === null) return undefined;
    const rows = await this.dataSource.query<{ key: string; name: string; idle: boolean }[]>(
      prepared(
        `SELECT key, name, ${IS_IDLE} AS idle FROM collections
          WHERE deleted_at IS NULL AND ($1::text[] IS NULL OR key = ANY($1)) AND ($2::text[] IS NULL OR name = ANY($2))`,
      ),
      [bound, names ?? null],
    );
    const missing = names?.find((name) => !rows.some((row) => row.name === name));
    if (missing !== undefined) throw noSuchCollection(missing);
    await this.touch(rows.filter(({ idle }) => idle).map(({ key }) => key));
    return rows.map(({ key }) => key);
  }

  /**
   * Where an upload goes. A name that nobody has used yet makes a collection, for a caller that sees all.
   * @param name left out: the default one, or the only one of a caller that is bound to it
   * @returns its key
   * @throws Problem `COLLECTION_NOT_FOUND`, `INVALID_REQUEST` where a bound caller has to say which
   */
  async keyFor(caller: Beholder, name: string | undefined): Promise<string> {
    return caller.collections === null ? this.keyOf(name ?? DEFAULT_COLLECTION) : this.keyOfKnown(caller, name);
  }

  /** As `keyFor`, but makes none. @throws as `keyFor` */
  async keyOfKnown({ collections: bound }: Beholder, name: string | undefined): Promise<string> {
    if (bound === null) {
      const wanted = name ?? DEFAULT_COLLECTION;
      const [key] = (await this.visibleKeys({ collections: null }, [wanted])) ?? [];
      if (key === undefined) throw noSuchCollection(wanted);
      return key;
    }
    const own = await this.dataSource.query<{ key: string; name: string; idle: boolean }[]>(
      `SELECT key, name, ${IS_IDLE} AS idle FROM collections WHERE deleted_at IS NULL AND key = ANY($1::text[])`,
      [bound],
    );
    await this.touch(own.filter((row) => row.idle && row.name === (name ?? row.name)).map(({ key }) => key));
    if (name === undefined) {
      const [only, ...others] = own;
      if (only !== undefined && others.length === 0) return only.key;
      throw new Problem('INVALID_REQUEST', 'collection: name one, this key is not bound to exactly one.');
    }
    const found = own.find((row) => row.name === name);
    if (found === undefined) throw noSuchCollection(name);
    return found.key;
  }

  /** Keys of collections for names, in the order of the names. @throws Problem `COLLECTION_NOT_FOUND` */
  async keysOf(names: readonly string[]): Promise<readonly string[]> {
    const rows = await this.dataSource.query<{ key: string; name: string }[]>(
      'SELECT key, name FROM collections WHERE deleted_at IS NULL AND name = ANY($1::text[])',
      [names],
    );
    return names.map((name) => {
      const row = rows.find((candidate) => candidate.name === name);
      if (row === undefined) throw noSuchCollection(name);
      return row.key;
    });
  }

  /** Names by key; a deleted one has none any more. */
  async namesOf(keys: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (keys.length === 0) return new Map();
    const rows = await this.dataSource.query<{ key: string; name: string }[]>(
      'SELECT key, name FROM collections WHERE deleted_at IS NULL AND key = ANY($1::text[])',
      [keys],
    );
    return new Map(rows.map(({ key, name }) => [key, name]));
  }

  /** @throws Problem `COLLECTION_EXISTS` */
  async create(name: string, { description = null, metadata = {} }: CollectionChange): Promise<Collection> {
    try {
      await this.insert(name, description, metadata);
    } catch (error) {
      if ((error as { code?: unknown }).code !== UNIQUE_VIOLATION) throw error;
      throw new Problem('COLLECTION_EXISTS', `There is a collection "${name}" already.`, { cause: error });
    }
    return this.find(CollectionScope.allBut([]), name);
  }

  /** @throws Problem `COLLECTION_NOT_FOUND` */
  async find(scope: CollectionScope, name: string): Promise<Collection> {
    const { items } = await this.select(scope, { name }, 1);
    const [found] = items;
    if (found === undefined) throw noSuchCollection(name);
    return found;
  }

  /** By name. @throws Problem `INVALID_CURSOR` */
  async list(scope: CollectionScope, limit: number, cursor: string | undefined): Promise<Page<Collection>> {
    const [after] = cursor === undefined ? [''] : cursors.decode(cursor);
    const { items, more } = await this.select(scope, { after }, limit);
    const last = items.at(-1);
    return { items, nextCursor: more && last !== undefined ? cursors.encode([last.name]) : null };
  }

  /** @param change a merge patch: what is left out stays @throws Problem `COLLECTION_NOT_FOUND` */
  async change(scope: CollectionScope, name: string, { description, metadata }: CollectionChange): Promise<Collection> {
    await inTransaction(this.dataSource, async (manager) => {
      const parameters = new SqlParameters();
      const [row] = await manager.query<{ key: string; metadata: Record<string, unknown> }[]>(
        `SELECT key, metadata FROM collections WHERE ${named(scope, name, parameters)} FOR UPDATE`,
        parameters.values,
      );
      if (row === undefined) throw noSuchCollection(name);
      await manager.query(
        `UPDATE collections SET updated_at = now(), metadata = $2, description = CASE WHEN $3 THEN $4 ELSE description END
          WHERE key = $1`,
        [
          row.key,
          JSON.stringify(metadata === undefined ? row.metadata : mergePatch(row.metadata, metadata)),
          description !== undefined,
          description ?? null,
        ],
      );
    });
    return this.find(scope, name);
  }

  /**
   * From here on nobody sees it, nor any document in it; what it held is taken away in steps, see
   * `DeletedCollectionsRepository`. Its name is free at once.
   * @throws Problem `COLLECTION_NOT_FOUND`, `DEFAULT_COLLECTION`
   */
  async remove(scope: CollectionScope, name: string): Promise<void> {
    const parameters = new SqlParameters();
    const where = named(scope, name, parameters);
    if (name === DEFAULT_COLLECTION) {
      await this.find(scope, name);
      throw new Problem('DEFAULT_COLLECTION', 'This collection always exists. Delete its documents instead.');
    }
    const rows = await this.dataSource.query<unknown[]>(
      `WITH removed AS (UPDATE collections SET deleted_at = now() WHERE ${where} RETURNING key) SELECT key FROM removed`,
      parameters.values,
    );
    if (rows.length === 0) throw noSuchCollection(name);
  }

  private async touch(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    await this.dataSource.query('UPDATE collections SET last_active_at = now() WHERE key = ANY($1::text[])', [keys]);
  }

  private async keyOf(name: string): Promise<string> {
    // The second round finds what another process has made between the two statements of the first.
    for (let round = 1; ; round += 1) {
      const [row] = await this.dataSource.query<{ key: string; idle: boolean }[]>(
        `SELECT key, ${IS_IDLE} AS idle FROM collections WHERE name = $1 AND deleted_at IS NULL`,
        [name],
      );
      if (row?.idle) await this.touch([row.key]);
      if (row !== undefined) return row.key;
      try {
        return await this.insert(name, null, {});
      } catch (error) {
        if ((error as { code?: unknown }).code !== UNIQUE_VIOLATION || round > 2) throw error;
      }
    }
  }

  private async insert(name: string, description: string | null, metadata: Record<string, unknown>): Promise<string> {
    // Short, since every word of the collection carries it.
    const key = randomBytes(9).toString('base64url');
    await this.dataSource.query('INSERT INTO collections (key, name, description, metadata) VALUES ($1, $2, $3, $4)', [
      key,
      name,
      description,
      JSON.stringify(metadata),
    ]);
    return key;
  }

  private async select(
    scope: CollectionScope,
    wanted: { readonly name?: string; readonly after?: string },
    limit: number,
  ): Promise<{ items: Collection[]; more: boolean }> {
    const parameters = new SqlParameters();
    const conditions = ['c.deleted_at IS NULL', scope.condition('c.key', parameters) ?? 'true'];
    if (wanted.name !== undefined) conditions.push(`c.name = ${parameters.add(wanted.name)}`);
    if (wanted.after !== undefined) conditions.push(`c.name > ${parameters.add(wanted.after)}`);
    const rows = await this.dataSource.query<Collection[]>(
      `SELECT c.name, c.description, c.metadata, c.created_at AS "createdAt", c.updated_at AS "updatedAt",
              held.documents, held.chunks, held.bytes
         FROM (SELECT * FROM collections c WHERE ${conditions.join(' AND ')}
                ORDER BY c.name LIMIT ${parameters.add(limit + 1)}) AS c
         CROSS JOIN LATERAL (
           SELECT count(*) FILTER (WHERE d.revision_of IS NULL)::integer AS documents,
                  coalesce(sum(d.chunk_count) FILTER (WHERE d.visible_generation IS NOT NULL), 0)::double precision AS chunks,
                  coalesce(sum(d.size_bytes), 0)::double precision AS bytes
             FROM documents d WHERE d.collection = c.key) AS held
        ORDER BY c.name`,
      parameters.values,
    );
    return { items: rows.slice(0, limit), more: rows.length > limit };
  }
}

function named(scope: CollectionScope, name: string, parameters: SqlParameters): string {
  const own = scope.condition('key', parameters) ?? 'true';
  return `deleted_at IS NULL AND name = ${parameters.add(name)} AND ${own}`;
}
