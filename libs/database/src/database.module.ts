import { Global, Injectable, Module, Optional } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Config } from '@vectorlane/config';
import { ReadinessRegistry } from '@vectorlane/health';
import { Metrics } from '@vectorlane/metrics';
import { ShutdownSequence } from '@vectorlane/shutdown';
import { DataSource } from 'typeorm';
import { closeDataSource, dataSourceOptions, openBackend, openDataSource, poolOf } from './data-source';
import { DatabaseBackend } from './database-backend';
import { migrate } from './migrate';
import { reportPool } from './pool-gauges';
import { TaskLeases } from './task-leases';

/** Opens the database and migrates it, before anything can be connected to it. */
@Module({
  providers: [
    {
      provide: DatabaseBackend,
      inject: [Config, ShutdownSequence],
      useFactory: async (config: Config, shutdown: ShutdownSequence) => {
        const backend = await openBackend(config);
        try {
          await migrate(backend, config);
        } catch (error) {
          await backend.close();
          throw error;
        }
        for (const { stage, name, run, timeoutMs } of backend.releases) shutdown.add(stage, name, run, timeoutMs);
        return backend;
      },
    },
  ],
  exports: [DatabaseBackend],
})
class DatabaseBackendModule {}

/** Time beyond the running queries' own for ending the connections themselves. */
const DISCONNECT_TIMEOUT_MS = 2_000;

/** Registers what the open connections owe the rest of the program: their release, and word of their health. */
@Injectable()
class DatabaseLifecycle {
  /** @param metrics left out by the commands that work on the database alone: nobody scrapes them */
  constructor(
    dataSource: DataSource,
    backend: DatabaseBackend,
    config: Config,
    shutdown: ShutdownSequence,
    readiness: ReadinessRegistry,
    @Optional() metrics?: Metrics,
  ) {
    const timeoutMs = config.SHUTDOWN_DATABASE_TIMEOUT_MS;
    shutdown.add(
      'database',
      'database connections',
      () => closeDataSource(dataSource, timeoutMs),
      timeoutMs + DISCONNECT_TIMEOUT_MS,
    );
    const pool = poolOf(dataSource);
    const indicator = backend.openIndicator(pool);
    readiness.register(indicator);
    readiness.restartWhen(() => backend.givenUp);
    shutdown.add('database', 'database readiness', () => indicator.close());
    if (metrics !== undefined) reportPool(pool, metrics);
  }
}

/**
 * PostgreSQL for everybody: TypeORM's `DataSource` by its class, for connections, transactions and migrations; SQL
 * stands in repositories, and there are no entities. Needs the global modules of configuration, shutdown and health.
 * Framework hooks find the connections closed: the shutdown sequence has run before them.
 */
@Global()
@Module({
  imports: [
    DatabaseBackendModule,
    TypeOrmModule.forRootAsync({
      imports: [DatabaseBackendModule],
      inject: [DatabaseBackend, Config],
      useFactory: (backend: DatabaseBackend, config: Config) => ({
        ...dataSourceOptions(backend, config),
        // Reaching the server has been waited for already.
        retryAttempts: 1,
      }),
      dataSourceFactory: (options) => {
        if (options === undefined) throw new Error('TypeORM was given no options.');
        return openDataSource(options);
      },
    }),
  ],
  providers: [DatabaseLifecycle, TaskLeases],
  exports: [TaskLeases],
})
export class DatabaseModule {}
