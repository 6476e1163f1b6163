import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Logger } from '@nestjs/common';
import { loadConfig } from '@vectorlane/config';
import { Metrics } from '@vectorlane/metrics';
import { ShutdownSequence } from '@vectorlane/shutdown';
import { Spool } from './spool';

Logger.overrideLogger(false);

let temporary: string;
let shutdown: ShutdownSequence;

beforeEach(async () => {
  temporary = await mkdtemp(join(os.tmpdir(), 'vectorlane-test-spool-'));
  jest.spyOn(os, 'tmpdir').mockReturnValue(temporary);
  shutdown = new ShutdownSequence();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await rm(temporary, { recursive: true, force: true });
});

const metrics = new Metrics();
const start = async (settings: Record<string, string> = {}): Promise<Spool> => {
  const servers = { DATABASE_URL: 'postgres://h/d', REDIS_URL: 'redis://h' };
  const spool = new Spool(loadConfig({ NODE_ENV: 'test', ...servers, ...settings }), shutdown, metrics);
  await spool.onModuleInit();
  return spool;
};
/** Its own folder's name, `vectorlane-spool-<pid>-<processes>-<random>`. */
const own = async (): Promise<string[]> => (await readdir(temporary))[0]?.split('-') ?? [];
const leave = async (name: string, ageMs = 0): Promise<void> => {
  const folder = join(temporary, name);
  await mkdir(folder);
  await writeFile(join(folder, 'upload'), 'half of it');
  const at = new Date(Date.now() - ageMs);
  for (const path of [join(folder, 'upload'), folder]) await utimes(path, at, at);
};
const HOURS_MS = 3_600_000;

it('clears away what processes that are gone have left, and nothing of those that live', async () => {
  await start();
  const [, , , processes = ''] = await own();
  expect(processes).toMatch(/^[0-9a-f]{8}$/);
  await rm(temporary, { recursive: true });
  await mkdir(temporary);

  const names = {
    ofADeadOne: `vectorlane-spool-4194399-${processes}-aaaaaa`, // above any number that Linux gives
    ofOurNumber: `vectorlane-spool-${process.pid}-${processes}-bbbbbb`,
    ofALiveOne: `vectorlane-spool-${process.ppid}-${processes}-cccccc`,
    ofAnotherContainer: 'vectorlane-spool-4194399-00000000-dddddd',
    ofAnotherContainerLongAgo: 'vectorlane-spool-1-00000000-eeeeee',
    ofSomebodyElse: 'somebody-elses',
  };
  for (const name of Object.values(names)) await leave(name);
  for (const path of ['upload', '.']) {
    const at = new Date(Date.now() - 2 * HOURS_MS);
    await utimes(join(temporary, names.ofAnotherContainerLongAgo, path), at, at);
  }
  await start();
  const left = await readdir(temporary);
  const kept = Object.entries(names).filter(([, name]) => left.includes(name));
  expect(kept.map(([what]) => what)).toEqual(['ofALiveOne', 'ofAnotherContainer', 'ofSomebodyElse']);
  expect(left).toHaveLength(kept.length + 1);
});

it('leaves a folder alone in which an upload goes on, however old the folder is', async () => {
  const name = 'vectorlane-spool-1-00000000-ffffff';
  await leave(name, 5 * HOURS_MS);
  await utimes(join(temporary, name, 'upload'), new Date(), new Date());
  await start();
  expect(await readdir(temporary)).toContain(name);
});

it('takes uploads on when somebody has tidied up the temporary folder', async () => {
  const spool = await start();
  await rm(join(temporary, (await readdir(temporary))[0] ?? ''), { recursive: true });
  const file = await spool.write(Readable.from([Buffer.from('still '), Buffer.from('here')]), 'key');
  expect(file).toMatchObject({ sizeBytes: 10, head: Buffer.from('still here') });
  await file.discard();
  await shutdown.run('the test is over');
  expect(await readdir(temporary)).toEqual([]);
});

it('gives a place back when its upload ends, whole or not', async () => {
  const spool = await start({ MAX_CONCURRENT_UPLOADS: '1' });
  function* breaksOff(): Generator<Buffer> {
    yield Buffer.from('a');
    throw new Error('it broke off');
  }
  await expect(spool.write(Readable.from(breaksOff()), 'key')).rejects.toThrow('it broke off');
  for (const text of ['b', 'c']) {
    const file = await spool.write(Readable.from([Buffer.from(text)]), 'key');
    await file.discard();
  }
});
