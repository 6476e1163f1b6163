import { Injectable, ServiceUnavailableException } from '@nestjs/common';
import { type HealthCheckResult, HealthCheckService } from '@nestjs/terminus';
import type { DependencyState } from './dependency-check';
import { ReadinessMonitor } from './readiness-monitor';
import { ReadinessRegistry } from './readiness-registry';
import { VERSION } from './version';

export interface Readiness {
  readonly status: 'ok' | 'error' | 'shutting_down';
  readonly checks: Readonly<Record<string, { readonly status: 'up' | 'down'; readonly latencyMs: number }>>;
  readonly version: string;
  /** Seconds since the process started. */
  readonly uptime: number;
}

/** Answers `/ready` (docs/contract.md §1). Why a dependency is down stands in the log: anybody may read this answer. */
@Injectable()
export class ProbesService {
  constructor(
    private readonly registry: ReadinessRegistry,
    private readonly monitor: ReadinessMonitor,
    private readonly terminus: HealthCheckService,
  ) {}

  /** Whether a restart would help; a dependency that is away comes back by itself. */
  get alive(): boolean {
    return !this.registry.needsRestart;
  }

  async readiness(): Promise<Readiness> {
    const states = [...(await this.monitor.states())];
    const checks = states.map(([name, { up, latencyMs, details }]) => {
      return [name, { status: up ? 'up' : 'down', latencyMs, ...details }] as const;
    });
    const status = await this.aggregate(states);
    return {
      status: this.registry.draining ? 'shutting_down' : status,
      checks: Object.fromEntries(checks),
      version: VERSION,
      uptime: Math.round(process.uptime()),
    };
  }

  /** Terminus decides; what the service can do without makes it `degraded` there, which is ready all the same. */
  private async aggregate(states: readonly (readonly [string, DependencyState])[]): Promise<Readiness['status']> {
    try {
      await this.terminus.check(
        states.map(([name, { up, required }]) => {
          return () => ({ [name]: { status: up ? 'up' : required ? 'down' : 'degraded' } });
        }),
      );
      return 'ok';
    } catch (error) {
      if (!(error instanceof ServiceUnavailableException)) throw error;
      const { status } = error.getResponse() as HealthCheckResult;
      return status === 'shutting_down' ? status : 'error';
    }
  }
}
