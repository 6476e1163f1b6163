import { Injectable } from '@nestjs/common';
import type { ReadinessIndicator } from './readiness-indicator';

/** Where indicators register themselves when their room opens its connection. */
@Injectable()
export class ReadinessRegistry {
  private drain = false;
  private readonly registered = new Map<string, ReadinessIndicator>();

  /** @throws Error when two rooms claim one name: a bug that would hide a dependency. */
  register(indicator: ReadinessIndicator): void {
    if (this.registered.has(indicator.name)) {
      throw new Error(`Two readiness indicators are called "${indicator.name}"; each needs a name of its own.`);
    }
    this.registered.set(indicator.name, indicator);
  }

  /** From here on `/ready` says `shutting_down`, so that no new traffic is sent here. */
  startDraining(): void {
    this.drain = true;
  }

  get draining(): boolean {
    return this.drain;
  }

  get indicators(): readonly ReadinessIndicator[] {
    return [...this.registered.values()];
  }
}
