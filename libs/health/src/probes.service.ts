import { Injectable } from '@nestjs/common';
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
  ) {}

  async readiness(): Promise<Readiness> {
    const states = [...(await this.monitor.states())];
    const checks = states.map(([name, { up, latencyMs, details }]) => {
      return [name, { status: up ? 'up' : 'down', latencyMs, ...details }] as const;
    });
    const allUp = states.every(([, { up, required }]) => up || !required);
    return {
      status: this.registry.draining ? 'shutting_down' : allUp ? 'ok' : 'error',
      checks: Object.fromEntries(checks),
      version: VERSION,
      uptime: Math.round(process.uptime()),
    };
  }
}
