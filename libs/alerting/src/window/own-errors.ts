import type { Clock, ErrorExample, TalliedErrors } from '../error-tally';
import {
  addCounts,
  BUCKET_MS,
  emptyWindow,
  judge,
  type Outcome,
  slide,
  type Decision,
  type WindowState,
} from './alert-rules';
import type { ScriptAnswer, TypedReport } from './shared-window';

/** What one request to Redis tells of one type, in times of this process' clock. */
export interface PendingReport {
  readonly errorType: string;
  readonly counts: readonly { readonly at: number; readonly count: number }[];
  /** Alerts sent alone, handed over with it. */
  readonly alertedAt: number;
  readonly escalatedAt: number;
  readonly open: boolean;
}

interface TypeRecord {
  /** Errors of this process. Its alert fields tell of alerts that were sent alone and not handed over yet. */
  readonly window: WindowState;
  /** What Redis said last. */
  shared: { readonly alertedAt: number; readonly escalatedAt: number; readonly open: boolean };
  /** Errors that no request has carried yet, by bucket. */
  news: Map<number, { at: number; count: number }>;
  /** Errors that nobody has judged yet. */
  unjudged: number;
  example: ErrorExample | undefined;
}

const NEVER = { alertedAt: 0, escalatedAt: 0, open: false } as const;

/**
 * The last hour as this one process has seen it. It feeds the shared window, takes its place while Redis is away (going
 * on from what Redis said last, so that nothing is alerted twice), and fills it again when Redis has lost its memory.
 * Bounded: at most 241 buckets for each of some fifty types.
 */
export class OwnErrors {
  private readonly records = new Map<string, TypeRecord>();

  constructor(
    private readonly thresholdOf: (errorType: string) => number,
    private readonly now: Clock,
  ) {}

  add({ errorType, count, lastAt, example }: TalliedErrors): void {
    const record = this.recordOf(errorType);
    addCounts(record.window, [[this.now() - lastAt, count]], this.now());
    const bucket = Math.floor(lastAt / BUCKET_MS);
    const earlier = record.news.get(bucket)?.count ?? 0;
    record.news.set(bucket, { at: lastAt, count: earlier + count });
    record.unjudged += count;
    record.example = example;
  }

  /** Something that Redis has not been told yet. */
  get hasNews(): boolean {
    return [...this.records.values()].some(({ news, window }) => news.size > 0 || window.open || window.alertedAt > 0);
  }

  exampleOf(errorType: string): ErrorExample | undefined {
    return this.records.get(errorType)?.example;
  }

  /** What Redis has not been told; from here on the request carries it. */
  reportNews(): PendingReport[] {
    const reports: PendingReport[] = [];
    for (const [errorType, record] of this.records) {
      const { alertedAt, escalatedAt, open } = record.window;
      if (record.news.size === 0 && !open && alertedAt === 0) continue;
      reports.push({ errorType, counts: [...record.news.values()], alertedAt, escalatedAt, open });
      record.news = new Map();
    }
    return reports;
  }

  /** Everything, for a Redis that has forgotten it. */
  reportAll(): PendingReport[] {
    const reports: PendingReport[] = [];
    for (const [errorType, { window, shared }] of this.records) {
      // An alert over errors that only others have seen is theirs to report: alone it would look resolved.
      if (slide(window, this.now()) === 0 && !window.open) continue;
      reports.push({
        errorType,
        counts: [...window.buckets].map(([bucket, count]) => ({ at: this.timeIn(bucket, window), count })),
        alertedAt: Math.max(window.alertedAt, shared.alertedAt),
        escalatedAt: Math.max(window.escalatedAt, shared.escalatedAt),
        open: window.open || shared.open,
      });
    }
    for (const record of this.records.values()) record.news = new Map();
    return reports;
  }

  /** Reports as Redis takes them: ages, as of now. */
  aged(reports: readonly PendingReport[]): TypedReport[] {
    const age = (at: number): number => Math.max(0, Math.round(this.now() - at));
    return reports.map(({ errorType, counts, alertedAt, escalatedAt, open }) => ({
      errorType,
      threshold: this.thresholdOf(errorType),
      counts: counts.map(({ at, count }) => [age(at), count] as const),
      ...(alertedAt > 0 && { alertedAgeMs: age(alertedAt) }),
      ...(escalatedAt > 0 && { escalatedAgeMs: age(escalatedAt) }),
      ...(open && { open }),
    }));
  }

