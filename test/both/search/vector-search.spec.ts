import { pairsOf } from '@vectorlane/analysis';
import { Config } from '@vectorlane/config';
import { prepared } from '@vectorlane/database';
import {
  CollectionScope,
  EmbeddingSpacesRepository,
  VectorConversionRepository,
  PassagesRepository,
  type SearchFilter,
  type StoredSpace,
  SwitchesRepository,
  VectorsRepository,
  WordsRepository,
} from '@vectorlane/documents';
import { DataSource, EntityManager } from 'typeorm';
import { sized } from '../../support/sizes';
import { TestApp } from '../../support/test-app';

/**
 * Filters over an approximate index: the usual way returns too few rows, because the search of the index ends before it
 * has met enough that match. Ten chunks of each document with vectors of 8 numbers, made inside the database.
 */
const DOCUMENTS = sized(300, 600);
const CHUNKS_EACH = 10;

let service: TestApp;
let dataSource: DataSource;
let search: VectorsRepository;
let space: StoredSpace;

beforeAll(async () => {
  service = await TestApp.start({ ROLE: 'api' });
  dataSource = service.app.get(DataSource);
  search = service.app.get(VectorsRepository);
  space = await service.app
    .get(EmbeddingSpacesRepository)
    .activate(
      { model: 'test', weightsDigest: '0'.repeat(64), numberType: 'fp32', dimension: 8, pooling: 'mean' },
      'refuse',
    );
  await dataSource.query(`SELECT setseed(0.42)`);
  await dataSource.query(
    `INSERT INTO contents (id) SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid FROM generate_series(1, $1::int) n`,
    [DOCUMENTS],
  );
  await dataSource.query(
    `INSERT INTO documents (id, sha256, content_id, filename, format, lane, media_type, size_bytes, metadata, status, stage,
                            generation, visible_generation, chunk_count, language)
     SELECT id, sha256(id::text::bytea), id, 'n' || n, CASE WHEN n % 2 = 0 THEN 'md' ELSE 'txt' END, 'fast', 'text/plain', 1,
            jsonb_build_object('n', n, 'rare', n % 100 = 0), 'completed', 'completed', 1, 1, $2::int, 'simple'
       FROM (SELECT n, ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid AS id FROM generate_series(1, $1::int) n) AS numbered`,
    [DOCUMENTS, CHUNKS_EACH],
  );
  // Page by page: on a busy machine all of them in one statement, under the index, take longer than a statement may.
  for (let ordinal = 0; ordinal < CHUNKS_EACH; ordinal += 1) {
    await dataSource.query(
      `WITH added AS (
         INSERT INTO chunks (id, document_id, generation, ordinal, content, char_start, char_end, token_count)
         SELECT gen_random_uuid(), id, 1, $1::int, 'chunk ' || $1::int, $1::int, $1::int + 1, 3 FROM documents
         RETURNING id)
       INSERT INTO ${space.table} (chunk_id, embedding)
       SELECT id, (SELECT l2_normalize(array_agg(random() - 0.5)::vector(8)) FROM generate_series(1, 8) WHERE added.id IS NOT NULL)
         FROM added`,
      [ordinal],
    );
  }
}, 120_000);
afterAll(() => service?.stop(), 60_000);

const unitVectors = Array.from({ length: sized(3, 8) }, (_, seed) => {
  const vector = Float32Array.from({ length: 8 }, (__, index) => Math.sin((seed + 1) * (index + 2)));
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
});

/** The answer by reading every row, without the index. */
const exactly = async (vector: Float32Array, limit: number, where: string): Promise<string[]> => {
  const rows = await dataSource.query<{ chunk_id: string }[]>(
    `SELECT e.chunk_id FROM ${space.table} e JOIN chunks c ON c.id = e.chunk_id JOIN documents d ON d.id = c.document_id
      WHERE ${where} ORDER BY (e.embedding <=> $1::vector) + 0, e.chunk_id LIMIT $2`,
    [`[${[...vector].join()}]`, limit],
  );
  return rows.map(({ chunk_id }) => chunk_id);
};

const scope = CollectionScope.allBut([]);
const CASES: [name: string, filter: SearchFilter, where: string, exact: boolean][] = [
  ['no filter', { scope }, 'true', false],
  ['a filter that half of them pass', { scope, format: ['md'] }, `d.format = 'md'`, false],
  [
    'a filter that one in a hundred passes',
    { scope, metadata: [['rare', { eq: true }]] },
    `d.metadata @> '{"rare": true}'`,
    true,
  ],
  [
    'a range',
    { scope, metadata: [['n', { gt: 10, lte: 30 }]] },
    `(d.metadata ->> 'n')::int > 10 AND (d.metadata ->> 'n')::int <= 30`,
    true,
  ],
];

