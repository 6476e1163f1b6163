import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { restoreBackup, rowsOf, verifyBackup, writeBackup } from '@vectorlane/backup';
import { LEFT_OUT, TABLES } from '@vectorlane/documents';
import { DataFolderLock, KNOWN_MIGRATIONS } from '@vectorlane/database';
import { Client } from 'pg';
import { runCli } from '../../embedded/cli/run-cli';
import { SHORT_LIVED } from '../../support/children/child';
import { sized } from '../../support/sizes';
import { freshDataFolder, freshLocation, onServer } from '../../support/test-database';
import { type Contents, Place, temporaryFolder } from './seeded-database';

jest.setTimeout(180_000);

const DOCUMENTS = 12;
const LIBRARY = resolve(__dirname, '../../../dist/libs/backup/src');

let source: Place;
let before: Contents;
let folder: string;
let file: string;
/** What no engine can change is tried once: on servers, where a database opens at once. */
const oneProfile = onServer ? it : undefined;
const disposals: (() => Promise<void>)[] = [];

async function emptyPlace(location = freshLocation()): Promise<Place> {
  const place = await Place.empty(location);
  disposals.push(() => place.dispose());
  return place;
}

beforeAll(async () => {
  source = await Place.seeded(DOCUMENTS);
  before = await source.contents();
  const temporary = await temporaryFolder();
  folder = temporary.path;
  file = join(folder, 'all.backup');
  disposals.push(() => source.dispose(), temporary.dispose);
  await writeBackup(source.config, file);
});
afterAll(async () => {
  for (const dispose of disposals) await dispose();
});

/** What is restored of what was there: the same, but that no worker holds a document any more. */
function expected(contents: Contents): Contents {
  const documents = (contents['documents'] as { row: Record<string, unknown> }[]).map(({ row }) => ({
    row:
      row['status'] === 'processing'
        ? { ...row, status: 'pending', stage: 'queued', percent: 0, lease_expires_at: null }
        : row,
  }));
  return { ...contents, documents };
}

