import { DatabaseError } from 'pg';

/**
 * Statements that are asked again and again in the same words: to plan one costs the database as much as to run it. On
 * a session of its own each is planned once and kept under a name. Behind a pooler, which may give every statement
 * another session, and in the embedded database, whose one session all share, they are sent as any other.
 */

const MARK = '/* prepared */ ';
/** Of one session, which keeps a plan for each. What comes later is planned each time. */
const MOST_NAMES = 100;

/** By text; without a name where it was refused. */
const names = new Map<string, string | undefined>();

/** For a statement of few forms: one whose text holds what a caller asks for has too many. */
export function prepared(sql: string): string {
  return MARK + sql;
}

/** The name of a statement that is to be kept; nothing for any other. */
export function preparedName(sql: unknown): string | undefined {
  if (typeof sql !== 'string' || !sql.startsWith(MARK)) return undefined;
  if (!names.has(sql) && names.size < MOST_NAMES) names.set(sql, `kept_${names.size + 1}`);
  return names.get(sql);
}

/** From now on it is planned each time: whatever stands between us and the database, or has changed there, may stay. */
export function giveUpPrepared(sql: string): void {
  names.set(sql, undefined);
}

/** In the server, what refuses a plan for columns that have another type now: a migration has overtaken us. */
const STALE_PLAN_ROUTINE = 'RevalidateCachedQuery';
/** A session that does not have it, or had it before us: it is not ours alone. */
const NOT_OURS = new Set(['26000', '42P05']);

/** Whether an error says that a statement cannot be run as it was prepared; as any other it may. */
export function cannotBeRun(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return false;
  return error.routine === STALE_PLAN_ROUTINE || (error.code !== undefined && NOT_OURS.has(error.code));
}
