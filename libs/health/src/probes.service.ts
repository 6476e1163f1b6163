import { Injectable } from '@nestjs/common';
import { HealthIndicatorService } from '@nestjs/terminus';
import { ReadinessRegistry } from './readiness-registry';
import { VERSION } from './version';

/** Longest one dependency is waited for, and how long its answer is good: no probe rate becomes a load on it. */
const CHECK_TIMEOUT_MS = 1_000;
const CHECK_CACHE_MS = 1_000;

export interface Readiness {
  readonly status: 'ok' | 'error' | 'shutting_down';
  readonly checks: Readonly<Record<string, { readonly status: 'up' | 'down'; readonly latencyMs: number }>>;
  readonly version: string;
  /** Seconds since the process started. */
  readonly uptime: number;
}

/** Answers `/ready` from the registered indicators, side by side, each bounded and cached by Terminus. */
@Injectable()
export class ProbesService {
  constructor(
    private readonly registry: ReadinessRegistry,
    private readonly indicators: HealthIndicatorService,
  ) {}

  async readiness(): Promise<Readiness> {
    const entries = await Promise.all(
      this.registry.indicators.map(async (indicator) => {
        const startedAt = performance.now();
        const result = await this.indicators
          .check(indicator.name)
          .attempt(({ signal }) => indicator.check(signal))
          .withTimeout(CHECK_TIMEOUT_MS)
          .cacheFor(CHECK_CACHE_MS);
        const up = result[indicator.name]?.status === 'up';
        return [
          indicator.name,
          { status: up ? 'up' : 'down', latencyMs: Math.round(performance.now() - startedAt) },
        ] as const;
      }),
    );
    const allUp = entries.every(([, check]) => check.status === 'up');
    return {
      status: this.registry.draining ? 'shutting_down' : allUp ? 'ok' : 'error',
      checks: Object.fromEntries(entries),
      version: VERSION,
      uptime: Math.round(process.uptime()),
    };
  }
}