describe('a backup', () => {
  it('is whole, for its owner alone, and says what it holds', async () => {
    const summary = await verifyBackup(file);
    expect(rowsOf(summary.header, 'documents')).toBe(DOCUMENTS + 4);
    expect(rowsOf(summary.header, 'document_texts')).toBe(DOCUMENTS + 2);
    expect(rowsOf(summary.header, 'chunks')).toBe((DOCUMENTS + 2) * 2);
    expect(rowsOf(summary.header, 'vectors')).toBe((DOCUMENTS + 2) * 2);
    expect(rowsOf(summary.header, 'contents')).toBe(DOCUMENTS + 4);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await readdir(folder)).filter((name) => name.includes('partial'))).toEqual([]);
  });

  it('restores into an empty database: every row the same, work in hand handed back', async () => {
    const target = await emptyPlace();
    await restoreBackup(target.config, file);
    const after = await target.contents();
    expect(after).toEqual(expected(before));
    expect(after['documents']?.length).toBe(DOCUMENTS + 4);
    expect((after['bytes'] as { same: boolean }[]).every(({ same }) => same)).toBe(true);
    // What nobody can see stayed behind, and the space can be used as one that a start has made.
    const leftovers = await target.use((dataSource) =>
      dataSource.query<unknown[]>(
        `SELECT (SELECT count(*)::integer FROM chunks) AS chunks, (SELECT count(*)::integer FROM visible_chunks) AS visible,
                (SELECT count(*)::integer FROM contents) AS contents, (SELECT count(*)::integer FROM embedding_spaces) AS spaces,
                (SELECT indexdef LIKE '%hnsw%' FROM pg_indexes WHERE indexname = 'vectors_1_by_cosine') AS indexed,
                (SELECT nextval(pg_get_serial_sequence('embedding_spaces', 'id'))::integer) AS next_space`,
      ),
    );
    const visible = (DOCUMENTS + 2) * 2;
    expect(leftovers).toEqual([
      { chunks: visible, visible, contents: DOCUMENTS + 4, spaces: 1, indexed: true, next_space: 2 },
    ]);
  });

  oneProfile?.('of a backup is the same backup, also through the other profile', async () => {
    const other = await emptyPlace(freshDataFolder());
    await restoreBackup(other.config, file);
    const second = join(folder, 'second.backup');
    await writeBackup(other.config, second);
    const back = await emptyPlace();
    await restoreBackup(back.config, second);
    expect(await back.contents()).toEqual(expected(before));
  });

  oneProfile?.('of a schema from before the last migrations restores, and is migrated', async () => {
    const old = await Place.seeded(1, KNOWN_MIGRATIONS.slice(0, 1));
    disposals.push(() => old.dispose());
    const oldFile = join(folder, 'old.backup');
    const summary = await writeBackup(old.config, oldFile);
    expect(summary.header.migrations).toEqual(KNOWN_MIGRATIONS.slice(0, 1));
    const target = await emptyPlace();
    await restoreBackup(target.config, oldFile);
    const applied = await target.use((dataSource) => dataSource.query('SELECT name FROM migrations ORDER BY id'));
    expect(applied).toEqual(KNOWN_MIGRATIONS.map((name) => ({ name })));
    expect((await target.contents())['bytes']).toEqual((await old.contents())['bytes']);
    // What a restored chunk is found by follows from its content.
    const words = await target.use((dataSource) =>
      dataSource.query(
        `SELECT count(*)::integer AS chunks, count(w.number)::integer AS analysed,
                (SELECT sum(chunks)::integer FROM words WHERE term = chr(1) || 'german') AS german
           FROM visible_chunks v LEFT JOIN chunk_words w ON w.chunk_id = v.id`,
      ),
    );
    expect(words).toEqual([{ chunks: 6, analysed: 6, german: 6 }]);
  });

  it('knows every table of the schema', async () => {
    const tables = await source.use((dataSource) =>
      dataSource.query<{ name: string }[]>(
        `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace`,
      ),
    );
    const names = tables.map(({ name }) => name).filter((name) => !/^vectors_\d+$/.test(name));
    expect(names.toSorted()).toEqual([...TABLES.map(({ name }) => name), ...LEFT_OUT].toSorted());
  });
});

describe('a restore is refused, with nothing touched', () => {
  it('when the file is cut off or a byte of it is another', async () => {
    const bytes = await readFile(file);
    const target = join(folder, 'never-made');
    const config = { ...source.config, DATA_DIR: target, DATABASE_URL: undefined, embedded: true };
    const damaged = join(folder, 'damaged.backup');
    for (let step = 0; step < 24; step += 1) {
      const at = Math.floor((bytes.length - 1) * (step / 23));
      const copy = Buffer.from(bytes);
      copy.writeUInt8(copy.readUInt8(at) ^ 0x10, at);
      for (const content of [bytes.subarray(0, at), copy]) {
        await writeFile(damaged, content);
        await expect(restoreBackup(config as typeof source.config, damaged)).rejects.toThrow('cannot be used');
      }
    }
    await writeFile(damaged, Buffer.concat([bytes, Buffer.from('x')]));
    await expect(verifyBackup(damaged)).rejects.toThrow('cannot be used');
    await expect(stat(target)).rejects.toThrow('ENOENT');
  });

  oneProfile?.('when there is something in the database, unless it is to be replaced', async () => {
    const target = await Place.seeded(1);
    disposals.push(() => target.dispose());
    const there = await target.contents();
    await expect(restoreBackup(target.config, file)).rejects.toThrow('it holds 5 documents and 2 API keys');
    expect(await target.contents()).toEqual(there);

    const controller = new AbortController();
    const cancelled = restoreBackup(target.config, file, {
      replace: true,
      signal: controller.signal,
      onProgress: ({ phase }) => phase === 'indexing' && controller.abort(new Error('changed my mind')),
    });
    await expect(cancelled).rejects.toThrow('changed my mind');
    expect(await target.contents()).toEqual(there);

    await restoreBackup(target.config, file, { replace: true });
    expect(await target.contents()).toEqual(expected(before));
  });

  oneProfile?.('when a newer program has been at work, on either side', async () => {
    const target = await Place.seeded(1);
    disposals.push(() => target.dispose());
    await target.use((dataSource) =>
      dataSource.query(`INSERT INTO migrations (timestamp, name) VALUES (9, 'FromTheFuture9')`),
    );
    const refused = 'newer version of Vectorlane has been at work on this database (FromTheFuture9)';
    await expect(restoreBackup(target.config, file, { replace: true })).rejects.toThrow(refused);
    await expect(writeBackup(target.config, join(folder, 'newer.backup'))).rejects.toThrow(refused);
    expect(await readdir(folder)).not.toContainEqual(expect.stringContaining('newer'));
  });
});

