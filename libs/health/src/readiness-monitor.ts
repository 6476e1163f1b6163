import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  Optional,
} from '@nestjs/common';
import { HealthIndicatorService } from '@nestjs/terminus';
import { dependencyErrorType, ERROR_TRACKER, type ErrorTracker } from '@vectorlane/errors';
import { DependencyCheck, type DependencyState } from './dependency-check';
import { ReadinessRegistry } from './readiness-registry';

/** How often a dependency is looked at when nobody probes. */
const WATCH_INTERVAL_MS = 5_000;
/** What the service does not need may start beside it, and is not missed before it could have. */
const MAY_START_FOR_MS = 60_000;

/**
 * Knows of every registered dependency whether it can be used, and tells when that changes: one line in the log, the
 * listeners, and for a loss the error tracker, once, however many probes see it. It looks by itself as well, so that a
 * loss is noticed where nobody probes.
 */
@Injectable()
export class ReadinessMonitor implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('Readiness');
  private readonly checks = new Map<string, DependencyCheck>();
  private readonly known = new Map<string, boolean>();
  private readonly startedAt = performance.now();
  private watch: NodeJS.Timeout | undefined;

  constructor(
    private readonly registry: ReadinessRegistry,
    private readonly terminus: HealthIndicatorService,
    @Optional() @Inject(ERROR_TRACKER) private readonly tracker?: ErrorTracker,
  ) {}

  onApplicationBootstrap(): void {
    void this.states();
    this.watch = setInterval(() => {
      // What goes away now is closed by us, and nobody is to be woken for it.
      if (this.registry.draining) clearInterval(this.watch);
      else void this.states();
    }, WATCH_INTERVAL_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.watch);
  }

  /** Every dependency's state, checked side by side; answers within a second and never rejects. */
  async states(): Promise<ReadonlyMap<string, DependencyState>> {
    const entries = await Promise.all(
      this.registry.indicators.map(async (indicator) => {
        let check = this.checks.get(indicator.name);
        if (check === undefined) {
          check = new DependencyCheck(indicator, this.terminus);
          this.checks.set(indicator.name, check);
        }
        const state = await check.state();
        this.note(indicator.name, state);
        return [indicator.name, state] as const;
      }),
    );
    return new Map(entries);
  }

  private note(dependency: string, { up, required, latencyMs, reason }: DependencyState): void {
    const before = this.known.get(dependency);
    if (before === up || this.registry.draining) return;
    const mayStart = !required && before === undefined && performance.now() - this.startedAt < MAY_START_FOR_MS;
    this.registry.changed(dependency, up);
    if (!up && mayStart) return;
    this.known.set(dependency, up);
    if (!up) {
      const consequence = required ? 'not ready' : 'the service goes on without it';
      this.logger[required ? 'error' : 'warn']({ dependency, reason, latencyMs }, `dependency is down; ${consequence}`);
      this.tracker?.trackError(dependencyErrorType(dependency), { ...(reason !== undefined && { message: reason }) });
    } else if (before !== undefined) {
      this.logger.log({ dependency, latencyMs }, 'dependency is up again');
    }
  }
}
