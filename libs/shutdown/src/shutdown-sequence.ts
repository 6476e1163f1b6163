import { type BeforeApplicationShutdown, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { type ErrorTracker, NO_ERROR_TRACKER } from '@vectorlane/errors';
import { within } from '@vectorlane/time';
import { SHUTDOWN_STAGES, type ShutdownStage, STAGE_DONE, WAITING_STAGES } from './shutdown-stages';

interface Release {
  readonly name: string;
  readonly timeoutMs: number;
  readonly run: () => Promise<void>;
}

/** Below the 90 s after which the stack kills (docs/contract.md §5). */
const DEADLINE_MS = 85_000;
/** Kept back from the stages that wait for others' work, so that connections are closed in order even then. */
const GOODBYE_MS = 12_000;
/** What a release gets when all time is used up: enough to be begun. */
const LEAST_MS = 250;

/**
 * Runs every registered release once, stage by stage, those of one stage side by side: two lanes that finish their jobs
 * share one bound. A release that fails or outlasts its bound is logged and counted, and the sequence goes on: one
 * stuck connection must not keep the database from closing cleanly. Each bound lies inside one deadline for all of it.
 *
 * It runs in Nest's `beforeApplicationShutdown`, the last hook before Nest closes anything itself: before
 * `onApplicationShutdown` it would wait for the HTTP server without a bound, and there the order of the framework's own
 * hooks follows the imports. They find their objects already closed.
 */
export class ShutdownSequence implements BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly logger = new Logger('Shutdown');
  private readonly releases = new Map<ShutdownStage, Release[]>(SHUTDOWN_STAGES.map((stage) => [stage, []]));
  private readonly passed = new Set<ShutdownStage>();
  private finished: Promise<void> | undefined;
  private resolveDone: () => void = () => undefined;
  /** Resolves when the last stage is over. */
  readonly done = new Promise<void>((resolve) => (this.resolveDone = resolve));
  private deadline = Infinity;
  private errors = 0;
  private tracker: ErrorTracker = NO_ERROR_TRACKER;
  /** Longest the whole sequence may take; counts from its start. */
  deadlineMs = DEADLINE_MS;

  /**
   * Registers what has been opened. Once its stage has passed (a boot that is still opening while a signal ends it) it
   * is released at once.
   * @param timeoutMs longest this one release may take before the sequence goes on without it
   */
  add(stage: ShutdownStage, name: string, run: () => Promise<void>, timeoutMs = 5_000): void {
    const release = { name, timeoutMs, run };
    if (this.passed.has(stage)) void this.release(stage, release);
    else this.releases.get(stage)?.push(release);
  }

  /** Where failures are told beside the log, as soon as there is somebody to tell. */
  trackErrorsWith(tracker: ErrorTracker): void {
    this.tracker = tracker;
  }

  /** Steps that failed or ran out of time, and errors nobody caught; the process exits 1 when there was one. */
  get failures(): number {
    return this.errors;
  }

  get started(): boolean {
    return this.finished !== undefined;
  }

  /** An error that nobody caught: the process is no longer in a known state, so it is to end, with 1. */
  recordUncaught(error: unknown, origin: string): void {
    this.errors += 1;
    this.logger.fatal({ err: error, origin }, 'an error that nobody caught; the process ends');
    this.tracker.trackError('UNCAUGHT_EXCEPTION', { error });
  }

  /** A second caller (a test's close after a signal) waits for the same run; nothing is released twice. */
  run(reason?: string): Promise<void> {
    this.finished ??= this.runStages(reason);
    return this.finished;
  }

  beforeApplicationShutdown(signal?: string): Promise<void> {
    return this.run(signal);
  }

  /** The framework's last hook: nobody gets past it before the sequence is through. */
  onApplicationShutdown(signal?: string): Promise<void> {
    return this.run(signal);
  }

  private async runStages(reason: string | undefined): Promise<void> {
    const startedAt = performance.now();
    this.deadline = startedAt + this.deadlineMs;
    this.logger.log({ reason }, 'starting graceful shutdown');
    for (const stage of SHUTDOWN_STAGES) await this.runStage(stage);
    this.logger.log({ errors: this.errors, durationMs: elapsed(startedAt) }, 'shutdown complete');
    this.resolveDone();
  }

  private async runStage(stage: ShutdownStage): Promise<void> {
    const startedAt = performance.now();
    const failuresBefore = this.errors;
    const releases = this.releases.get(stage) ?? [];
    this.passed.add(stage);
    await Promise.all(releases.map((release) => this.release(stage, release)));
    if (releases.length === 0) return;
    const line = { stage, durationMs: elapsed(startedAt), errors: this.errors - failuresBefore };
    if (line.errors === 0) this.logger.log(line, STAGE_DONE[stage]);
    else this.logger.warn(line, `${STAGE_DONE[stage]}, with errors`);
  }

  private async release(stage: ShutdownStage, { name, run, timeoutMs }: Release): Promise<void> {
    const boundMs = Math.min(timeoutMs, this.timeLeft(stage));
    const startedAt = performance.now();
    try {
      const late = (): Error => new Error(`not done after ${Math.round(boundMs)} ms`);
      await within(run, { timeoutMs: boundMs, late });
      this.logger.debug({ stage, name, durationMs: elapsed(startedAt) }, 'closed');
    } catch (error) {
      this.errors += 1;
      this.logger.error({ stage, name, err: error }, 'could not close in order');
      this.tracker.trackError('SHUTDOWN_ERROR', { error, stage: `${stage}: ${name}` });
    }
  }

  private timeLeft(stage: ShutdownStage): number {
    const keptBackMs = WAITING_STAGES.has(stage) ? Math.min(GOODBYE_MS, this.deadlineMs / 4) : 0;
    return Math.max(LEAST_MS, this.deadline - performance.now() - keptBackMs);
  }
}

function elapsed(since: number): number {
  return Math.round(performance.now() - since);
}
