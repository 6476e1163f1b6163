import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '@vectorlane/time';
import { type LockHolder, LockSocket, type Probe, pipeName, probeLock } from './lock-socket';

/**
 * One process at a time on a data folder: two lose each other's rows without an error.
 *
 * Each starter listens on a unix socket of a name of its own in `<folder>/lock/` and only then looks at the others.
 * Whichever of two looks second sees the first, so never do both hold it; who sees another holding gives up, and of two
 * that still look the one with the lower name goes on. The kernel closes the socket of a dead process, however it
 * died, and answers for it across containers that share a volume, where process ids mean nothing. A socket nobody
 * listens on is swept up; as its name is never used again, sweeping needs no lock. (One fixed name would: between
 * finding it stale and moving it away it may have become somebody's lock.)
 *
 * Bound: all on one kernel. Two machines on one network file system do not see each other.
 */

/** Another process has the data folder. `holder` is what it says of itself, or said before it froze. */
export class DataFolderInUseError extends Error {
  override readonly name = 'DataFolderInUseError';

  constructor(
    readonly folder: string,
    readonly holder: LockHolder | undefined,
  ) {
    const who =
      holder === undefined ? 'another process' : `process ${holder.pid} on ${holder.host} since ${holder.since}`;
    super(
      `The data folder ${folder} is in use by ${who}. Two processes on one folder would lose data: ` +
        'stop that one, or set DATA_DIR to another folder.',
    );
  }
}

/** Longest `acquire` takes to take the lock or refuse. */
const ACQUIRE_TIMEOUT_MS = 1_400;
const RETRY_MS = 15;
/** A process that stood still itself finds its time over and has seen nothing: so often it looks before it gives up. */
const MIN_LOOKS = 10;
/** What a crash left before its socket was listed is swept up when no starter can be at it any more. */
const ABANDONED_MS = 600_000;

/** The folder cannot be made or written: the message names the setting and what to do. */
export class DataFolderUnusableError extends Error {
  override readonly name = 'DataFolderUnusableError';
}

const UNUSABLE_CODES: ReadonlySet<unknown> = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOSPC',
  'ENOTDIR',
  'EEXIST',
  'ENOENT',
]);

export class DataFolderLock {
  /** What this process holds or is about to: it need not ask itself by way of the kernel. */
  private static readonly own = new Map<string, LockHolder>();

  private constructor(
    readonly folder: string,
    private readonly socket: LockSocket,
    private readonly sidecar: string | undefined,
  ) {}

  /**
   * Makes the folder (only for this user) when it is not there, and takes the lock on it.
   * @throws DataFolderInUseError within two seconds when another process has it
   * @throws DataFolderUnusableError when it cannot be made or written
   */
  static async acquire(dataFolder: string): Promise<DataFolderLock> {
    try {
      return await DataFolderLock.contendFor(dataFolder);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (!UNUSABLE_CODES.has(code)) throw error;
      if (code === 'ENOSPC') {
        throw new DataFolderUnusableError(`There is no space left in ${resolve(dataFolder)}: make room for 64 MiB.`, {
          cause: error,
        });
      }
      throw new DataFolderUnusableError(
        `DATA_DIR ${resolve(dataFolder)} cannot be used (${message}). Let the user this runs as write there, or set DATA_DIR to another folder.`,
        { cause: error },
      );
    }
  }

  private static async contendFor(dataFolder: string): Promise<DataFolderLock> {
    await makeFolder(resolve(dataFolder));
    const folder = await realpath(dataFolder);
    const holder = DataFolderLock.own.get(folder);
    if (holder !== undefined) throw new DataFolderInUseError(folder, holder);
    DataFolderLock.own.set(folder, describeSelf());
    try {
      if (process.platform === 'win32') return await DataFolderLock.acquirePipe(folder);
      return await DataFolderLock.acquireSocket(folder);
    } catch (error) {
      DataFolderLock.own.delete(folder);
      throw error;
    }
  }

  private static async acquireSocket(folder: string): Promise<DataFolderLock> {
    const lockFolder = join(folder, 'lock');
    await mkdir(lockFolder, { recursive: true, mode: 0o700 });
    const deadline = performance.now() + ACQUIRE_TIMEOUT_MS;
    // The rank stays, so that the same one goes first each time; the name is new each time, so that it can be swept.
    const rank = randomBytes(8).toString('hex');
    for (let attempt = 0; ; attempt += 1) {
      const lock = await DataFolderLock.publish(folder, lockFolder, `${rank}-${attempt}`);
      let outcome: Contention;
      try {
        outcome = await contend(lockFolder, lock.socket, deadline);
      } catch (error) {
        await lock.withdraw();
        throw error;
      }
      if (outcome.won) {
        lock.socket.hold();
        return lock;
      }
      await lock.withdraw();
      const { holder } = outcome;
      if (holder !== 'contending') throw new DataFolderInUseError(folder, holder);
      const wait = await waitForLower(lockFolder, lock.socket.name, deadline);
      if (!wait.free) throw new DataFolderInUseError(folder, wait.holder);
    }
  }

  /** Gives the folder free. Call it when nothing of this process touches the folder any more. */
  async release(): Promise<void> {
    try {
      await this.withdraw();
    } finally {
      DataFolderLock.own.delete(this.folder);
    }
  }

