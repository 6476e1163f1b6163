/**
 * The stages of a shutdown (docs/contract.md §5), in order. Whatever is opened registers its release under the stage it
 * belongs to; the order of imports or of module construction decides nothing.
 *
 *     SIGTERM / SIGINT → "starting graceful shutdown"
 *        drain      readiness 503, workers stop fetching, event streams end; requests are served for the drain delay
 *        http       no new connections; requests in flight finish                               (30 s)
 *        consumers  jobs in hand finish, or hand their documents back                           (30 s)
 *        producers  what adds jobs
 *        redis      the connections to Redis
 *        database   queries in flight finish, the pool ends                                      (5 s)
 *        engines    what runs inside: model threads, PGlite, Valkey
 *        lock       the lock on the data folder, last: until here nobody else may open it
 *     "shutdown complete" → exit 0, or 1 when a step failed or ran out of time
 */
export const SHUTDOWN_STAGES = [
  'drain',
  'http',
  'consumers',
  'producers',
  'redis',
  'database',
  'engines',
  'lock',
] as const;

export type ShutdownStage = (typeof SHUTDOWN_STAGES)[number];

/** What the log says when a stage is over. */
export const STAGE_DONE: Readonly<Record<ShutdownStage, string>> = {
  drain: 'drained: no new work is taken',
  http: 'HTTP server closed',
  consumers: 'queue workers finished',
  producers: 'queue closed',
  redis: 'Redis disconnected',
  database: 'database disconnected',
  engines: 'engines stopped',
  lock: 'data folder released',
};

/** Stages that wait for work to finish; the others only close things. */
export const WAITING_STAGES: ReadonlySet<ShutdownStage> = new Set(['drain', 'http', 'consumers']);
