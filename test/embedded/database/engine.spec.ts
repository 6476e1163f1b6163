import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { loadConfig } from '@vectorlane/config';
import { EngineError, GuardedPool, openBackend } from '@vectorlane/database';
import { PgliteEngine } from '../../../libs/database/src/embedded/pglite-engine';
import { type DatabaseLocation, freshDataFolder } from '../../support/test-database';
import { Stopwatch } from '../../support/stopwatch';

// What only the embedded engine has: a thread that can die. It runs inside whatever the suite runs on.

jest.setTimeout(60_000);

let location: DatabaseLocation;
let engine: PgliteEngine;
let pool: GuardedPool;

async function open(restartDelaysMs?: readonly number[]): Promise<void> {
  engine = new PgliteEngine({ clusterFolder: clusterFolder(), ...(restartDelaysMs && { restartDelaysMs }) });
  pool = new GuardedPool({ stream: engine.createStream, user: 'postgres', max: 1, statement_timeout: 1_500 });
  pool.on('error', () => undefined); // connections end on purpose here; their queries tell
  await engine.start();
}

async function close(): Promise<void> {
  await pool.end();
  await engine.close(5_000);
}

const clusterFolder = (): string => join(location.settings['DATA_DIR'] ?? '', 'pglite');
const killThread = (): Promise<number> => (Reflect.get(engine, 'worker') as Worker).terminate();

describe('the embedded engine', () => {
  beforeAll(async () => {
    location = await freshDataFolder();
    await open();
    await pool.query('CREATE TABLE kept (id integer)');
  });
  beforeEach(() => pool.query('TRUNCATE kept'));
  afterAll(async () => {
    await close();
    await location.dispose();
  });

  it('fails what runs when its thread dies, with the reason, and goes on with the next query', async () => {
    await pool.query('INSERT INTO kept VALUES (1)');
    const client = await pool.connect();
    client.on('error', () => undefined);
    await client.query('BEGIN');
    await client.query('INSERT INTO kept VALUES (2)');
    const running = client.query('SELECT pg_sleep(1)');
    const failure = running.catch((error: unknown) => error);
    await killThread();
    expect(await failure).toBeInstanceOf(EngineError);
    expect(String(await failure)).toMatch(/embedded database/);
    client.release(true);
    expect((await pool.query('SELECT id FROM kept')).rows).toEqual([{ id: 1 }]);
  });

  it('ends a statement that runs over its bound, and goes on', async () => {
    await pool.query('INSERT INTO kept VALUES (1)');
    const watch = Stopwatch.start();
    await expect(pool.query('SELECT count(*) FROM generate_series(1, 3000000000)')).rejects.toThrow(
      /longer than 1500 ms/,
    );
    expect(watch.stop()).toBeLessThan(4_000);
    expect((await pool.query('SELECT id FROM kept')).rows).toEqual([{ id: 1 }]);
  });

  it('stays up through everything a client can send', async () => {
    for (const bytes of ['no startup packet at all', '\0\0\0\x08\x04\xd2\x16\x2f']) {
      const stream = engine.createStream();
      const ended = new Promise((resolve) => stream.once('close', resolve));
      stream.on('error', () => undefined);
      stream.connect().once('connect', () => stream.write(Buffer.from(bytes, 'latin1')));
      let answer = '';
      stream.on('data', (data: Buffer) => (answer += data.toString('latin1')));
      await ended;
      expect(answer).toContain('C08P01');
    }
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it('keeps the event loop free while a statement computes', async () => {
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 5);
    await pool.query('SELECT count(*) FROM generate_series(1, 500000)');
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(2);
  });

  it('is closed for good by close, and what it held is on disk', async () => {
    await pool.query('INSERT INTO kept VALUES (7)');
    await close();
    await expect(engine.start()).rejects.toThrow(/closed/);
    await open();
    expect((await pool.query('SELECT id FROM kept')).rows).toEqual([{ id: 7 }]);
  });
});

it('tries a bounded number of restarts, then stays down and says so', async () => {
  location = await freshDataFolder();
  await open([1, 1]);
  await killThread();
  await rm(clusterFolder(), { recursive: true });
  await writeFile(clusterFolder(), 'not a folder');
  await expect(pool.query('SELECT 1')).rejects.toThrow(EngineError);
  await expect(pool.query('SELECT 1')).rejects.toThrow(EngineError);
  await expect(pool.query('SELECT 1')).rejects.toThrow(/3 times in a row and stays down/);
  await expect(pool.query('SELECT 1')).rejects.toThrow(/stays down/);
  await close();
  await location.dispose();
});

it('makes its cluster where none is, for this user alone, in a folder that was open to all', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'vectorlane-fresh-'));
  await chmod(dataDir, 0o755);
  const backend = await openBackend(loadConfig({ NODE_ENV: 'test', DATA_DIR: dataDir }));
  const reader = new GuardedPool(backend.connection);
  expect((await reader.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  expect((await stat(join(dataDir, 'pglite'))).mode & 0o777).toBe(0o700);
  await reader.end();
  await backend.close();
  expect((await readdir(dataDir)).sort()).toEqual(['lock', 'pglite']);
  await rm(dataDir, { recursive: true });
});

describe('a data folder whose disk is full', () => {
  let full = false;
  const lackOfRoom = (folder: string): Error | undefined =>
    full ? Object.assign(new Error(`There is no space left in ${folder}.`), { code: 'ENOSPC' }) : undefined;

  beforeAll(async () => {
    location = await freshDataFolder();
  });
  afterAll(() => location.dispose());

  it('is no reason to give the engine up: it says so, and comes back by itself when there is room', async () => {
    engine = new PgliteEngine({ clusterFolder: clusterFolder(), restartDelaysMs: [0], lackOfRoom });
    pool = new GuardedPool({ stream: engine.createStream, user: 'postgres', max: 1 });
    pool.on('error', () => undefined);
    await engine.start();
    await pool.query('CREATE TABLE kept (id integer)');
    full = true;
    await killThread();
    // More often than an engine may fail in a row.
    for (let time = 0; time < 5; time += 1) {
      await expect(pool.query('SELECT 1')).rejects.toMatchObject({ code: 'ENOSPC' });
      expect(engine.givenUp).toBe(false);
    }
    full = false;
    expect((await pool.query('SELECT count(*)::int AS n FROM kept')).rows).toEqual([{ n: 0 }]);
    await close();
  });

  it('is said at a start', async () => {
    full = true;
    engine = new PgliteEngine({ clusterFolder: clusterFolder(), lackOfRoom });
    await expect(engine.start()).rejects.toThrow(/^There is no space left in /);
    await engine.close(1_000);
    full = false;
  });

  it('is told apart from an engine that only a restart brings back', async () => {
    engine = new PgliteEngine({ clusterFolder: clusterFolder(), restartDelaysMs: [], lackOfRoom });
    pool = new GuardedPool({ stream: engine.createStream, user: 'postgres', max: 1 });
    pool.on('error', () => undefined);
    await engine.start();
    await killThread();
    await expect(pool.query('SELECT 1')).rejects.toThrow(EngineError);
    expect(engine.givenUp).toBe(true);
    await close();
  });
});
