import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';

/** Ids that every line logged inside carries, however deep: a request's, a document's, a job's. */
export interface LogBindings {
  readonly requestId?: string;
  readonly documentId?: string;
  readonly jobId?: string;
  readonly lane?: string;
}

/** Binds ids to all that is logged while `work` runs, across every await in it. */
@Injectable()
export class LogContext {
  constructor(private readonly logger: PinoLogger) {}

  run<T>(bindings: LogBindings, work: () => T): T {
    return this.logger.runInContext(work, { bindings, inherit: true });
  }
}