describe.each(CASES)('with %s', (_, filter, where, exact) => {
  it.each([1, 10, 100])('returns %i nearest chunks, no fewer, best first', async (limit) => {
    let found = 0;
    for (const vector of unitVectors) {
      const [candidates, wanted] = [await search.find(vector, limit, filter), await exactly(vector, limit, where)];
      expect(candidates).toHaveLength(wanted.length);
      const ids = candidates.map(({ chunkId }) => chunkId);
      found += ids.filter((id) => wanted.includes(id)).length / wanted.length;
      candidates.forEach(({ cosine }, index) => {
        expect(cosine).toBeLessThanOrEqual(candidates[index - 1]?.cosine ?? 1);
        expect(cosine).toBeGreaterThanOrEqual(-1);
      });
    }
    expect(found / unitVectors.length).toBeGreaterThan(exact ? 0.99 : 0.9);
  });
});

it('returns nothing when nothing passes the filter', async () => {
  const [vector = new Float32Array(8)] = unitVectors;
  expect(await search.find(vector, 10, { scope, metadata: [['n', { gt: DOCUMENTS }]] })).toEqual([]);
});

it('never returns a chunk of a generation that is not visible', async () => {
  const [vector = new Float32Array(8)] = unitVectors;
  const [best] = await search.find(vector, 1, { scope });
  await dataSource.query(
    `UPDATE documents SET status = 'pending', stage = 'queued', visible_generation = NULL
      WHERE id = (SELECT document_id FROM chunks WHERE id = $1)`,
    [best?.chunkId],
  );
  const after = await search.find(vector, 100, { scope });
  expect(after).toHaveLength(100);
  expect(after.map(({ chunkId }) => chunkId)).not.toContain(best?.chunkId);
});

describe('vectors of an earlier version', () => {
  const typeOf = async (): Promise<string | undefined> => {
    const rows = await dataSource.query<{ type: string }[]>(
      `SELECT format_type(atttypid, atttypmod) AS type FROM pg_attribute WHERE attrelid = $1::regclass AND attname = 'embedding'`,
      [space.table],
    );
    return rows[0]?.type;
  };
  const rowsOf = async (): Promise<unknown> =>
    dataSource.query(`SELECT chunk_id, embedding::vector::text FROM ${space.table} ORDER BY chunk_id`);

  it('are made again as they are kept now while chunks come and go, and are found as before', async () => {
    const vectors = service.app.get(VectorConversionRepository);
    // In WebAssembly two bytes a number would cost five times the time.
    const type = service.app.get(Config).embedded ? 'vector(8)' : 'halfvec(8)';
    expect(await typeOf()).toBe(type);
    const kept = await rowsOf();
    await dataSource.query(`DROP INDEX ${space.table}_by_cosine`);
    await dataSource.query(`ALTER TABLE ${space.table} ALTER COLUMN embedding TYPE vector(8)`);
    await dataSource.query(`COMMENT ON TABLE ${space.table} IS NULL`);
    const [query = new Float32Array(8)] = unitVectors;
    const before = (await search.find(query, 10, { scope })).map(({ chunkId }) => chunkId);

    // Left in the middle, as by a shutdown; then a chunk goes, and the last one is in letters that nobody reads.
    let steps = 0;
    expect(
      await vectors.convertAll(
        () => true,
        () => Promise.resolve((steps += 1) < 3),
      ),
    ).toBe(false);
    const [gone, unread] = await dataSource.query<{ id: string }[]>(
      `SELECT chunk_id AS id FROM ${space.table} WHERE chunk_id <> ALL($1::uuid[]) ORDER BY chunk_id DESC LIMIT 2`,
      [before],
    );
    await dataSource.query('DELETE FROM chunks WHERE id = $1', [gone?.id]);
    await dataSource.query(`UPDATE chunks SET content = 'непонятно' WHERE id = $1`, [unread?.id]);
    // One comes, from a process that knows nothing of it.
    const [added] = await dataSource.query<{ id: string }[]>(
      `INSERT INTO chunks (id, document_id, generation, ordinal, content, char_start, char_end, token_count)
       SELECT gen_random_uuid(), document_id, generation, 1000, 'new', 0, 1, 3 FROM chunks WHERE id = $1 RETURNING id`,
      [unread?.id],
    );
    await dataSource.query(`INSERT INTO ${space.table} VALUES ($1, $2::vector)`, [
      added?.id,
      `[${[...query].map((value) => -value).join()}]`,
    ]);
    expect(await vectors.convertAll((text) => !text.includes('непонятно'))).toBe(true);
    expect(await typeOf()).toBe(type);
    expect(await vectors.convertAll(() => false)).toBe(true);
    expect(await dataSource.query(`SELECT to_regclass('${space.table}_half') AS left`)).toEqual([{ left: null }]);

    const gotten = (await rowsOf()) as { chunk_id: string }[];
    const others = (rows: unknown): unknown[] =>
      (rows as { chunk_id: string }[]).filter(({ chunk_id }) => ![gone?.id, unread?.id, added?.id].includes(chunk_id));
    expect(others(gotten)).toEqual(others(kept));
    const ids = gotten.map(({ chunk_id }) => chunk_id);
    expect(ids).toContain(added?.id);
    expect(ids).not.toContain(unread?.id);
    expect((await search.find(query, 10, { scope })).map(({ chunkId }) => chunkId)).toEqual(before);
    const [document] = await dataSource.query<{ coverage: unknown }[]>(
      'SELECT d.coverage FROM documents d JOIN chunks c ON c.document_id = d.id WHERE c.id = $1',
      [unread?.id],
    );
    expect(document?.coverage).toMatchObject({ notes: ['MODEL_LANGUAGE'] });
    expect(await vectors.convertAll(() => true)).toBe(true);
  }, 120_000);
});

