// How long a search takes over many chunks, on a PostgreSQL of its own: node bench/search.mjs <folder of a collection
// in the Cranfield format> [chunks] [--vectors] [--compare] [--database <url>]. Texts are those of the collection with
// a third of the words drawn from all of them, so that words are as frequent as in real texts. `--vectors` adds
// vectors: those of the collection by the default model, mixed in pairs and jittered, asked for by those of its
// questions, without and with filters, and compared with reading every vector. `--compare` asks other engines too and
// writes docs/performance.md. `--database` names an empty database, which is kept, and measured again as it is when it
// holds chunks. `--embedded` asks the database inside.
import { randomUUID } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootstrap, ROOT } from '../scripts/bootstrap.mjs';
import { readCranfield } from './support/cranfield.mjs';
import { keepAs } from './support/harness.mjs';
import { writePerformancePage } from './support/performance-page.mjs';
import { otherEngines } from './support/search-peers.mjs';
import { startServers } from '../scripts/test-servers/servers.mjs';

const [folder, count = '100000', ...options] = process.argv.slice(2);
if (!folder) {
  process.stderr.write(
    'Usage: node bench/search.mjs <folder of a collection in the Cranfield format> [chunks]\n' +
      '       [--vectors] [--compare] [--database <url> | --embedded]\n',
  );
  process.exit(2);
}
const CHUNKS = Number(count);
const EACH = 8;
const BATCH = 64;
const CLIENTS = 2;
const DIMENSION = 384;
const keptUrl = options.includes('--database') ? options[options.indexOf('--database') + 1] : undefined;

await bootstrap({ quiet: true });
/** @param {string} name */
const library = (name) => createRequire(import.meta.url)(join(ROOT, `dist/libs/${name}.js`));
const { loadConfig } = library('config/src/index');
const { dataSourceOptions, migrate, openBackend, openDataSource, closeDataSource } = library('database/src/index');
const documents = library('documents/src/index');
const { parseQuestion } = library('search/src/question');
const { CandidateSearch } = library('search/src/candidate-search');
const { KeywordSearch } = library('search/src/keyword-search');
const { SearchService } = library('search/src/search.service');
const { Metrics } = library('metrics/src/index');
const { selectProvider } = library('embeddings/src/provider-selection');
const { ShutdownSequence } = library('shutdown/src/index');

const cranfield = readCranfield(folder);
const texts = cranfield.documents.map(({ text }) => text);
const questions = cranfield.questions.map(({ text }) => text);

let state = 42;
const random = () => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32;
};
/** @template T @param {T[]} list @returns {T} */
const pick = (list) => list[Math.floor(random() * list.length)];
const words = texts.flatMap((text) => text.split(/\s+/));
const chunkText = () =>
  pick(texts)
    .split(/\s+/)
    .slice(0, 170)
    .map((word) => (random() < 0.33 ? pick(words) : word))
    .join(' ');
/** @param {Float32Array} vector */
const unit = (vector) => {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
};

