import { Injectable } from '@nestjs/common';
import { AsyncLocalStorage } from 'node:async_hooks';

/** Ids that every line logged inside carries, however deep: a request's, a document's, a job's. */
export interface LogBindings {
  readonly requestId?: string;
  readonly documentId?: string;
  readonly jobId?: string;
  readonly lane?: string;
}

const current = new AsyncLocalStorage<LogBindings>();

/**
 * What another service is told of the work at hand (`X-Request-ID`), so that its log lines can be joined with ours: the
 * request's id or, where a job works, the job's.
 */
export function correlationId(): string | undefined {
  const { requestId, jobId } = current.getStore() ?? {};
  return jobId ?? requestId;
}

/** What every line logged here carries, for pino: a field of the line itself wins, so no line holds a key twice. */
export function boundToLine(): LogBindings {
  return { ...current.getStore() };
}

/** Binds ids to all that is logged while `work` runs, across every await in it. */
@Injectable()
export class LogContext {
  run<T>(bindings: LogBindings, work: () => T): T {
    return current.run({ ...current.getStore(), ...bindings }, work);
  }
}
