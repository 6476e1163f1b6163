import fc from 'fast-check';
import { advance, BUCKET_MS, COOL_DOWN_MS, emptyWindow, type Outcome, WINDOW_MS } from './alert-rules';

const MINUTE = 60_000;
const START = 1_700_000_000_000;

/** One error type under a clock that the test moves. */
class Timeline {
  private readonly state = emptyWindow();
  private now = START;
  count = 0;

  after(milliseconds: number, errors = 0, threshold = 5): readonly Outcome[] {
    this.now += milliseconds;
    const decision = advance(this.state, { counts: errors === 0 ? [] : [[0, errors]] }, threshold, this.now);
    this.count = decision.count;
    return decision.outcomes;
  }
}

describe('the rules', () => {
  let time: Timeline;
  beforeEach(() => (time = new Timeline()));

  it('alert once, at the threshold', () => {
    expect(time.after(0, 4)).toEqual([]);
    expect(time.after(1_000, 1)).toEqual(['alert']);
    expect(time.after(1_000, 1)).toEqual([]);
  });

  it('slide: errors on both sides of a full hour count together', () => {
    time.after(0, 1);
    expect(time.after(50 * MINUTE, 2)).toEqual([]);
    expect(time.after(15 * MINUTE, 2)).toEqual([]); // the first has left; a tumbling hour would have begun again
    expect(time.after(5 * MINUTE, 1)).toEqual(['alert']);
    expect(time.count).toBe(5);
  });

  it('never alert over errors that are more than an hour and a bucket apart', () => {
    time.after(0, 4);
    expect(time.after(WINDOW_MS + BUCKET_MS, 1)).toEqual([]);
    expect(time.count).toBe(1);
  });

  it('stay quiet in the cool-down, and say once more after it that errors still come', () => {
    time.after(0, 5);
    expect(time.after(COOL_DOWN_MS - 1, 5)).toEqual([]);
    expect(time.after(1)).toEqual([]); // time alone is no news
    expect(time.after(0, 1)).toEqual(['reminder']);
    expect(time.after(COOL_DOWN_MS - 1, 1)).toEqual([]);
  });

  it('escalate at ten times the threshold, once a window', () => {
    expect(time.after(0, 49)).toEqual(['alert']);
    expect(time.after(1_000, 1)).toEqual(['escalation']);
    expect(time.after(1_000, 10_000)).toEqual([]);
    const later = Array.from({ length: 5 }, () => time.after(14 * MINUTE, 100));
    expect(later.flat().filter((outcome) => outcome === 'escalation')).toEqual(['escalation']);
  });

  it('alert and escalate together when all comes at once', () => {
    expect(time.after(0, 10_000)).toEqual(['alert', 'escalation']);
  });

  it('resolve once, when the window is empty, and begin again', () => {
    time.after(0, 5);
    expect(time.after(WINDOW_MS)).toEqual([]);
    expect(time.after(BUCKET_MS)).toEqual(['resolved']);
    expect(time.after(MINUTE)).toEqual([]);
    expect(time.after(0, 5)).toEqual(['alert']);
  });

  it('do not resolve what was never alerted', () => {
    time.after(0, 4);
    expect(time.after(2 * WINDOW_MS)).toEqual([]);
  });

  it('count every error for a full hour and at most one bucket longer, with memory for no more', () => {
    const steps = fc.array(fc.record({ ms: fc.integer({ min: 0, max: 20 * MINUTE }), errors: fc.nat(20) }), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(steps, (history) => {
        const state = emptyWindow();
        const seen: { at: number; errors: number }[] = [];
        let now = START;
        for (const { ms, errors } of history) {
          now += ms;
          seen.push({ at: now, errors });
          const { count } = advance(state, { counts: [[0, errors]] }, 1_000_000, now);
          const within = (age: number): number =>
            seen.filter(({ at }) => now - at <= age).reduce((sum, entry) => sum + entry.errors, 0);
          expect(count).toBeGreaterThanOrEqual(within(WINDOW_MS));
          expect(count).toBeLessThanOrEqual(within(WINDOW_MS + BUCKET_MS));
          expect(state.buckets.size).toBeLessThanOrEqual(WINDOW_MS / BUCKET_MS + 1);
        }
      }),
    );
  });

  it('take what is handed over: an alert sent elsewhere starts the cool-down here', () => {
    const state = emptyWindow();
    const handed = { counts: [[1_000, 60]] as const, alertedAgeMs: MINUTE, escalatedAgeMs: MINUTE, open: true };
    expect(advance(state, handed, 5, START).outcomes).toEqual([]);
    expect(advance(state, { counts: [[0, 1]] }, 5, START + COOL_DOWN_MS).outcomes).toEqual(['reminder']);
    expect(advance(state, { counts: [] }, 5, START + 3 * WINDOW_MS).outcomes).toEqual(['resolved']);
  });
});