  /**
   * Redis has taken the reports and decided.
   * @returns what is left to send: not what was sent alone while the answer was on its way
   */
  confirm(
    reports: readonly PendingReport[],
    answers: readonly ScriptAnswer[],
  ): { readonly answer: ScriptAnswer; readonly outcomes: readonly Outcome[] }[] {
    for (const handed of reports) this.handOver(handed);
    const told = new Map(answers.map((answer) => [answer.errorType, answer]));
    for (const [errorType, record] of this.records) {
      const { shared, window } = record;
      record.shared = this.alertStateIn(told.get(errorType));
      // Over here and over there: the end of it was told by the process that asked Redis first, and is not to be told
      // again.
      const over = shared.open && !record.shared.open && slide(window, this.now()) === 0;
      if (over) Object.assign(window, { alertedAt: 0, open: false });
      record.unjudged = [...record.news.values()].reduce((sum, { count }) => sum + count, 0);
    }
    const decided = answers.map((answer) => {
      const alone = this.records.get(answer.errorType)?.window ?? NEVER;
      const sentAlone = (outcome: Outcome): boolean =>
        outcome === 'escalation' ? alone.escalatedAt > 0 : outcome !== 'resolved' && alone.alertedAt > 0;
      return { answer, outcomes: answer.outcomes.filter((outcome) => !sentAlone(outcome)) };
    });
    // Another replica's open alert is remembered too, so that this one does not alert again should Redis go away.
    for (const answer of answers) if (answer.open) this.recordOf(answer.errorType).shared = this.alertStateIn(answer);
    this.forgetWhatIsOver();
    return decided;
  }

  /** Decides without Redis. The end of an alert that Redis knows of is left to Redis: others may still see errors. */
  judgeAlone(): { readonly errorType: string; readonly decision: Decision }[] {
    const now = this.now();
    const decisions = [...this.records].flatMap(([errorType, record]) => {
      const { window, shared } = record;
      if (slide(window, now) === 0 && shared.open) return [];
      const view: WindowState = {
        ...window,
        alertedAt: Math.max(window.alertedAt, shared.alertedAt),
        escalatedAt: Math.max(window.escalatedAt, shared.escalatedAt),
        open: window.open || shared.open,
      };
      const decision = judge(view, record.unjudged, this.thresholdOf(errorType), now);
      record.unjudged = 0;
      if (decision.count === 0) Object.assign(window, emptyWindow());
      if (decision.outcomes.includes('escalation')) window.escalatedAt = now;
      if (decision.count > 0 && decision.outcomes.length > 0) Object.assign(window, { alertedAt: now, open: true });
      return [{ errorType, decision }];
    });
    this.forgetWhatIsOver();
    return decisions;
  }

  private recordOf(errorType: string): TypeRecord {
    const known = this.records.get(errorType);
    if (known !== undefined) return known;
    const record = { window: emptyWindow(), shared: NEVER, news: new Map(), unjudged: 0, example: undefined };
    this.records.set(errorType, record);
    return record;
  }

  /** What was sent alone is Redis' from here on, unless something was sent again since. */
  private handOver({ errorType, alertedAt, escalatedAt }: PendingReport): void {
    const window = this.records.get(errorType)?.window;
    if (window === undefined) return;
    if (window.escalatedAt === escalatedAt) window.escalatedAt = 0;
    if (window.alertedAt === alertedAt) Object.assign(window, { alertedAt: 0, open: false });
  }

  private alertStateIn(answer: ScriptAnswer | undefined): TypeRecord['shared'] {
    if (answer === undefined) return NEVER;
    const { alertedAgeMs, escalatedAgeMs, open } = answer;
    const at = (ageMs: number | undefined): number => (ageMs === undefined ? 0 : this.now() - ageMs);
    return { alertedAt: at(alertedAgeMs), escalatedAt: at(escalatedAgeMs), open };
  }

  /** A moment inside the bucket that does not lie outside of what was seen. */
  private timeIn(bucket: number, { first, last }: WindowState): number {
    return Math.min(last, Math.max(first, (bucket + 0.5) * BUCKET_MS));
  }

  private forgetWhatIsOver(): void {
    for (const [errorType, { window, shared, news }] of this.records) {
      const quiet = slide(window, this.now()) === 0 && news.size === 0;
      if (quiet && !window.open && !shared.open) this.records.delete(errorType);
    }
  }
}