const dataDir = options.includes('--embedded') ? mkdtempSync(join(tmpdir(), 'vectorlane-bench-')) : undefined;
const servers = keptUrl || dataDir ? undefined : await startServers();
const shutdown = new ShutdownSequence();
const config = loadConfig({
  ...(dataDir
    ? { DATA_DIR: dataDir }
    : {
        DATABASE_URL: keptUrl ?? servers?.env.TEST_DATABASE_URL,
        REDIS_URL: servers?.env.TEST_REDIS_URL ?? 'redis://127.0.0.1:1',
      }),
  LOG_LEVEL: 'silent',
});
const backend = await openBackend(config);
let dataSource;
try {
  await migrate(backend, config);
  dataSource = await openDataSource({ ...dataSourceOptions(backend, config), maxQueryExecutionTime: 0 });
  const index = new documents.WordIndexRepository(dataSource);
  const withVectors = options.includes('--vectors');
  const provider = withVectors ? await selectProvider(config, shutdown) : undefined;
  await provider?.onModuleInit();
  /** @type {Float32Array[]} */
  const real = withVectors ? await provider.embed(texts, 'passage') : [];
  /** @type {Map<string, Float32Array>} */
  const asked = new Map();
  const askedVectors = withVectors ? await provider.embed(questions, 'query') : [];
  questions.forEach((question, at) => asked.set(parseQuestion(question).text, askedVectors[at]));
  const near = () => {
    const other = pick(real);
    return unit(pick(real).map((value, at) => 0.7 * value + 0.3 * other[at] + (random() - 0.5) * 0.03));
  };
  const spaces = new documents.EmbeddingSpacesRepository(dataSource);
  const identity = {
    model: 'bench',
    weightsDigest: '0'.repeat(64),
    numberType: 'fp32',
    dimension: DIMENSION,
    pooling: 'mean',
  };
  const space = await spaces.activate(identity, 'refuse');
  const [{ held }] = await dataSource.query('SELECT count(*)::int AS held FROM chunks');
  if (held === 0) await dataSource.query(`DROP INDEX ${space.table}_by_cosine`);

  const loading = performance.now();
  let folded = 0;
  for (let stored = held; stored < CHUNKS; stored += BATCH) {
    const chunks = Array.from({ length: BATCH }, () => ({ id: randomUUID(), heading: null, content: chunkText() }));
    const owners = Array.from({ length: BATCH / EACH }, () => randomUUID());
    await dataSource.transaction(async (/** @type {import('typeorm').EntityManager} */ manager) => {
      await manager.query('INSERT INTO contents (id) SELECT unnest($1::uuid[])', [owners]);
      await manager.query(
        `INSERT INTO documents (id, sha256, content_id, filename, format, lane, media_type, size_bytes, status, stage, generation,
                                visible_generation, chunk_count, language, metadata)
         SELECT id, sha256(id::text::bytea), id, id::text, 'txt', 'fast', 'text/plain', 1, 'completed', 'completed', 1, 1, $2::int, 'english',
                jsonb_build_object('thousandth', n % 1000, 'hundredth', n % 100, 'tenth', n % 10, 'half', n % 2)
           FROM unnest($1::uuid[]) WITH ORDINALITY AS t(id, place) CROSS JOIN LATERAL (SELECT $3::int + place AS n) AS numbered`,
        [owners, EACH, stored / EACH],
      );
      await manager.query(
        `INSERT INTO chunks (id, document_id, generation, ordinal, content, char_start, char_end, token_count)
         SELECT id, owner, 1, (place - 1) % $4::int, content, 0, 1, 250
           FROM unnest($1::uuid[], $2::uuid[], $3::text[]) WITH ORDINALITY AS t(id, owner, content, place)`,
        [
          chunks.map(({ id }) => id),
          chunks.map((_, at) => owners[Math.floor(at / EACH)]),
          chunks.map(({ content }) => content),
          EACH,
        ],
      );
      await index.add(manager, 'default', 'english', chunks);
      if (withVectors) {
        const rows = chunks.map((_, at) => `($${2 * at + 1}::uuid, $${2 * at + 2}::vector)`).join();
        await manager.query(
          `INSERT INTO ${space.table} VALUES ${rows}`,
          chunks.flatMap(({ id }) => [id, documents.vectorParameter(near())]),
        );
      }
    });
    if ((stored / BATCH) % 128 === 127) {
      const from = performance.now();
      await index.foldAll();
      folded += performance.now() - from;
    }
  }
  const loadedMs = performance.now() - loading;
  if (held === 0) {
    await index.foldAll();
    const from = performance.now();
    const runner = dataSource.createQueryRunner();
    await runner.query('SET statement_timeout = 0');
    if (withVectors) {
      if (!dataDir) await runner.query(`SET maintenance_work_mem = '1GB'`);
      await documents.createVectorIndex(runner, space.table);
      process.stdout.write(`index of vectors in ${((performance.now() - from) / 1_000).toFixed(0)} s\n`);
    }
    await runner.query('VACUUM ANALYZE');
    await runner.release();
  }
  const [size] = await dataSource.query(
    `SELECT pg_total_relation_size('words') AS words, pg_total_relation_size('fresh_words') AS fresh,
            (SELECT count(*) FROM words) AS rows, pg_total_relation_size('chunk_words') AS numbers`,
  );
  process.stdout.write(
    `${CHUNKS} chunks in ${(loadedMs / 1_000).toFixed(0)} s, of that ${(folded / 1_000).toFixed(0)} s folding; ` +
      `${size.rows} rows, ${(size.words / 2 ** 20).toFixed(0)} MB of words, ${(size.fresh / 2 ** 20).toFixed(0)} MB fresh, ` +
      `${(size.numbers / 2 ** 20).toFixed(0)} MB of numbers\n`,
  );

  const passages = new documents.PassagesRepository(dataSource);
  const reach = new documents.FilterReach(dataSource);
  const candidates = new CandidateSearch(
    new documents.VectorsRepository(dataSource, spaces, reach),
    new KeywordSearch(new documents.WordsRepository(dataSource, spaces), reach),
    passages,
    { offer: () => undefined },
    reach,
  );
  // The time of the model is another matter.
  const embedder = {
    space: identity,
    reads: () => true,
    embed: (/** @type {string[]} */ given) => Promise.resolve(given.map((question) => asked.get(question))),
  };
  const switches = new documents.SwitchesRepository(dataSource);
  const search = new SearchService(embedder, candidates, passages, new Metrics(), switches);
  const vectors = new documents.VectorsRepository(dataSource, spaces, reach);
  const scope = documents.CollectionScope.allBut([]);
  /** @type {[string, object][]} */
  const FILTERS = [
    ['none', { scope }],
    ['0.1 %', { scope, metadata: [['thousandth', { eq: 7 }]] }],
    ['1 %', { scope, metadata: [['hundredth', { eq: 7 }]] }],
    ['10 %', { scope, metadata: [['tenth', { eq: 7 }]] }],
    ['50 %', { scope, metadata: [['half', { eq: 1 }]] }],
  ];
  /** Share of the ten nearest, by reading every vector, that are found. @param {object} filter */
  const recall = async (filter) => {
    let found = 0;
    let wanted = 0;
    for (const question of askedVectors.slice(0, 40)) {
      const exact = await vectors.find(question, 10, filter, 'exact');
      const near10 = await vectors.find(question, 10, filter);
      const ids = new Set(near10.map((/** @type {{ chunkId: string }} */ { chunkId }) => chunkId));
      wanted += exact.length;
      found += exact.filter((/** @type {{ chunkId: string }} */ { chunkId }) => ids.has(chunkId)).length;
    }
    return (found / wanted).toFixed(4);
  };
  const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  /**
   * CPU that the sessions of this database took since they began, ms; the server must be on this machine.
   * @param {import('typeorm').DataSource} source
   */
  const databaseCpu = async (source) => {
    // The database inside is a thread of this process.
    if (dataDir) return 0;
    const sessions = await source.query(
      `SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND datname = current_database()`,
    );
    let ticks = 0;
    for (const { pid } of sessions) {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ');
      ticks += Number(fields[11]) + Number(fields[12]);
    }
    return (ticks / ticksPerSecond) * 1_000;
  };
  process.stdout.write(
    '| mode | filter passes | p50 ms | p95 ms | CPU of this process, ms a search | of the database | recall@10 |\n' +
      '|---|---|---|---|---|---|---|\n',
  );
  /** @type {import('./support/search-peers.mjs').SearchRun['results']} */
  const results = [];
  /** @param {number[]} ascending @param {number} share */
  const at = (ascending, share) => ascending[Math.floor(share * ascending.length)];
  const MODES = withVectors ? ['keyword', 'vector', 'hybrid'] : ['keyword'];
  for (const { mode, passes, filter } of MODES.flatMap((one) =>
    FILTERS.map(([passes, filter]) => ({ mode: one, passes, filter })),
  )) {
    /** @type {number[]} */
    const took = [];
    /** @param {string[]} list */
    const ask = async (list) => {
      for (const query of list) {
        const from = performance.now();
        const { hits } = await search.search({ query, topK: 5, mode, filter: { ...filter } });
        if (mode !== 'keyword' && hits.length < 5) process.stdout.write(`${hits.length} of 5 results\n`);
        took.push(performance.now() - from);
      }
    };
    await ask(questions.slice(0, 50));
    took.length = 0;
    const cpu = process.cpuUsage();
    const before = await databaseCpu(dataSource);
    await Promise.all(
      Array.from({ length: CLIENTS }, (_, client) => ask(questions.filter((__, at) => at % CLIENTS === client))),
    );
    const { user, system } = process.cpuUsage(cpu);
    const ofDatabase = (await databaseCpu(dataSource)) - before;
    took.sort((a, b) => a - b);
    const own = (user + system) / 1_000 / took.length;
    const theirs = ofDatabase / took.length;
    const timing = { name: mode, p50: at(took, 0.5), p95: at(took, 0.95), cpu: own + theirs };
    results.push({ mode, passes, timing });
    process.stdout.write(
      `| ${mode} | ${passes} | ${timing.p50.toFixed(1)} | ${timing.p95.toFixed(1)} | ${own.toFixed(2)} | ` +
        `${theirs.toFixed(2)} | ${mode === 'vector' ? await recall(filter) : ''} |\n`,
    );
  }
  if (options.includes('--compare')) {
    const texts = await dataSource.query('SELECT content FROM chunks');
    const others = otherEngines(
      texts.map((/** @type {{ content: string }} */ { content }) => content),
      questions,
    );
    for (const ef of withVectors ? [40, 400] : []) {
      /** @type {number[]} */
      const took = [];
      const runner = dataSource.createQueryRunner();
      await runner.query(`SELECT set_config('hnsw.ef_search', $1, false)`, [String(ef)]);
      for (const vector of askedVectors) {
        const from = performance.now();
        await runner.query(`SELECT chunk_id FROM ${space.table} ORDER BY embedding <=> $1::vector LIMIT 5`, [
          documents.vectorParameter(vector),
        ]);
        took.push(performance.now() - from);
      }
      await runner.query('RESET hnsw.ef_search');
      await runner.release();
      took.sort((a, b) => a - b);
      others.push({ name: `pgvector alone, one client, ef_search ${ef}`, p50: at(took, 0.5), p95: at(took, 0.95) });
    }
    const [{ version }] = await dataSource.query(`SELECT current_setting('server_version') AS version`);
    const postgresql = `PostgreSQL ${version.split(' ')[0]}`;
    const load = loadavg()[0]?.toFixed(0) ?? '?';
    keepAs('search', { chunks: CHUNKS, postgresql, cores: cpus().length, results, others, load });
    await writePerformancePage();
  }
} finally {
  if (dataSource) await closeDataSource(dataSource, 5_000);
  await backend.close();
  await shutdown.beforeApplicationShutdown();
  await servers?.stop();
  if (dataDir) rmSync(dataDir, { recursive: true, force: true });
}
