import { Logger } from '@nestjs/common';
import type { Logger as TypeOrmLogger } from 'typeorm';

/** A statement longer than this is cut in a log line. */
const MAX_STATEMENT_CHARS = 500;

/** TypeORM's words into the program's log. Parameters never get there: they are documents, vectors and key hashes. */
export class DatabaseLogger implements TypeOrmLogger {
  private readonly logger = new Logger('Database');

  /** @param verbose whether each query gets a line; when not, it costs nothing either */
  constructor(private readonly verbose: boolean) {}

  logQuery(query: string): void {
    if (this.verbose) this.logger.debug({ statement: shorten(query) }, 'query');
  }

  logQueryError(error: string | Error, query: string): void {
    if (!this.verbose) return;
    // The caller gets the error and decides what it is worth; here it is only a trace.
    const code = (error as { code?: unknown }).code;
    this.logger.debug({ statement: shorten(query), code: typeof code === 'string' ? code : undefined }, 'query failed');
  }

  logQuerySlow(durationMs: number, query: string): void {
    this.logger.warn({ statement: shorten(query), durationMs }, 'slow query');
  }

  logSchemaBuild(message: string): void {
    this.logger.debug(message);
  }

  logMigration(message: string): void {
    this.logger.log(message);
  }

  log(level: 'log' | 'info' | 'warn', message: unknown): void {
    if (level === 'warn') this.logger.warn(message);
    else this.logger.debug(message);
  }
}

function shorten(statement: string): string {
  const line = statement.replace(/\s+/g, ' ');
  return line.length > MAX_STATEMENT_CHARS ? `${line.slice(0, MAX_STATEMENT_CHARS)}…` : line;
}