/** What the service asks the database for while `work` runs. */
async function statementsOf(work: () => Promise<unknown>): Promise<[sql: string, parameters: unknown[]][]> {
  const spies = [jest.spyOn(DataSource.prototype, 'query'), jest.spyOn(EntityManager.prototype, 'query')];
  try {
    await work();
    const calls = spies.flatMap((spy) => spy.mock.calls);
    return calls.map(([sql, parameters]) => [sql, Array.isArray(parameters) ? (parameters as unknown[]) : []]);
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
}

/** Tables that a plan reads from end to end; not documents, which have no index for formats and ranges. */
function readWhole(plan: Plan): string[] {
  const table = plan['Relation Name'] ?? '';
  const own = plan['Node Type'] === 'Seq Scan' && table !== 'documents' ? [table] : [];
  return [...own, ...(plan.Plans ?? []).flatMap(readWhole)];
}

/** Rows of tables that a plan has read, kept or not. */
function rowsRead(plan: Plan): number {
  const own = plan['Relation Name'] === undefined ? 0 : plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0);
  return own * plan['Actual Loops'] + (plan.Plans ?? []).reduce((sum, inner) => sum + rowsRead(inner), 0);
}

/** How the database runs a statement with these parameters; with any, as it is planned once it is prepared, without. */
async function planOf(sql: string, parameters?: unknown[]): Promise<Plan | undefined> {
  return dataSource.transaction(async (manager) => {
    // So few rows are soon read whole. Whether an index leads to them is the question.
    await manager.query('SET LOCAL enable_seqscan = off');
    type Explained = { 'QUERY PLAN': [{ Plan: Plan }] }[];
    if (parameters !== undefined) {
      const [row] = await manager.query<Explained>(`EXPLAIN (FORMAT JSON) ${sql}`, parameters);
      return row?.['QUERY PLAN'][0].Plan;
    }
    await manager.query('SET LOCAL plan_cache_mode = force_generic_plan');
    await manager.query(`PREPARE looked_at AS ${sql}`);
    const places = new Set(sql.match(/\$\d+/g));
    const nothing = places.size === 0 ? '' : `(${[...places].map(() => 'NULL').join()})`;
    const [row] = await manager.query<Explained>(`EXPLAIN (FORMAT JSON) EXECUTE looked_at ${nothing}`);
    await manager.query('DEALLOCATE looked_at');
    return row?.['QUERY PLAN'][0].Plan;
  });
}

it('reads no table of chunks, words or vectors from end to end, with a filter or without', async () => {
  const words = service.app.get(WordsRepository);
  const passages = service.app.get(PassagesRepository);
  const [vector = new Float32Array(8)] = unitVectors;
  const filters: SearchFilter[] = [
    { scope },
    { scope, format: ['md'] },
    { scope, metadata: [['rare', { eq: true }]] },
    { scope: CollectionScope.only(['default']), metadata: [['n', { gt: 10, lte: 30 }]] },
  ];
  const statements = await statementsOf(async () => {
    for (const filter of filters) {
      const found = (await search.find(vector, 10, filter)).map(({ chunkId }) => chunkId);
      await words.read(filter.scope, ['harbour', 'fee'], 1_000);
      await words.visible([1, 2, 3], filter, { vector });
      await words.visible([1, 2, 3], filter, { pairs: pairsOf(['harbour fee']) });
      await words.passing(filter, 1_000);
      await passages.read(found);
      await passages.readSince(found, await service.app.get(SwitchesRepository).moment(), filter);
      await passages.around(found, 1);
      await passages.documentsOf(found);
    }
  });
  expect(statements.length).toBeGreaterThan(30);
  const planned = new Set<string>();
  for (const [sql, parameters] of statements) {
    const plans = [await planOf(sql, parameters)];
    if (sql.startsWith(prepared(''))) {
      planned.add(sql);
      plans.push(await planOf(sql));
    }
    for (const plan of plans) {
      expect({ sql, whole: plan === undefined ? ['no plan'] : readWhole(plan) }).toEqual({ sql, whole: [] });
    }
  }
  expect(planned.size).toBeGreaterThan(5);
});

