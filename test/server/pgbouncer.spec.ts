import { inTransaction, openBackend, untilAborted } from '@vectorlane/database';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { Pgbouncer, type PoolMode } from '../support/pgbouncer';
import { TestApp } from '../support/test-app';
import { type DatabaseLocation, freshLocation, testConfig } from '../support/test-database';
import { eventually } from '../support/eventually';

/**
 * A PgBouncer between the service and PostgreSQL, as Debian packages it and with nothing in its configuration for our
 * sake: it takes no bounds at the start of a session, and in transaction mode every transaction may have another one.
 */
const modes: PoolMode[] = ['session', 'transaction'];
const BOUNDS = `SELECT current_setting('lock_timeout') AS lock, current_setting('statement_timeout') AS statement,
                       current_setting('idle_in_transaction_session_timeout') AS idle`;
const OURS = { lock: '4s', statement: '20s', idle: '10s' };

describe.each(modes)('behind PgBouncer in %s mode', (mode) => {
  let location: DatabaseLocation;
  let bouncer: Pgbouncer;
  let url: string;
  let service: TestApp;

  beforeAll(async () => {
    location = await freshLocation();
    const direct = location.settings['DATABASE_URL'] ?? '';
    bouncer = await Pgbouncer.start(direct, mode);
    url = bouncer.before(direct);
    // An empty database: the start migrates it through the pooler.
    service = await TestApp.start({ DATABASE_URL: url, DATABASE_QUERY_TIMEOUT_MS: '20000', DATABASE_POOL_SIZE: '6' });
  }, 60_000);
  afterAll(async () => {
    await service?.stop();
    await bouncer?.stop();
    await location?.dispose();
  }, 60_000);

  it('ingests and searches, several at a time, and is ready', async () => {
    const documents = await Promise.all(
      ['lantern', 'harbour', 'compass', 'anchor', 'rudder', 'mast'].map((word) =>
        service.ingest(`${word}.md`, `# ${word}\n\nA page about the ${word} and nothing else.`),
      ),
    );
    expect(documents.map(({ status }) => String(status))).toEqual(Array(6).fill('completed'));
    const { body } = await service.json('/api/search', { query: 'compass', mode: 'hybrid', topK: 1 });
    expect(body.results[0].metadata.filename).toBe('compass.md');
    await eventually(async () => (await service.json('/ready', undefined, { key: null })).status === 200);
  }, 60_000);

  it('keeps the bounds of every statement and transaction, and leaves none behind for others', async () => {
    const dataSource = service.app.get(DataSource);
    expect(await dataSource.query(BOUNDS)).toEqual([OURS]);
    expect(await inTransaction(dataSource, (manager) => manager.query(BOUNDS))).toEqual([OURS]);
    const stranger = new Client({ connectionString: url });
    await stranger.connect();
    try {
      const { rows } = await stranger.query(BOUNDS);
      expect(rows).toEqual([{ lock: '0', statement: '0', idle: '0' }]);
    } finally {
      await stranger.end();
    }
  });

  it('refuses an upload within five seconds while somebody else holds a lock', async () => {
    const holder = new Client({ connectionString: location.settings['DATABASE_URL'] });
    await holder.connect();
    try {
      await holder.query('BEGIN; LOCK TABLE documents IN ACCESS EXCLUSIVE MODE');
      const upload = await service.upload('locked.txt', 'Kept out by a lock.');
      expect(upload).toMatchObject({ status: 503, body: { code: 'DEPENDENCY_UNAVAILABLE', retryable: true } });
    } finally {
      await holder.end();
    }
    expect(await service.upload('free.txt', 'The lock is gone.')).toMatchObject({ status: 202 });
  }, 60_000);

  it('cancels the statement of work that nobody waits for, and no other', async () => {
    const dataSource = service.app.get(DataSource);
    const running = async (): Promise<number> => {
      const rows = await dataSource.query<unknown[]>(
        `SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(19)%' AND state = 'active'`,
      );
      return rows.length;
    };
    const gone = new Error('nobody waits');
    const abort = new AbortController();
    const slow = untilAborted(abort.signal, () => dataSource.query('SELECT pg_sleep(19)'));
    slow.catch(() => undefined);
    await eventually(async () => (await running()) === 1);
    abort.abort(gone);
    await expect(slow).rejects.toThrow();
    await eventually(async () => (await running()) === 0, 5_000);
    const answers = await Promise.all(Array.from({ length: 8 }, () => dataSource.query('SELECT 42 AS answer')));
    expect(answers).toEqual(Array(8).fill([{ answer: 42 }]));
  }, 30_000);

  it('lets one process migrate at a time', async () => {
    const config = testConfig(location, { DATABASE_URL: url });
    const [one, other] = await Promise.all([openBackend(config), openBackend(config)]);
    let inside = 0;
    const seen: number[] = [];
    const work = async (): Promise<void> => {
      inside += 1;
      seen.push(inside);
      await service.app.get(DataSource).query('SELECT pg_sleep(0.3)');
      seen.push(inside);
      inside -= 1;
    };
    await Promise.all([one.exclusively(work), other.exclusively(work)]);
    expect(seen).toEqual([1, 1, 1, 1]);
    await Promise.all([one.close(), other.close()]);
  }, 30_000);
});
