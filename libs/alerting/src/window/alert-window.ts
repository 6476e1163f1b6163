import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { within } from '@vectorlane/time';
import type { Clock, ErrorExample, TalliedErrors } from '../error-tally';
import type { Outcome } from './alert-rules';
import { OwnErrors, type PendingReport } from './own-errors';
import type { ScriptAnswer, SharedWindow } from './shared-window';

/** Something this process has to tell: at most one replica gets each. */
export interface Decision {
  readonly outcome: Outcome;
  readonly errorType: string;
  /** Errors in the window. */
  readonly count: number;
  /** Errors since the window was last empty. */
  readonly incident: number;
  /** Milliseconds since 1970, on the clock of this process. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** The latest this process has seen; another replica may have seen the others. */
  readonly example: ErrorExample | undefined;
}

export interface AlertWindowOptions {
  readonly thresholdOf: (errorType: string) => number;
  readonly now: Clock;
  /** Times come from `now` instead of Redis' clock; for tests. */
  readonly ownTime?: boolean;
}

interface PendingRequest {
  readonly sequence: number;
  readonly whole: boolean;
  readonly reports: readonly PendingReport[];
}

/** One request may be owed from before, one may be told "forgotten", and one carries what came meanwhile. */
const EXCHANGES_AT_MOST = 4;

/**
 * Decides what is to be alerted: together with all replicas through Redis, alone while Redis is away, and clean over
 * both changes. What Redis has not confirmed is kept, under its number, and sent again; alerts that were sent alone are
 * handed over, so that Redis' cool-down counts from them.
 */
export class AlertWindow {
  private readonly logger = new Logger('Alerting');
  private readonly replica = randomUUID();
  private readonly own: OwnErrors;
  private sequence = 0;
  /** Sent, and not known to have arrived. */
  private owed: PendingRequest | undefined;
  private away = false;

  constructor(
    private readonly shared: Pick<SharedWindow, 'exchange'>,
    private readonly options: AlertWindowOptions,
  ) {
    this.own = new OwnErrors(options.thresholdOf, options.now);
  }

  record(errors: readonly TalliedErrors[]): void {
    for (const entry of errors) this.own.add(entry);
  }

  /**
   * Counts what was recorded and decides. One call at a time.
   * @param withinMs longest wait for Redis; after it this process decides alone
   */
  async advance(withinMs: number): Promise<Decision[]> {
    const deadline = performance.now() + withinMs;
    const late = (): Error => new Error('Redis did not answer in time');
    const decisions: Decision[] = [];
    try {
      for (let exchanges = 0; exchanges < EXCHANGES_AT_MOST; exchanges += 1) {
        this.owed ??= this.nextRequest(this.own.reportNews());
        const { reports } = this.owed;
        const answers = await within(this.exchange(this.owed), { timeoutMs: deadline - performance.now(), late });
        if (answers === undefined) {
          this.owed = this.nextRequest(this.own.reportAll(), true);
          continue;
        }
        this.owed = undefined;
        decisions.push(...this.confirm(reports, answers));
        if (!this.own.hasNews) break;
      }
      this.changed(false);
    } catch (error) {
      this.changed(true, error);
      decisions.push(...this.decideAlone());
    }
    return decisions;
  }

  private nextRequest(reports: readonly PendingReport[], whole = false): PendingRequest {
    this.sequence += 1;
    return { sequence: this.sequence, whole, reports };
  }

  private exchange({ sequence, whole, reports }: PendingRequest): Promise<readonly ScriptAnswer[] | undefined> {
    const { now, ownTime } = this.options;
    return this.shared.exchange({
      replica: this.replica,
      sequence,
      ...(whole && { whole }),
      ...(ownTime === true && { now: now() }),
      reports: this.own.aged(reports),
    });
  }

  private confirm(reports: readonly PendingReport[], answers: readonly ScriptAnswer[]): Decision[] {
    const now = this.options.now();
    return this.own.confirm(reports, answers).flatMap(({ answer, outcomes }) =>
      outcomes.map((outcome) => ({
        outcome,
        errorType: answer.errorType,
        count: answer.count,
        incident: answer.incident,
        firstAt: now - answer.firstAgeMs,
        lastAt: now - answer.lastAgeMs,
        example: this.own.exampleOf(answer.errorType),
      })),
    );
  }

  private decideAlone(): Decision[] {
    return this.own.judgeAlone().flatMap(({ errorType, decision: { outcomes, count, incident, first, last } }) =>
      outcomes.map((outcome) => ({
        ...{ outcome, errorType, count, incident, firstAt: first, lastAt: last },
        example: this.own.exampleOf(errorType),
      })),
    );
  }

  private changed(away: boolean, error?: unknown): void {
    if (away === this.away) return;
    this.away = away;
    const reason = error instanceof Error ? error.message : undefined;
    if (away) this.logger.warn({ reason }, 'errors are counted in this process alone while Redis is away');
    else this.logger.log('errors are counted across all processes again');
  }
}
