import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '@vectorlane/config';
import {
  closeDataSource,
  type DatabaseBackend,
  dataSourceOptions,
  KNOWN_MIGRATIONS,
  migrate,
  MIGRATIONS,
  openBackend,
  openDataSource,
} from '@vectorlane/database';
import { createVectorIndex, createVectorTable, vectorParameter } from '@vectorlane/documents';
import type { DataSource } from 'typeorm';
import { freshLocation, testConfig, type DatabaseLocation } from '../../support/test-database';

/** Databases with everything in them that a backup has to cope with, made by SQL alone: no model, no service. */

export const DIMENSION = 8;
/** Larger than a block of the file and than a stored part. */
const LARGE_BYTES = 1_500_000;

export class Place {
  private constructor(
    readonly config: Config,
    private readonly location: DatabaseLocation,
  ) {}

  /** A database that no service has ever seen. */
  static async empty(location: Promise<DatabaseLocation> = freshLocation()): Promise<Place> {
    const at = await location;
    return new Place(testConfig(at), at);
  }

  static async seeded(documents: number, migrations: readonly string[] = KNOWN_MIGRATIONS): Promise<Place> {
    const place = await Place.empty(freshLocation(migrations === KNOWN_MIGRATIONS ? 'product' : 'none'));
    await place.fill((dataSource) => seed(dataSource, documents), migrations);
    return place;
  }

  /** Makes the schema and what is in it, on one opening: an embedded database takes seconds for each. */
  fill(
    work: (dataSource: DataSource) => Promise<void>,
    migrations: readonly string[] = KNOWN_MIGRATIONS,
  ): Promise<void> {
    return this.use(work, (backend) =>
      migrate(
        backend,
        this.config,
        MIGRATIONS.filter((Migration) => migrations.includes(new Migration().name)),
      ),
    );
  }

  /** Opens the database for as long as `work` takes. */
  async use<T>(
    work: (dataSource: DataSource) => Promise<T>,
    before: (backend: DatabaseBackend) => Promise<void> = () => Promise.resolve(),
  ): Promise<T> {
    const backend = await openBackend(this.config);
    try {
      await before(backend);
      const dataSource = await openDataSource(dataSourceOptions(backend, this.config));
      try {
        return await work(dataSource);
      } finally {
        await closeDataSource(dataSource, 5_000);
      }
    } finally {
      await backend.close();
    }
  }

  /** All that a reader, a worker or the API can see of it. */
  contents(): Promise<Contents> {
    return this.use(readContents);
  }

  dispose(): Promise<void> {
    return this.location.dispose();
  }
}

export async function temporaryFolder(): Promise<{ path: string; dispose: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'vectorlane-backup-'));
  return { path, dispose: () => rm(path, { recursive: true, force: true }) };
}

/**
 * `count` completed documents, and four more: failed, processing under a lease with chunks nobody sees yet, pending for
 * a second ingestion with its first one still visible, and one of many large parts. Beside them an upload under way.
 */
async function seed(dataSource: DataSource, count: number): Promise<void> {
  const [space] = await dataSource.query<{ id: number }[]>(
    `INSERT INTO embedding_spaces (model, weights_digest, number_type, dimension, pooling, is_current)
     VALUES ('an older model', 'd', 'int8', ${DIMENSION}, 'mean', false), ('a model', 'd', 'int8', ${DIMENSION}, 'mean', true) RETURNING id`,
  );
  const spaceId = (space?.id ?? 0) + 1;
  for (const id of [spaceId - 1, spaceId]) {
    await createVectorTable(dataSource, `vectors_${id}`, DIMENSION);
    await createVectorIndex(dataSource, `vectors_${id}`);
  }
  await dataSource.query(
    `INSERT INTO api_keys (id, name, secret_sha256, scopes, expires_at) VALUES
       ('aaaaaaaaaaaa', 'ünïcode "quoted", with \\ and {braces}', $1, '{read,write}', '2999-12-31 23:59:59.123456+00'),
       ('bbbbbbbbbbbb', '', $2, '{admin}', NULL)`,
    [randomBytes(32), randomBytes(32)],
  );
  for (let index = 0; index < count; index += 1) {
    await addDocument(dataSource, spaceId, { size: 100 + index * 13, generation: 1 + (index % 3), visible: true });
  }
  await addDocument(dataSource, spaceId, { size: LARGE_BYTES, generation: 1, visible: true });
  await addDocument(dataSource, spaceId, {
    size: 10,
    generation: 2,
    status: `'failed', failure_code = 'CORRUPT_FILE', failure_message = 'no', failure_retryable = false`,
  });
  await addDocument(dataSource, spaceId, {
    size: 10,
    generation: 4,
    status: `'processing', stage = 'embedding', percent = 42, attempts = 2, lease_expires_at = now() + interval '1 hour'`,
  });
  await addDocument(dataSource, spaceId, { size: 10, generation: 1, visible: true, status: `'pending'` });
  const [upload] = [randomUUID()];
  await dataSource.query('INSERT INTO contents (id) VALUES ($1)', [upload]);
  await dataSource.query('INSERT INTO content_parts VALUES ($1, 0, $2)', [upload, randomBytes(100)]);
}

