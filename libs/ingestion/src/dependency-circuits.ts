import { Injectable, Logger } from '@nestjs/common';
import type { Dependency } from '@vectorlane/domain';
import { ShutdownSequence } from '@vectorlane/shutdown';
import { type Backoff, backoffMs } from '@vectorlane/time';

/**
 * - `closed`: as far as is known it works.
 * - `open`: it has just failed, and nobody is sent against it.
 * - `trial`: time to see whether it is back. Documents that are delivered go on, and the reconciler sends one.
 */
export type CircuitState = 'closed' | 'open' | 'trial';

/** From a fault to the next trial. With the reconciler's interval, well below the 30 s in which work goes on again. */
const PAUSE: Backoff = { firstMs: 1_000, longestMs: 10_000 };
/** A trial without a fault in this time has gone well: a large document takes minutes to its end. */
const TRIAL_MS = 10_000;

interface Circuit {
  /** In a row. */
  faults: number;
  openUntil: number;
  /** When something last got through; of the process' own clock, which nobody sets. */
  succeededAt: number;
}

/**
 * One circuit for each dependency of ingestion: after a fault, documents are put aside instead of being burned through,
 * and one after the other is tried until the dependency is back. Each process has its own; what a document waits for
 * stands in its row.
 */
@Injectable()
export class DependencyCircuits {
  private readonly logger = new Logger('Ingestion');
  private readonly circuits = new Map<Dependency, Circuit>();
  private readonly closing = new AbortController();

  constructor(shutdown: ShutdownSequence) {
    shutdown.add('drain', 'waits for dependencies', () => {
      this.closing.abort(new Error('The process is shutting down.'));
      return Promise.resolve();
    });
  }

  /** Aborted when the process begins to shut down: nobody waits for a dependency any longer. */
  get stopping(): AbortSignal {
    return this.closing.signal;
  }

  state(dependency: Dependency, now = performance.now()): CircuitState {
    const circuit = this.circuits.get(dependency);
    if (circuit === undefined || circuit.faults === 0) return 'closed';
    if (now < circuit.openUntil) return 'open';
    return now < circuit.openUntil + TRIAL_MS ? 'trial' : 'closed';
  }

  /** @returns those in one of the states */
  in(...states: readonly CircuitState[]): Dependency[] {
    return [...this.circuits.keys()].filter((dependency) => states.includes(this.state(dependency)));
  }

  /** Call it once the document is put aside: the reconciler that finds the circuit closed finds it waiting. */
  failed(dependency: Dependency, now = performance.now()): void {
    const circuit = this.circuitOf(dependency);
    // Those that were under way when it failed tell nothing new.
    if (this.state(dependency, now) === 'open') return;
    circuit.faults += 1;
    const pauseMs = backoffMs(PAUSE, circuit.faults, Math.random);
    circuit.openUntil = now + pauseMs;
    if (circuit.faults === 1) this.logger.warn({ dependency, pauseMs }, 'documents wait for a dependency');
  }

  /** Something that needs these got through. */
  succeeded(dependencies: readonly Dependency[], now = performance.now()): void {
    for (const dependency of dependencies) {
      const circuit = this.circuitOf(dependency);
      circuit.succeededAt = now;
      if (circuit.faults === 0) continue;
      circuit.faults = 0;
      this.logger.log({ dependency }, 'a dependency is back; documents no longer wait for it');
    }
  }

  /** Whether something got through in these last milliseconds. */
  hasSucceededWithin(dependency: Dependency, ms: number, now = performance.now()): boolean {
    const circuit = this.circuits.get(dependency);
    return circuit !== undefined && now - circuit.succeededAt < ms;
  }

  private circuitOf(dependency: Dependency): Circuit {
    let circuit = this.circuits.get(dependency);
    if (circuit === undefined) {
      circuit = { faults: 0, openUntil: 0, succeededAt: Number.NEGATIVE_INFINITY };
      this.circuits.set(dependency, circuit);
    }
    return circuit;
  }
}
