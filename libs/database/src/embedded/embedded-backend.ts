import { Config } from '@vectorlane/config';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { PoolConfig } from 'pg';
import { type BackendRelease, connectionBounds, DatabaseBackend } from '../database-backend';
import { type DatabaseIndicator, EmbeddedIndicator } from '../database.indicator';
import type { GuardedPool } from '../guarded-pool';
import { DataFolderLock } from './data-folder-lock';
import { PgliteEngine } from './pglite-engine';

/** Checkpoint and last writes; a thread in the middle of a long batch is ended and recovers at the next start. */
const CLOSE_TIMEOUT_MS = 4_000;

/** PostgreSQL inside this process: PGlite in a thread of its own, in `DATA_DIR/pglite`, under the folder's lock. */
export class EmbeddedBackend extends DatabaseBackend {
  readonly connection: PoolConfig;
  readonly releases: readonly BackendRelease[];

  private constructor(
    config: Config,
    lock: DataFolderLock,
    private readonly engine: PgliteEngine,
  ) {
    super();
    this.connection = {
      ...connectionBounds(config),
      stream: engine.createStream,
      // Named here, or pg would look for them in the environment of the service.
      user: 'postgres',
      database: 'postgres',
      host: 'embedded',
      ssl: false,
      // The engine is one session: the pool is its lock.
      max: 1,
      idleTimeoutMillis: 0,
    };
    this.releases = [
      {
        stage: 'engines',
        name: 'embedded database',
        timeoutMs: CLOSE_TIMEOUT_MS + 1_000,
        run: () => engine.close(CLOSE_TIMEOUT_MS),
      },
      { stage: 'lock', name: 'data folder lock', timeoutMs: 5_000, run: () => lock.release() },
    ];
  }

  /**
   * @throws DataFolderInUseError when another process has the folder
   * @throws EngineError when PGlite cannot open what is in it
   */
  static async open(config: Config): Promise<EmbeddedBackend> {
    const lock = await DataFolderLock.acquire(config.DATA_DIR);
    const clusterFolder = join(lock.folder, 'pglite');
    const engine = new PgliteEngine({ clusterFolder, durable: config.NODE_ENV === 'production' });
    try {
      // For this user alone, also where DATA_DIR was there before and is open to others.
      await mkdir(clusterFolder, { recursive: true });
      await chmod(clusterFolder, 0o700);
      await engine.start();
    } catch (error) {
      await engine.close(CLOSE_TIMEOUT_MS);
      await lock.release();
      throw error;
    }
    return new EmbeddedBackend(config, lock, engine);
  }

  override get givenUp(): boolean {
    return this.engine.givenUp;
  }

  openIndicator(pool: GuardedPool): DatabaseIndicator {
    return new EmbeddedIndicator(pool, this.engine);
  }

  /** The lock on the folder sees to it already. */
  exclusively(work: () => Promise<void>): Promise<void> {
    return work();
  }
}