async function addDocument(
  dataSource: DataSource,
  spaceId: number,
  {
    size,
    generation,
    visible = false,
    status,
  }: { size: number; generation: number; visible?: boolean; status?: string },
): Promise<void> {
  const [id, contentId, bytes] = [randomUUID(), randomUUID(), randomBytes(size)];
  await dataSource.query('INSERT INTO contents (id) VALUES ($1)', [contentId]);
  for (let part = 0; part * 262_144 < size; part += 1) {
    const slice = bytes.subarray(part * 262_144, (part + 1) * 262_144);
    await dataSource.query('INSERT INTO content_parts VALUES ($1, $2, $3)', [contentId, part, slice]);
  }
  // Of a schema that let PostgreSQL read the words.
  const [schema] = await dataSource.query<{ old: boolean }[]>(`SELECT to_regclass('chunk_words') IS NULL AS old`);
  const old = schema?.old === true;
  await dataSource.query(
    `INSERT INTO documents (id, sha256, content_id, filename, format, lane, media_type, size_bytes, metadata, status, stage,
                            generation, visible_generation, chunk_count, ${old ? 'text_search_config' : 'language'}, timings)
     VALUES ($1, $2, $3, $4, 'txt', 'fast', 'text/plain', $5, $6, 'completed', 'completed', $7, $8, 2, 'german', '{"totalMs": 1.5}')`,
    [
      id,
      createHash('sha256').update(bytes).digest(),
      contentId,
      `naïve "file"\t${size}.txt`,
      size,
      JSON.stringify({ tags: ['ä', '"'], none: null, number: 1e21 }),
      generation,
      visible ? generation : null,
    ].map((value, index) => (index === 7 && status === undefined ? generation : value)),
  );
  if (status !== undefined) await dataSource.query(`UPDATE documents SET status = ${status} WHERE id = $1`, [id]);
  // Of this generation, and of one before that a crash left.
  const heading = await headingColumn(dataSource);
  for (const written of [generation, generation - 1]) {
    const text = `Straßenbahn ${size} 日本語 \\N \u{1f600}\n`.repeat(1 + (size % 97));
    await dataSource.query('INSERT INTO document_texts VALUES ($1, $2, $3)', [id, written, text]);
    for (const ordinal of [0, 1]) {
      const chunkId = randomUUID();
      await dataSource.query(
        `INSERT INTO chunks (id, document_id, generation, ordinal, content, char_start, char_end, token_count, ${heading.column}${old ? ', config' : ''})
         VALUES ($1, $2, $3, $4, $5, 0, 10, 3, ${heading.value('$6')}${old ? `, 'german'` : ''})`,
        [chunkId, id, written, ordinal, `${text.slice(0, 40)} ${ordinal}`, ordinal === 0 ? null : 'Überschrift'],
      );
      const vector = Float32Array.from({ length: DIMENSION }, () => Math.random() - 0.5);
      for (const space of [spaceId - 1, spaceId]) {
        await dataSource.query(`INSERT INTO vectors_${space} VALUES ($1, $2::vector)`, [
          chunkId,
          vectorParameter(vector),
        ]);
      }
    }
  }
}

/** The heading was a column of its own before a chunk's position became one value. */
async function headingColumn(dataSource: DataSource): Promise<{ column: string; value: (text: string) => string }> {
  const place = await dataSource.query<unknown[]>(
    `SELECT 1 FROM pg_attribute WHERE attrelid = 'chunks'::regclass AND attname = 'place' AND NOT attisdropped`,
  );
  return place.length === 0
    ? { column: 'heading', value: (text) => `${text}::text` }
    : { column: 'place', value: (text) => `jsonb_strip_nulls(jsonb_build_object('heading', ${text}::text))` };
}

export type Contents = Readonly<Record<string, readonly unknown[]>>;

async function readContents(dataSource: DataSource): Promise<Contents> {
  await dataSource.query(`SET TimeZone = 'UTC'`);
  const [space] = await dataSource.query<{ id: number }[]>('SELECT id FROM embedding_spaces WHERE is_current');
  const queries: Record<string, string> = {
    keys: 'SELECT to_jsonb(k) AS row FROM api_keys k ORDER BY id',
    documents: `SELECT to_jsonb(d) - 'metadata' || jsonb_build_object('metadata', d.metadata::text) AS row FROM documents d ORDER BY id`,
    bytes: `SELECT p.content_id AS id, encode(sha256(string_agg(p.bytes, '' ORDER BY p.part)), 'hex') AS sha256, d.sha256 = sha256(string_agg(p.bytes, '' ORDER BY p.part)) AS same
              FROM content_parts p JOIN documents d ON d.content_id = p.content_id GROUP BY 1, d.sha256 ORDER BY 1`,
    texts: `SELECT t.document_id, t.generation, t.text FROM document_texts t
              JOIN documents d ON d.id = t.document_id AND d.visible_generation = t.generation ORDER BY 1`,
    chunks: 'SELECT to_jsonb(c) AS row FROM visible_chunks c ORDER BY id',
    spaces: 'SELECT model, weights_digest, number_type, dimension, pooling FROM embedding_spaces WHERE is_current',
    vectors: `SELECT v.chunk_id, v.embedding::text FROM vectors_${space?.id ?? 0} v JOIN visible_chunks c ON c.id = v.chunk_id ORDER BY 1`,
  };
  const contents: Record<string, readonly unknown[]> = {};
  for (const [name, sql] of Object.entries(queries)) contents[name] = await dataSource.query<unknown[]>(sql);
  return contents;
}
