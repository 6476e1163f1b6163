import { Injectable } from '@nestjs/common';
import type { ReadinessIndicator } from './readiness-indicator';

/** Told when a dependency is seen for the first time, and each time it goes or comes back. */
export type ReadinessListener = (dependency: string, up: boolean) => void;

/** Where indicators register themselves when their library opens its connection. */
@Injectable()
export class ReadinessRegistry {
  private drain = false;
  private readonly registered = new Map<string, ReadinessIndicator>();
  private readonly listeners: ReadinessListener[] = [];
  private readonly restartConditions: (() => boolean)[] = [];

  /** @throws Error when two libraries claim one name: a bug that would hide a dependency. */
  register(indicator: ReadinessIndicator): void {
    if (this.registered.has(indicator.name)) {
      throw new Error(`Two readiness indicators are called "${indicator.name}"; each needs a name of its own.`);
    }
    this.registered.set(indicator.name, indicator);
  }

  /** Something has come to a state that only a new process leaves. @param condition asks nobody, and is asked often */
  restartWhen(condition: () => boolean): void {
    this.restartConditions.push(condition);
  }

  get needsRestart(): boolean {
    return this.restartConditions.some((condition) => condition());
  }

  /** Probed or not, a change is told within a few seconds. */
  onChange(listener: ReadinessListener): void {
    this.listeners.push(listener);
  }

  changed(dependency: string, up: boolean): void {
    for (const listener of this.listeners) listener(dependency, up);
  }

  /** From here on `/ready` says `shutting_down`, so that no new traffic is sent here, and losses are our own doing. */
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