describe('killed in the middle', () => {
  async function killed(action: 'write' | 'restore', place: Place, path: string, moment: string): Promise<void> {
    const { DATA_DIR, DATABASE_URL, REDIS_URL } = place.config;
    const settings = JSON.stringify({ NODE_ENV: 'test', DATA_DIR, DATABASE_URL, REDIS_URL });
    const script = join(__dirname, 'fixtures/killed-midway.cjs');
    const child = spawn(process.execPath, [SHORT_LIVED, script, LIBRARY, action, settings, path, moment], {
      stdio: 'pipe',
    });
    let errors = '';
    child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
    const [, signal] = (await once(child, 'close')) as [number | null, string | null];
    expect({ signal, errors }).toEqual({ signal: 'SIGKILL', errors: expect.not.stringContaining('Error:') });
  }

  it('a backup leaves no file of its name', async () => {
    const path = join(folder, 'killed.backup');
    await killed('write', source, path, 'chunks');
    const left = (await readdir(folder)).filter((name) => name.startsWith('killed'));
    expect(left).toEqual([expect.stringMatching(/^killed\.backup\.partial-[0-9a-f]{8}$/)]);
    await expect(verifyBackup(join(folder, left[0] ?? ''))).rejects.toThrow('cannot be used');
  });

  it('a restore leaves what was there, wherever it is killed, and can be done again', async () => {
    const target = await Place.seeded(1);
    disposals.push(() => target.dispose());
    const there = await target.contents();
    // Inside each takes two openings of a database; on servers both are tried at each commit.
    for (const moment of ['indexing', 'chunks'].slice(0, onServer ? 2 : sized(1, 2))) {
      await killed('restore', target, file, moment);
      expect({ moment, contents: await target.contents() }).toEqual({ moment, contents: there });
    }
    await restoreBackup(target.config, file, { replace: true });
    expect(await target.contents()).toEqual(expected(before));
  });
});

