import files from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { loadConfig } from '@vectorlane/config';
import { openBackend } from '@vectorlane/database';
import { DURABLE_START_PARAMS, DurableFiles } from '../../../libs/database/src/embedded/durable-files';
import { Client } from 'pg';
import { type DatabaseLocation, freshDataFolder } from '../../support/test-database';

/** In production a commit of the database inside waits for the disk, as far as a program can tell. */
let location: DatabaseLocation;
beforeEach(async () => {
  location = await freshDataFolder();
});
afterEach(() => location.dispose());

it('asks the disk at every commit, and for what a checkpoint wrote', async () => {
  const synced = jest.spyOn(files, 'fsyncSync');
  const database = await PGlite.create({
    fs: new DurableFiles(join(location.settings['DATA_DIR'] ?? '', 'pglite')),
    startParams: [...DURABLE_START_PARAMS],
  });
  try {
    await database.exec('CREATE TABLE kept (id integer)');
    synced.mockClear();
    for (let id = 0; id < 5; id += 1) await database.query('INSERT INTO kept VALUES ($1)', [id]);
    expect(synced).toHaveBeenCalledTimes(5);
    synced.mockClear();
    await database.exec('CHECKPOINT');
    expect(synced.mock.calls.length).toBeGreaterThan(1);
  } finally {
    await database.close();
    synced.mockRestore();
  }
}, 60_000);

it.each([
  ['production', 'on'],
  ['development', 'off'],
])(
  'in %s fsync is %s',
  async (NODE_ENV, fsync) => {
    const backend = await openBackend(loadConfig({ NODE_ENV, ...location.settings }));
    const client = new Client(backend.connection);
    try {
      await client.connect();
      expect((await client.query('SHOW fsync')).rows).toEqual([{ fsync }]);
      expect((await client.query('SHOW shared_buffers')).rows).toEqual([{ shared_buffers: '64MB' }]);
    } finally {
      await client.end();
      await backend.close();
    }
  },
  60_000,
);