  private async withdraw(): Promise<void> {
    await this.socket.close();
    if (this.sidecar !== undefined) await rm(this.sidecar, { force: true });
  }

  /** Windows has named pipes for this: listening on a taken one fails, and the system ends it with its process. */
  private static async acquirePipe(folder: string): Promise<DataFolderLock> {
    const name = pipeName(folder);
    try {
      const socket = await LockSocket.listen('', name, describeSelf());
      socket.hold();
      return new DataFolderLock(folder, socket, undefined);
    } catch (error) {
      const probe = await probeLock('', name, ACQUIRE_TIMEOUT_MS);
      if (probe.state === 'dead') throw error;
      throw new DataFolderInUseError(folder, probe.holder);
    }
  }

  private static async publish(folder: string, lockFolder: string, id: string): Promise<DataFolderLock> {
    const self = describeSelf();
    const sidecar = join(lockFolder, `${id}.json`);
    await writeFile(sidecar, JSON.stringify(self), { mode: 0o600 });
    try {
      return new DataFolderLock(folder, await LockSocket.listen(lockFolder, `${id}.sock`, self), sidecar);
    } catch (error) {
      await rm(sidecar, { force: true });
      throw error;
    }
  }
}

/** Level by level: Node's own recursive way turns for ever where a folder can never be made, as below `/proc`. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(folder)).isDirectory()) return;
    if (code !== 'ENOENT' || dirname(folder) === folder) throw error;
    await makeFolder(dirname(folder));
    await mkdir(folder, { mode: 0o700 });
  }
}

function describeSelf(): LockHolder {
  return { pid: process.pid, host: hostname(), since: new Date().toISOString() };
}

type Contention =
  | { readonly won: true }
  | { readonly won: false; readonly holder: LockHolder | 'contending' | undefined };

type Wait = { readonly free: true } | { readonly free: false; readonly holder: LockHolder | undefined };

/** Looks at all others until none is left, or one is there that goes first. */
async function contend(lockFolder: string, own: LockSocket, deadline: number): Promise<Contention> {
  for (let looks = 1; ; looks += 1) {
    const others = await probeOthers(lockFolder, own.name, deadline);
    if (others.length === 0) return { won: true };
    for (const { name, probe } of others) {
      if (probe.state === 'contending' && (performance.now() < deadline || looks < MIN_LOOKS)) continue;
      // Alive and not answering in all that time: frozen, and by what it wrote at its start we can still name it.
      return { won: false, holder: probe.holder ?? (await readSidecar(lockFolder, name)) };
    }
    if (others.some(({ name }) => name < own.name)) return { won: false, holder: 'contending' };
    await delay(RETRY_MS);
  }
}

/**
 * Watches, without a socket of its own, until none that goes first is left. A loser that came back while the first
 * still looks would be one more that the first has to wait for.
 */
async function waitForLower(lockFolder: string, ownName: string, deadline: number): Promise<Wait> {
  for (let looks = 1; ; looks += 1) {
    await delay(backoffMs({ firstMs: 2 * RETRY_MS, longestMs: 2 * RETRY_MS }, 1, Math.random));
    const others = await probeOthers(lockFolder, ownName, deadline);
    const holding = others.find(({ probe }) => probe.state === 'holding');
    if (holding !== undefined) return { free: false, holder: holding.probe.holder };
    const lower = others.find(({ name }) => name < ownName);
    if (lower === undefined) return { free: true };
    if (lower.probe.state === 'silent' || (performance.now() > deadline && looks >= MIN_LOOKS)) {
      return { free: false, holder: lower.probe.holder ?? (await readSidecar(lockFolder, lower.name)) };
    }
  }
}

async function probeOthers(
  lockFolder: string,
  ownName: string,
  deadline: number,
): Promise<{ name: string; probe: Probe & { state: 'holding' | 'contending' | 'silent' } }[]> {
  const names = await readdir(lockFolder);
  const sockets = names.filter((name) => name.endsWith('.sock') && name !== ownName);
  const probes = await Promise.all(
    sockets.map(async (name) => ({ name, probe: await probeLock(lockFolder, name, deadline - performance.now()) })),
  );
  const alive = [];
  for (const { name, probe } of probes) {
    if (probe.state === 'dead') await sweep(lockFolder, name);
    else alive.push({ name, probe: { ...probe, state: probe.state } });
  }
  const leftovers = names.filter((name) => !name.endsWith('.sock') && !names.includes(`${idOf(name)}.sock`));
  for (const name of leftovers) await sweepAbandoned(join(lockFolder, name));
  return alive;
}

async function sweep(lockFolder: string, name: string): Promise<void> {
  await rm(join(lockFolder, name), { force: true });
  await rm(join(lockFolder, `${idOf(name)}.json`), { force: true });
}

async function sweepAbandoned(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined); // gone: its starter is through with it
  if (found !== undefined && Date.now() - found.mtimeMs > ABANDONED_MS) await rm(path, { force: true });
}

async function readSidecar(lockFolder: string, name: string): Promise<LockHolder | undefined> {
  try {
    return JSON.parse(await readFile(join(lockFolder, `${idOf(name)}.json`), 'utf8')) as LockHolder;
  } catch {
    return undefined; // withdrawn meanwhile, or cut off by a crash: the refusal stands without a name
  }
}

function idOf(name: string): string {
  return name.replace(/\..*$/, '');
}