describe('the commands', () => {
  const environmentOf = ({ config }: Place): NodeJS.ProcessEnv => ({
    NODE_ENV: 'test',
    DATA_DIR: config.DATA_DIR,
    DATABASE_URL: config.DATABASE_URL,
    REDIS_URL: config.REDIS_URL,
    INIT_CWD: folder,
  });

  it('write, verify and restore', async () => {
    const written = await runCli(['backup', 'by-command.backup'], { environment: environmentOf(source) });
    expect(written).toMatchObject({ exitCode: 0, stderr: '' });
    expect(written.stdout).toContain(
      `Backup: ${join(folder, 'by-command.backup')}\n16 documents, 28 chunks, 2 API keys,`,
    );
    expect(await runCli(['backup', 'by-command.backup'], { environment: environmentOf(source) })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('is there already'),
    });
    const verified = await runCli(['backup', 'verify', 'by-command.backup'], { environment: { INIT_CWD: folder } });
    expect(verified).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Whole and unaltered: ') });

    const target = await emptyPlace();
    const environment = environmentOf(target);
    const restored = await runCli(['restore', 'by-command.backup'], { environment, isTTY: true });
    expect(restored).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Restored: ') });
    expect(restored.stderr).toContain('building the vector index');
    expect(await target.contents()).toEqual(expected(before));
    expect(await runCli(['restore', 'by-command.backup'], { environment })).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('say --replace to lose what is there'),
    });
    const confirm = () => Promise.resolve(false);
    expect(await runCli(['restore', 'by-command.backup', '--replace'], { environment, confirm })).toMatchObject({
      exitCode: 0,
      stderr: 'Nothing was changed.\n',
    });
  });

  it('end on Ctrl-C without leaving anything', async () => {
    const interrupt = AbortSignal.abort(Object.assign(new Error('stop')));
    const run = await runCli(['backup', 'interrupted.backup'], { environment: environmentOf(source), interrupt });
    expect(run).toMatchObject({ exitCode: 1, stderr: 'stop\n' });
    expect(await readdir(folder)).not.toContainEqual(expect.stringContaining('interrupted'));
  });

  it.each([
    [['restore'], 'say which file'],
    [['restore', 'x', '--replace'], '--yes'],
    [['restore', 'x', '--yes'], '--replace'],
    [['backup', 'verify'], 'verify FILE'],
    [['backup', 'a', 'b'], 'one file or folder'],
  ])('%j is wrong usage', async (argv, named) => {
    expect(await runCli(argv)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(named) });
  });

  it('say what to do while another process has the data folder', async () => {
    const embedded = await emptyPlace(freshDataFolder());
    const lock = await DataFolderLock.acquire(embedded.config.DATA_DIR);
    try {
      for (const argv of [
        ['backup', 'locked.backup'],
        ['restore', 'all.backup'],
      ]) {
        const run = await runCli(argv, { environment: environmentOf(embedded) });
        expect(run).toMatchObject({ exitCode: 1, stdout: '' });
        expect(run.stderr).toMatch(
          /is in use by process \d+ .*stop that one, run the (backup|restore), start it again/,
        );
      }
    } finally {
      await lock.release();
    }
  });

  it('make no database where there is none', async () => {
    const run = await runCli(['backup', 'nothing.backup'], {
      environment: { NODE_ENV: 'test', DATA_DIR: join(folder, 'nowhere'), INIT_CWD: folder },
    });
    expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('There is no embedded database in') });
    await expect(stat(join(folder, 'nowhere'))).rejects.toThrow('ENOENT');
  });
});

// The embedded database has one process at a time: only on a server somebody else can be there.
const forServers = onServer ? describe : undefined;
forServers?.('beside others on a server', () => {
  async function connectAs(application_name: string, { config }: Place): Promise<Client> {
    const client = new Client({ connectionString: config.DATABASE_URL, application_name });
    await client.connect();
    return client;
  }

  it('a backup shows one moment, whatever happens meanwhile, and holds nobody up', async () => {
    const place = await Place.seeded(5);
    disposals.push(() => place.dispose());
    const there = await place.contents();
    const client = await connectAs('vectorlane', place);
    const path = join(folder, 'consistent.backup');
    let deleted: Promise<unknown> | undefined;
    await writeBackup(place.config, path, {
      onProgress: () => {
        deleted ??= client.query(
          'TRUNCATE task_leases; DELETE FROM documents; DELETE FROM contents; DELETE FROM api_keys',
        );
      },
    });
    await deleted;
    await client.end();
    expect((await place.contents())['documents']).toEqual([]);
    await restoreBackup(place.config, path);
    expect(await place.contents()).toEqual(expected(there));
  });

  it('a restore is refused while a service is connected', async () => {
    const target = await emptyPlace();
    const client = await connectAs('vectorlane', target);
    await expect(restoreBackup(target.config, file)).rejects.toThrow('stop every process of it');
    await client.end();
    await restoreBackup(target.config, file);
  });
});
