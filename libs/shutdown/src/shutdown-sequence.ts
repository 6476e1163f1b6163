import { BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';

/**
 * The stages of a shutdown, in the order they run (contract §5). What is opened registers its release under the stage
 * it belongs to; the order of imports or of module construction decides nothing.
 */
export const SHUTDOWN_STAGES = [
  /** Stop taking work: readiness turns 503, workers stop fetching. */
  'drain',
  /** Close the HTTP server: nothing new comes in, what is in flight finishes. */
  'http',
  /** Queue workers finish the jobs in hand. */
  'consumers',
  /** Queues and everything else that adds jobs. */
  'producers',
  'redis',
  'database',
  /** What runs inside: model threads, PGlite, Valkey. */
  'engines',
  /** The lock on the data folder, last: until here nobody else may open it. */
  'lock',
] as const;

export type ShutdownStage = (typeof SHUTDOWN_STAGES)[number];

interface Release {
  readonly name: string;
  readonly timeoutMs: number;
  readonly run: () => Promise<void>;
}

/**
 * Runs every registered release once, stage by stage, those of one stage side by side: two lanes that finish their jobs
 * share one bound. A release that fails or outlasts its bound is logged and counted, and the sequence goes on: one stuck
 * connection must not keep the database from closing cleanly.
 *
 * It runs in Nest's `beforeApplicationShutdown`, the last hook before Nest closes anything itself, so that the
 * framework's own hooks (whose order follows the imports) find their objects already closed.
 */
@Injectable()
export class ShutdownSequence implements BeforeApplicationShutdown {
  private readonly logger = new Logger('Shutdown');
  private readonly releases = new Map<ShutdownStage, Release[]>(SHUTDOWN_STAGES.map((stage) => [stage, []]));
  private finished: Promise<void> | undefined;
  private errors = 0;

  /**
   * @param timeoutMs longest this one release may take before the sequence goes on without it
   */
  add(stage: ShutdownStage, name: string, run: () => Promise<void>, timeoutMs = 5_000): void {
    this.releases.get(stage)?.push({ name, timeoutMs, run });
  }

  /** Steps that failed or ran out of time; the process exits 1 when there was one. */
  get failures(): number {
    return this.errors;
  }

  beforeApplicationShutdown(signal?: string): Promise<void> {
    // A second caller (a test's close after a signal) waits for the same run; nothing is released twice.
    this.finished ??= this.run(signal);
    return this.finished;
  }

  private async run(signal: string | undefined): Promise<void> {
    this.logger.log({ signal }, 'starting graceful shutdown');
    for (const stage of SHUTDOWN_STAGES) {
      await Promise.all((this.releases.get(stage) ?? []).map((release) => this.release(stage, release)));
    }
    this.logger.log({ errors: this.errors }, 'shutdown complete');
  }

  private async release(stage: ShutdownStage, { name, run, timeoutMs }: Release): Promise<void> {
    const startedAt = performance.now();
    let timer: NodeJS.Timeout | undefined;
    try {
      await Promise.race([
        run(),
        new Promise<never>((_, reject) => {
          timer = setTimeout(() => reject(new Error(`not done after ${timeoutMs} ms`)), timeoutMs);
        }),
      ]);
      this.logger.debug({ stage, name, durationMs: Math.round(performance.now() - startedAt) }, 'closed');
    } catch (error) {
      this.errors += 1;
      this.logger.error({ stage, name, err: error }, 'could not close in order');
    } finally {
      clearTimeout(timer);
    }
  }
}
