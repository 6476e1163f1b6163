import { Injectable, Logger } from '@nestjs/common';
import { inTransaction } from '@vectorlane/database';
import { DataSource, type EntityManager } from 'typeorm';

/** The five properties that make vectors comparable (docs/contract.md §2). */
export interface SpaceIdentity {
  readonly model: string;
  readonly weightsDigest: string;
  readonly numberType: string;
  readonly dimension: number;
  readonly pooling: string;
}

/** A space as the database has it. */
export interface StoredSpace {
  readonly id: number;
  /** Its vector table: (chunk_id, embedding), with an HNSW index for cosine distance. */
  readonly table: string;
  readonly current: boolean;
}

/** The database holds vectors of another model than the configured one, and switching is a deliberate act. */
export class SpaceMismatchError extends Error {
  override readonly name = 'SpaceMismatchError';
}

// pg_advisory_xact_lock key: processes that start at once create a space one after the other.
const CREATION_LOCK = 0x564c_0001;

/** Embedding spaces: each with its own vector table and index, one of them current. */
@Injectable()
export class EmbeddingSpacesRepository {
  private readonly logger = new Logger(EmbeddingSpacesRepository.name);

  private activated: StoredSpace | undefined;

  constructor(private readonly dataSource: DataSource) {}

  /** The space of this process, once `activate` has run at boot. */
  get active(): StoredSpace {
    if (this.activated === undefined) throw new Error('No embedding space has been activated yet.');
    return this.activated;
  }

  /**
   * Finds the space, or creates it with its table and its index while that is empty (an index built over existing
   * rows would hold the embedded database for a minute). The first space of a database becomes its current one, and so
   * does a new one while no document has been ingested.
   * @param change what to do when another space is current and holds documents: `refuse`, or `reindex` to make this one
   *   current and ingest every completed document again, the old chunks staying findable by their words meanwhile
   * @throws SpaceMismatchError
   */
  async activate(identity: SpaceIdentity, change: 'refuse' | 'reindex'): Promise<StoredSpace> {
    this.activated = await inTransaction(this.dataSource, async (manager) => {
      await manager.query('SELECT pg_advisory_xact_lock($1)', [CREATION_LOCK]);
      const space = (await find(manager, identity)) ?? (await create(manager, identity));
      if (space.current) return space;

      const current = await currentSpace(manager);
      const [row] = await manager.query<{ held: boolean }[]>(
        'SELECT EXISTS (SELECT 1 FROM documents WHERE visible_generation IS NOT NULL) AS held',
      );
      const held = row?.held === true;
      if (current !== undefined && held && change === 'refuse') throw mismatch(current, identity);

      await manager.query('UPDATE embedding_spaces SET is_current = false WHERE is_current');
      await manager.query('UPDATE embedding_spaces SET is_current = true WHERE id = $1', [space.id]);
      if (held) {
        await manager.query(
          `UPDATE documents SET status = 'pending', stage = 'queued', percent = 0, attempts = 0, interruptions = 0,
                  parser_deaths = 0, next_attempt_at = now(), updated_at = now() WHERE status = 'completed'`,
        );
        this.logger.warn({ model: identity.model }, 'switched the embedding space: every document is ingested again');
      }
      return { ...space, current: true };
    });
    return this.activated;
  }
}

interface SpaceRow {
  id: number;
  model: string;
  weights_digest: string;
  number_type: string;
  is_current: boolean;
}

async function find(manager: EntityManager, identity: SpaceIdentity): Promise<StoredSpace | undefined> {
  const [row] = await manager.query<SpaceRow[]>(
    `SELECT id, model, weights_digest, number_type, is_current FROM embedding_spaces
      WHERE model = $1 AND weights_digest = $2 AND number_type = $3 AND dimension = $4 AND pooling = $5`,
    [identity.model, identity.weightsDigest, identity.numberType, identity.dimension, identity.pooling],
  );
  return row && { id: row.id, table: tableOf(row.id), current: row.is_current };
}