describe('a search within one of many collections', () => {
  const COLLECTIONS = sized(500, 10_000);
  const id = (n: string): string => `('00000000-0000-4000-9000-' || lpad(${n}::text, 12, '0'))::uuid`;

  it('reads nothing of the others', async () => {
    const numbers = `generate_series(1, $1::int) AS n`;
    const fill = async (sql: string): Promise<unknown> => dataSource.query(sql, [COLLECTIONS]);
    await fill(`INSERT INTO collections (key, name) SELECT 'k' || n, 'c' || n FROM ${numbers}`);
    await fill(`INSERT INTO contents (id) SELECT ${id('n')} FROM ${numbers}`);
    await fill(
      `INSERT INTO documents (id, collection, sha256, content_id, filename, format, lane, media_type, size_bytes, status,
                              stage, generation, visible_generation, chunk_count, language)
       SELECT ${id('n')}, 'k' || n, sha256(n::text::bytea), ${id('n')}, 'n', 'txt', 'fast', 'text/plain', 1, 'completed',
              'completed', 1, 1, 1, 'simple' FROM ${numbers}`,
    );
    await fill(
      `INSERT INTO chunks (id, document_id, generation, ordinal, content, char_start, char_end, token_count)
       SELECT ${id('n')}, ${id('n')}, 1, 0, 'harbour', 0, 7, 1 FROM ${numbers}`,
    );
    await fill(`INSERT INTO chunk_words (number, chunk_id, analyser) SELECT 900000 + n, ${id('n')}, 1 FROM ${numbers}`);
    for (const [term, length] of [
      ['harbour', 'NULL'],
      ['\u0001simple', '1'],
    ] as const) {
      await fill(
        `INSERT INTO words (term, collection, first_number, chunks, length, postings)
         SELECT '${term}', 'k' || n, 900000 + n, 1, ${length}, '\\x0101' FROM ${numbers}`,
      );
    }
    for (let from = 1; from <= COLLECTIONS; from += 500) {
      await dataSource.query(
        `INSERT INTO ${space.table} (chunk_id, embedding)
         SELECT ${id('n')}, l2_normalize(ARRAY[sin(n), cos(n), 0, 0, 0, 0, 0, 0.1]::vector(8))
           FROM generate_series($1::int, $2::int) AS n`,
        [from, Math.min(COLLECTIONS, from + 499)],
      );
    }
    const own = { scope: CollectionScope.only(['k7']) };
    const words = service.app.get(WordsRepository);
    const [vector = new Float32Array(8)] = unitVectors;
    const statements = await statementsOf(async () => {
      const reading = await words.read(own.scope, ['harbour'], 1_000);
      expect(reading).toMatchObject({
        runs: [{ term: 'harbour', chunks: 1 }],
        languages: [{ language: 'simple', chunks: 1, length: 1 }],
      });
      expect([...(await words.visible([900_007, 900_008], own)).keys()]).toEqual([900_007]);
      expect(await search.find(vector, 10, own)).toHaveLength(1);
    });
    const reads = statements.filter(([sql]) => !sql.includes('pg_table_size'));
    expect(reads.length).toBeGreaterThan(3);
    for (const [sql, parameters] of reads) {
      const [row] = await dataSource.transaction(async (manager) => {
        // So few short rows are soon read whole. Whether an index leads to the few is the question.
        await manager.query('SET LOCAL enable_seqscan = off');
        return manager.query<{ 'QUERY PLAN': [{ Plan: Plan }] }[]>(`EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`, parameters);
      });
      const plan = row?.['QUERY PLAN'][0].Plan;
      const rows = plan === undefined ? Infinity : rowsRead(plan);
      expect({ sql, plan, few: rows < 20 }).toEqual({ sql, plan, few: true });
    }
  }, 300_000);
});
