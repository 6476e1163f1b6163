import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataFolderInUseError, DataFolderLock } from '@vectorlane/database';
import { Child, LIBRARY } from '../../support/children/child';
import { eventually } from '../../support/eventually';
import { sized } from '../../support/sizes';

jest.setTimeout(120_000);

const MODULE = join(LIBRARY, 'embedded/data-folder-lock.js');
let folder: string;
const children: Child[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vectorlane-lock-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) await child.kill();
  await rm(folder, { recursive: true, force: true });
});

interface Outcome {
  readonly won: boolean;
  readonly tookMs: number;
  readonly name?: string;
  readonly message?: string;
}

/** A process that is up and waits for the word to take the lock. */
async function startContender(path = folder): Promise<Child> {
  const child = Child.start('hold-lock.cjs', MODULE, path);
  children.push(child);
  await child.line();
  return child;
}

async function contend(child: Child): Promise<Outcome> {
  child.go();
  return JSON.parse(await child.line()) as Outcome;
}

it('refuses a second process within two seconds and names the first', async () => {
  const holder = await startContender();
  expect(await contend(holder)).toMatchObject({ won: true });
  const refused = await contend(await startContender());
  expect(refused).toMatchObject({ won: false, name: 'DataFolderInUseError' });
  expect(refused.tookMs).toBeLessThan(2_000);
  expect(refused.message).toContain(`process ${holder.pid} on ${hostname()} since 20`);
  expect(refused.message).toContain(folder);
  expect(refused.message).toContain('DATA_DIR');
});

it('refuses within two seconds and names the first when that one is frozen', async () => {
  const holder = await startContender();
  expect(await contend(holder)).toMatchObject({ won: true });
  holder.signal('SIGSTOP');
  const refused = await contend(await startContender());
  expect(refused).toMatchObject({ won: false, name: 'DataFolderInUseError' });
  expect(refused.tookMs).toBeLessThan(2_000);
  expect(refused.message).toContain(`process ${holder.pid} on ${hostname()}`);
});

it('refuses a second holder in the same process', async () => {
  const lock = await DataFolderLock.acquire(folder);
  await expect(DataFolderLock.acquire(folder)).rejects.toBeInstanceOf(DataFolderInUseError);
  await lock.release();
  const again = await DataFolderLock.acquire(folder);
  await again.release();
});

it('locks nobody out after kill -9, and leaves nothing lying about', async () => {
  for (let round = 0; round < 3; round += 1) {
    const holder = await startContender();
    expect(await contend(holder)).toMatchObject({ won: true });
    await holder.kill();
  }
  const lock = await DataFolderLock.acquire(folder);
  expect(await readdir(join(folder, 'lock'))).toHaveLength(2);
  await lock.release();
  expect(await readdir(join(folder, 'lock'))).toEqual([]);
});

it('has exactly one winner when several start at once on a stale lock', async () => {
  for (let round = 0; round < sized(6, 20); round += 1) {
    const dead = await startContender();
    expect(await contend(dead)).toMatchObject({ won: true });
    await dead.kill();
    const racers = await Promise.all(Array.from({ length: round % 2 === 0 ? 2 : 4 }, () => startContender()));
    const outcomes = await Promise.all(racers.map(contend));
    expect(outcomes.filter(({ won }) => won)).toHaveLength(1);
    for (const { won, name, tookMs } of outcomes) {
      if (!won) expect({ name, late: tookMs >= 2_000 }).toEqual({ name: 'DataFolderInUseError', late: false });
    }
    for (const racer of racers) await racer.kill();
  }
});

it('has exactly one winner among forty inside one process', async () => {
  const outcomes = await Promise.allSettled(Array.from({ length: 40 }, () => DataFolderLock.acquire(folder)));
  const winners = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  expect(winners).toHaveLength(1);
  await winners[0]?.release();
  await (await DataFolderLock.acquire(folder)).release();
});

it('goes on when it has stood still itself, with one that starts beside it', async () => {
  const other = await startContender();
  const ours = DataFolderLock.acquire(folder);
  await eventually(async () => (await readdir(join(folder, 'lock')).catch(() => [])).length > 0);
  const theirs = contend(other);
  for (const until = performance.now() + 2_000; performance.now() < until;);
  const won = await ours.then(
    (lock) => lock.release().then(() => true),
    () => false,
  );
  expect(won).not.toBe((await theirs).won);
});

it('gives the folder free when the holder ends in order', async () => {
  const holder = await startContender();
  expect(await contend(holder)).toMatchObject({ won: true });
  expect(await holder.finish()).toBe(0);
  expect(await contend(await startContender())).toMatchObject({ won: true });
});

it('works where the path is longer than a socket address', async () => {
  const deep = join(folder, 'a'.repeat(100), 'b'.repeat(100));
  const holder = await startContender(deep);
  expect(await contend(holder)).toMatchObject({ won: true });
  expect(await contend(await startContender(deep))).toMatchObject({ won: false, name: 'DataFolderInUseError' });
  await holder.kill();
  expect(await contend(await startContender(deep))).toMatchObject({ won: true });
});

it('makes the folder for this user alone', async () => {
  const fresh = join(folder, 'data');
  const lock = await DataFolderLock.acquire(fresh);
  expect((await stat(fresh)).mode & 0o777).toBe(0o700);
  expect((await stat(join(fresh, 'lock'))).mode & 0o777).toBe(0o700);
  await lock.release();
});