async function currentSpace(manager: EntityManager): Promise<SpaceRow | undefined> {
  const [row] = await manager.query<SpaceRow[]>(
    'SELECT id, model, weights_digest, number_type, is_current FROM embedding_spaces WHERE is_current',
  );
  return row;
}

async function create(manager: EntityManager, identity: SpaceIdentity): Promise<StoredSpace> {
  const rows = await manager.query<{ id: number }[]>(
    `INSERT INTO embedding_spaces (model, weights_digest, number_type, dimension, pooling)
     VALUES ($1, $2, $3, $4, $5) RETURNING id`,
    [identity.model, identity.weightsDigest, identity.numberType, identity.dimension, identity.pooling],
  );
  const id = rows[0]?.id;
  if (id === undefined) throw new Error('The new embedding space was not returned.');
  await createVectorTable(manager, tableOf(id), identity.dimension);
  await createVectorIndex(manager, tableOf(id));
  return { id, table: tableOf(id), current: false };
}

interface Queries {
  query(sql: string): Promise<unknown>;
}

/** The table of a space's vectors. @param spaceId `embedding_spaces.id` */
export function tableOf(spaceId: number): string {
  return `vectors_${Math.trunc(spaceId)}`;
}

/** Where vectors of an earlier version are made again, before it takes the place of their table. */
export function convertedTableOf(spaceId: number): string {
  return `${tableOf(spaceId)}_half`;
}

/** How `version()` names a database that is compiled to WebAssembly. */
const WEBASSEMBLY = `version() LIKE '%emscripten%'`;

/**
 * Of a table that `createVectorTable` made, whatever its type: one of an earlier version does not have it, and is made
 * again.
 */
export const MADE_SO = 'of this version';

/**
 * Numbers of two bytes: half the memory, and the same neighbours but for a few in ten thousand (bench/search.md). In
 * WebAssembly, which lacks the instruction, they are turned into others one by one, and a row under the index takes
 * five times as long: the embedded database has numbers of four bytes.
 * @param table of `tableOf` or `convertedTableOf`
 */
export async function createVectorTable(queries: Queries, table: string, dimension: number): Promise<void> {
  await queries.query(
    `DO $do$ BEGIN
       EXECUTE format(
         'CREATE TABLE ${table} (
            chunk_id  uuid PRIMARY KEY REFERENCES chunks ON DELETE CASCADE,
            embedding %s(${Math.trunc(dimension)}) NOT NULL)',
         CASE WHEN ${WEBASSEMBLY} THEN 'vector' ELSE 'halfvec' END);
       COMMENT ON TABLE ${table} IS '${MADE_SO}';
     END $do$`,
  );
}

/** Over rows that are there already it takes milliseconds a row, in which the embedded database does nothing else. */
export async function createVectorIndex(queries: Queries, table: string): Promise<void> {
  await queries.query(
    `DO $do$ BEGIN
       EXECUTE format(
         'CREATE INDEX ${table}_by_cosine ON ${table} USING hnsw (embedding %s_cosine_ops)
            WITH (m = 16, ef_construction = 64)',
         (SELECT t.typname FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
           WHERE a.attrelid = '${table}'::regclass AND a.attname = 'embedding'));
     END $do$`,
  );
}

function mismatch(current: SpaceRow, configured: SpaceIdentity): SpaceMismatchError {
  return new SpaceMismatchError(
    `This database holds vectors of ${current.model} (${current.number_type}, ${current.weights_digest.slice(0, 12)}), ` +
      `the configured model is ${configured.model} (${configured.numberType}, ${configured.weightsDigest.slice(0, 12)}). ` +
      'Set the model back, choose another database or DATA_DIR, or start once with EMBEDDING_SPACE_CHANGE=reindex ' +
      'to embed every document again.',
  );
}
