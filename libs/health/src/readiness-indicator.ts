/** Facts that `/ready` shows beside a check's status; anybody may read them, so no addresses and no messages. */
export type ReadinessDetails = Readonly<Record<string, unknown>>;

/**
 * One dependency, which as a rule must answer before traffic may come. Each library that owns a connection ships its
 * indicator and registers it with `ReadinessRegistry` when it opens; health knows no dependency by name.
 */
export interface ReadinessIndicator {
  /** Key in the answer of `/ready`: `database`, `redis`, `queue`. */
  readonly name: string;
  /** False for what the service can do without: `/ready` shows it, and it never makes it 503. @default true */
  readonly required?: boolean;
  /**
   * Resolves when the dependency can be used; rejects with the reason, for the log, when not. Asked at most once a
   * second, and never while the last question is open.
   * @param signal aborted when the caller has given up; leave nothing behind then
   */
  check(signal: AbortSignal): Promise<ReadinessDetails | void>;
}
