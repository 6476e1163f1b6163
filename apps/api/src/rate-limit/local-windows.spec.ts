import { LocalWindows } from './local-windows';

const MINUTE = 60_000;

describe('LocalWindows', () => {
  it('has at most its whole window left, whatever the clock shows', () => {
    const windows = new LocalWindows();
    const clocks = Array.from({ length: 1_000 }, (_, at) => 1_000 / 3 + at * 12.3456789);
    const most = Math.max(...clocks.map((now) => windows.count(`bucket ${now}`, 60_000, now).leftMs));
    expect(most).toBe(60_000);
  });

  it('runs a fixed window from a bucket’s first request, which later ones do not extend', () => {
    const windows = new LocalWindows();
    expect(windows.count('a', MINUTE, 1_000)).toEqual({ hits: 1, leftMs: MINUTE });
    for (let hit = 2; hit <= 500; hit += 1) {
      expect(windows.count('a', MINUTE, 1_000 + hit * 10)).toEqual({ hits: hit, leftMs: MINUTE - hit * 10 });
    }
    expect(windows.count('b', MINUTE, 7_000).hits).toBe(1);
    expect(windows.count('a', MINUTE, 60_999).hits).toBe(501);
    expect(windows.count('a', MINUTE, 61_000)).toEqual({ hits: 1, leftMs: MINUTE });
  });

  it('goes on from what Redis said last', () => {
    const windows = new LocalWindows();
    expect(windows.follow('a', { hits: 70, leftMs: 40_000 }, 0)).toEqual({ hits: 70, leftMs: 40_000 });
    expect(windows.count('a', MINUTE, 10_000)).toEqual({ hits: 71, leftMs: 30_000 });
    expect(windows.count('a', MINUTE, 40_000)).toEqual({ hits: 1, leftMs: MINUTE });
  });

  it('does not forget what it let through while Redis was away', () => {
    const windows = new LocalWindows();
    windows.follow('a', { hits: 10, leftMs: 50_000 }, 0);
    for (let hit = 0; hit < 40; hit += 1) windows.count('a', MINUTE, 5_000);
    // Redis comes back and knows of eleven; 51 have been let through here.
    expect(windows.follow('a', { hits: 11, leftMs: 44_900 }, 5_100)).toEqual({ hits: 51, leftMs: 44_900 });
    // What others added is Redis' to know.
    expect(windows.follow('a', { hits: 90, leftMs: 40_000 }, 10_000).hits).toBe(90);
  });

  it('takes a new window of Redis for a new one', () => {
    const windows = new LocalWindows();
    windows.follow('a', { hits: 100, leftMs: 5_000 }, 0);
    expect(windows.follow('a', { hits: 1, leftMs: MINUTE }, 4_500)).toEqual({ hits: 1, leftMs: MINUTE });
  });

  it('holds a bounded number of buckets, and lets the one go that was not seen for longest', () => {
    const windows = new LocalWindows(1_000);
    for (let hit = 0; hit < 50; hit += 1) windows.count('steady', MINUTE, 0);
    for (let index = 0; index < 100_000; index += 1) {
      windows.count(`flood-${index}`, MINUTE, 1);
      if (index % 500 === 0) windows.count('steady', MINUTE, 1);
    }
    expect(windows.size).toBe(1_000);
    expect(windows.count('steady', MINUTE, 1).hits).toBe(251);
    expect(windows.count('flood-0', MINUTE, 1).hits).toBe(1);
  });
});
