/**
 * One dependency that must answer before traffic may come. Each room that owns a connection ships its indicator and
 * registers it with `ReadinessRegistry` when it opens; health knows no dependency by name.
 */
export interface ReadinessIndicator {
  /** Key in the answer of `/ready`: `database`, `redis`, `queue`. */
  readonly name: string;
  /** Resolves when the dependency can be used; rejects with the reason when not. Bounded by the caller. */
  check(signal: AbortSignal): Promise<void>;
}
