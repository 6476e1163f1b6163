import fc from 'fast-check';
import type { FoundFile } from './found-files';
import { IngestionTally } from './ingestion-tally';
import { ProgressDisplay } from './progress-display';
import {
  formatDuration,
  formatEta,
  formatMegabytes,
  renderBar,
  renderPlainProgress,
  renderProgressLine,
} from './progress-line';
import { displayWidth } from './text-layout';

const file = (name: string, sizeBytes: number): FoundFile => ({ path: name, location: `/${name}`, name, sizeBytes });

function halfDone(): IngestionTally {
  const tally = new IngestionTally(4, 4_000_000);
  for (const name of ['a.txt', 'b.txt']) {
    tally.take(file(name, 1_000_000));
    tally.settle(file(name, 1_000_000), 'completed', 50);
  }
  tally.currentFile = 'reports/2026/november/minutes.pdf';
  return tally;
}

describe('renderProgressLine', () => {
  it('shows everything where there is space', () => {
    const line = renderProgressLine({ tally: halfDone(), elapsedMs: 10_000, columns: 120 });
    expect(line).toBe(
      '2/4 [████████████░░░░░░░░░░░░] 2.0 MB  100 chunks  reports/2026/november/minutes.pdf  0.2 files/s  ETA 0:10',
    );
  });

  it('shortens the bar, then the name, then drops all but the count and the time', () => {
    const at = (columns: number) => renderProgressLine({ tally: halfDone(), elapsedMs: 10_000, columns });
    expect(at(80)).toBe('2/4 [████░░░░] 2.0 MB  100 chunks  reports/…/minutes.pdf  0.2 files/s  ETA 0:10');
    expect(at(40)).toBe('2/4 [████░░░░] ETA 0:10');
    expect(at(12)).toBe('2/4');
  });

  it('shows a note in place of the file', () => {
    expect(renderProgressLine({ tally: halfDone(), elapsedMs: 1, columns: 120, note: 'waiting 7 s' })).toContain(
      '  waiting 7 s  ',
    );
    expect(renderPlainProgress({ tally: halfDone(), elapsedMs: 10_000, note: 'waiting 7 s' })).toBe(
      '2/4 (50 %), 2.0 MB, 100 chunks, 0.2 files/s, ETA 0:10, waiting 7 s',
    );
  });

  it('never fills the line, whatever the name', () => {
    fc.assert(
      fc.property(fc.integer({ min: 11, max: 200 }), fc.string({ unit: 'grapheme' }), (columns, name) => {
        const tally = halfDone();
        tally.currentFile = name;
        expect(displayWidth(renderProgressLine({ tally, elapsedMs: 5_000, columns }))).toBeLessThan(columns);
      }),
    );
  });
});

describe('the figures', () => {
  it('formats', () => {
    expect(renderBar(0.5, 4)).toBe('[██░░]');
    expect([0, 12_345, 1_250_000, 123_456_789].map(formatMegabytes)).toEqual(['0.00', '0.01', '1.3', '123']);
    expect([0, 61_000, 3_725_000].map(formatDuration)).toEqual(['0:00', '1:01', '1:02:05']);
    expect([formatEta(0.001, 9_000), formatEta(0.25, 500), formatEta(0.25, 9_000), formatEta(1, 1)]).toEqual([
      '–:––',
      '–:––',
      '0:27',
      '0:00',
    ]);
  });

  it('counts a document in work by its percentage', () => {
    const tally = new IngestionTally(2, 1_000);
    const [large, small] = [file('large', 800), file('small', 200)];
    tally.advance(large, 50);
    expect(tally.fraction).toBeCloseTo(0.4);
    tally.advance(large, 75);
    tally.settle(small, 'failed');
    expect(tally.fraction).toBeCloseTo(0.8);
    tally.settle(large, 'completed', 3);
    expect([tally.fraction, tally.done, tally.unsuccessful, tally.chunks]).toEqual([1, 2, 1, 3]);
  });

  it('counts files where all are empty', () => {
    const tally = new IngestionTally(4, 0);
    tally.settle(file('a', 0), 'refused');
    expect(tally.fraction).toBe(0.25);
  });
});

describe('ProgressDisplay', () => {
  function display(isTTY: boolean) {
    let now = 0;
    const written: string[] = [];
    const clock = { now: () => now, sleep: () => Promise.resolve() };
    const shown = new ProgressDisplay({ isTTY, columns: 100, write: (text) => written.push(text) }, clock, halfDone());
    return { shown, written, at: (time: number) => (now = time) };
  }

  it('redraws a terminal at most ten times a second and clears it for other lines', () => {
    const { shown, written, at } = display(true);
    for (const time of [0, 50, 99, 100, 150, 205]) {
      at(time);
      shown.refresh();
    }
    expect(written).toHaveLength(3);
    for (const text of written) expect(text).toMatch(/^\r\x1b\[2K2\/4 \[/);
    shown.print('failed: x');
    expect(written.slice(3, 5)).toEqual(['\r\x1b[2K', 'failed: x\n']);
    shown.close();
    expect(written.at(-1)).toBe('\r\x1b[2K');
  });

  it('writes a plain line every five seconds elsewhere, without any control character', () => {
    const { shown, written, at } = display(false);
    for (const time of [0, 4_999, 5_000, 9_999, 10_001]) {
      at(time);
      shown.refresh();
    }
    shown.print('failed: x');
    shown.close();
    expect(written).toHaveLength(3);
    expect(written.join('')).not.toMatch(/\x1b|\r/);
  });

  it('says at once that a long wait has begun, and not after it', () => {
    const { shown, written, at } = display(false);
    at(1_000);
    shown.waiting(30_000, 'RATE_LIMITED');
    expect(written).toEqual([expect.stringContaining('waiting 30 s for the server (RATE_LIMITED)')]);
    at(40_000);
    shown.refresh();
    expect(written[1]).not.toContain('waiting');
  });
});
