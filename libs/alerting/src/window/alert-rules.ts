/**
 * When an alert is due, as pure functions. The script that runs inside Redis (`alert-window.script.ts`) holds the same
 * rules, so that all replicas decide as one; these decide while Redis is away. A test drives both with the same random
 * histories and compares every answer.
 */

/** The sliding window. */
export const WINDOW_MS = 3_600_000;
/**
 * Errors are counted in buckets of this length: 241 numbers per type instead of one entry per error. An error counts
 * for the full hour and at most one bucket longer, never less.
 */
export const BUCKET_MS = 15_000;
/** After an alert nothing but an escalation or the end of it is sent for this long. */
export const COOL_DOWN_MS = 900_000;
/** An escalation is due at this many times the threshold. */
export const ESCALATION_FACTOR = 10;

export const OUTCOMES = ['alert', 'reminder', 'escalation', 'resolved'] as const;
/** `reminder`: the cool-down is over and errors still come. */
export type Outcome = (typeof OUTCOMES)[number];

/** What is known of one error type. Times are milliseconds of the clock that decides; 0 stands for never. */
export interface WindowState {
  /** Errors by bucket number (time divided by `BUCKET_MS`). */
  readonly buckets: Map<number, number>;
  /** First and latest error since the window was last empty. */
  first: number;
  last: number;
  /** Errors since the window was last empty. */
  incident: number;
  alertedAt: number;
  escalatedAt: number;
  /** An alert went out that has not been resolved. */
  open: boolean;
}

/** What one process adds: ages instead of times, so that no two clocks need to agree. */
export interface Report {
  /** Age in milliseconds and number of errors. */
  readonly counts: readonly (readonly [ageMs: number, count: number])[];
  /** Alerts this process sent by itself while Redis was away. */
  readonly alertedAgeMs?: number;
  readonly escalatedAgeMs?: number;
  readonly open?: boolean;
}

/** The decision, and what a message about it says. */
export interface Decision {
  readonly outcomes: readonly Outcome[];
  /** Errors in the window. */
  readonly count: number;
  readonly incident: number;
  readonly first: number;
  readonly last: number;
}

export function emptyWindow(): WindowState {
  return { buckets: new Map(), first: 0, last: 0, incident: 0, alertedAt: 0, escalatedAt: 0, open: false };
}

/** Takes a report in and decides. Changes `state`. */
export function advance(state: WindowState, report: Report, threshold: number, now: number): Decision {
  const fresh = addCounts(state, report.counts, now);
  if (report.alertedAgeMs !== undefined) state.alertedAt = Math.max(state.alertedAt, now - report.alertedAgeMs);
  if (report.escalatedAgeMs !== undefined) state.escalatedAt = Math.max(state.escalatedAt, now - report.escalatedAgeMs);
  if (report.open === true) state.open = true;
  return judge(state, fresh, threshold, now);
}

/** @returns how many of the errors lie inside the window */
export function addCounts(state: WindowState, counts: Report['counts'], now: number): number {
  let fresh = 0;
  for (const [ageMs, count] of counts) {
    const at = now - ageMs;
    const bucket = Math.floor(at / BUCKET_MS);
    if (bucket < oldestBucket(now)) continue;
    state.buckets.set(bucket, (state.buckets.get(bucket) ?? 0) + count);
    state.first = state.first === 0 ? at : Math.min(state.first, at);
    state.last = Math.max(state.last, at);
    state.incident += count;
    fresh += count;
  }
  return fresh;
}

/** Forgets what has left the window. @returns errors still in it */
export function slide(state: WindowState, now: number): number {
  let total = 0;
  for (const [bucket, count] of state.buckets) {
    if (bucket < oldestBucket(now)) state.buckets.delete(bucket);
    else total += count;
  }
  return total;
}

/** @param fresh errors that came since the last judgement: without one nothing but the end of an alert is news */
export function judge(state: WindowState, fresh: number, threshold: number, now: number): Decision {
  const count = slide(state, now);
  const { first, last, incident } = state;
  const outcomes: Outcome[] = [];
  if (count === 0) {
    if (state.open) outcomes.push('resolved');
    Object.assign(state, emptyWindow());
  } else if (fresh > 0 && count >= threshold) {
    if (state.alertedAt === 0 || now - state.alertedAt >= COOL_DOWN_MS) {
      outcomes.push(state.open ? 'reminder' : 'alert');
      state.alertedAt = now;
      state.open = true;
    }
    const mayEscalate = state.escalatedAt === 0 || now - state.escalatedAt >= WINDOW_MS;
    if (state.open && mayEscalate && count >= threshold * ESCALATION_FACTOR) {
      outcomes.push('escalation');
      state.escalatedAt = now;
      // A reminder right behind an escalation would say nothing new.
      state.alertedAt = now;
    }
  }
  return { outcomes, count, incident, first, last };
}

function oldestBucket(now: number): number {
  return Math.floor(now / BUCKET_MS) - WINDOW_MS / BUCKET_MS;
}
