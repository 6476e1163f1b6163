import type { HealthIndicatorService } from '@nestjs/terminus';
import { within } from '@vectorlane/time';
import type { ReadinessDetails, ReadinessIndicator } from './readiness-indicator';

/** Longest a dependency is waited for; with the time an answer is good, a loss is known within two seconds. */
const TIMEOUT_MS = 750;
/** An answer that lies in the socket while this process was busy is read before it is called missing. */
const LATE_READ_MS = 50;
/** How long an answer is good: no probe rate becomes a load on the dependency. */
const FRESH_MS = 1_000;

export interface DependencyState {
  readonly up: boolean;
  /** Whether the service needs it. */
  readonly required: boolean;
  /** How long the dependency took, when it was last asked. */
  readonly latencyMs: number;
  readonly details: ReadinessDetails;
  /** Why it is down; for the log alone. */
  readonly reason: string | undefined;
}

/**
 * One dependency under any number of probes: a question while a check is under way gets that check's answer, and an
 * answer is good for a second. Measured on a clock that nobody sets, where Terminus' own cache uses the time of day
 * and would keep an answer for as long as that is set back.
 */
export class DependencyCheck {
  private latest: Promise<DependencyState> | undefined;
  private freshUntil = 0;

  constructor(
    private readonly indicator: ReadinessIndicator,
    private readonly terminus: HealthIndicatorService,
  ) {}

  get name(): string {
    return this.indicator.name;
  }

  get required(): boolean {
    return this.indicator.required !== false;
  }

  /** Never rejects, and never takes longer than a second. */
  state(): Promise<DependencyState> {
    if (this.latest !== undefined && performance.now() < this.freshUntil) return this.latest;
    this.freshUntil = Infinity;
    this.latest = this.ask().finally(() => (this.freshUntil = performance.now() + FRESH_MS));
    return this.latest;
  }

  private async ask(): Promise<DependencyState> {
    const { name } = this.indicator;
    const result = await this.terminus.check(name).attempt(() => this.boundedCheck());
    const { status, responseTime, message, ...details } = result[name] as Record<string, unknown>;
    return {
      up: status === 'up',
      required: this.required,
      latencyMs: Number(responseTime),
      details,
      reason: typeof message === 'string' ? message : undefined,
    };
  }

  private async boundedCheck(): Promise<Record<string, unknown>> {
    const details = await within((giveUp) => this.indicator.check(giveUp), {
      timeoutMs: TIMEOUT_MS,
      lateReadMs: LATE_READ_MS,
    });
    return { ...details };
  }
}
