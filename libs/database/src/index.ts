export { closeDataSource, dataSourceOptions, openBackend, openDataSource, poolOf } from './data-source';
export { DatabaseBackend } from './database-backend';
export { DatabaseIndicator } from './database.indicator';
export { DatabaseModule } from './database.module';
export { DataFolderInUseError, DataFolderLock } from './embedded/data-folder-lock';
export { EngineError } from './embedded/pglite-engine';
export { GuardedPool, NothingCommittedError, SecondCheckoutError } from './guarded-pool';
export { inTransaction } from './in-transaction';
export { migrate } from './migrate';
