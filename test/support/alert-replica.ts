import type { RedisConnections } from '@vectorlane/redis';
import { AlertWindow, type Decision } from '../../libs/alerting/src/window/alert-window';
import { SharedWindow } from '../../libs/alerting/src/window/shared-window';

export const ERROR_TYPE = 'HTTP_INTERNAL_ERROR';
/** Longer than any Redis of a test needs. */
export const WITHIN_MS = 20_000;

/** A path to Redis that can be cut on the way there, or on the way back when the script has run already. */
export class Line {
  state: 'up' | 'cut' | 'loses answers' = 'up';
  calls = 0;

  constructor(private readonly shared: SharedWindow) {}

  async exchange(...given: Parameters<SharedWindow['exchange']>): ReturnType<SharedWindow['exchange']> {
    this.calls += 1;
    if (this.state === 'cut') throw new Error('cut');
    const answers = await this.shared.exchange(...given);
    if (this.state === 'loses answers') throw new Error('answer lost');
    return answers;
  }
}

/** One process: a window of its own on a line of its own, under a clock that all share. */
export class Replica {
  readonly line: Line;
  private readonly window: AlertWindow;
  readonly decisions: Decision[] = [];

  constructor(
    connections: RedisConnections,
    private readonly clock: () => number,
  ) {
    this.line = new Line(new SharedWindow(connections.shared));
    this.window = new AlertWindow(this.line, { thresholdOf: () => 5, now: clock, ownTime: true });
  }

  /** Tracks errors and lets the window decide. @returns what this replica has to send */
  async errors(count: number, errorType = ERROR_TYPE): Promise<string[]> {
    const example = { message: `one of ${count}` };
    if (count > 0) this.window.record([{ errorType, count, lastAt: this.clock(), example }]);
    const decisions = await this.window.advance(WITHIN_MS);
    this.decisions.push(...decisions);
    return decisions.map(({ outcome }) => outcome);
  }
}

/** What was sent in all, by outcome. */
export const tally = (replicas: readonly Replica[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { outcome } of replicas.flatMap(({ decisions }) => decisions))
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
};
