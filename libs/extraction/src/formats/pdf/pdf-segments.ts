import type { Run } from './pdf-runs';
import type { Tag } from './pdf-tags';

/** Runs joined to segments: what stands in one row without a gap that the eye would notice. */

export interface Segment {
  text: string;
  x0: number;
  x1: number;
  y: number;
  /** Of most of its characters. */
  size: number;
  readonly rightToLeft: boolean;
  /** Of most of its characters. */
  font: string;
  /** How many more characters are in that font than in others. */
  fontWeight: number;
  tag: Tag | undefined;
  /** Where runs begin after a gap that may part two cells. */
  starts: Start[] | undefined;
}

interface Start {
  /** In the text. */
  readonly at: number;
  readonly x0: number;
  /** Where the run before ends. */
  readonly after: number;
}

/** All in parts of the font's size. */
const WORD_GAP = 0.2;
const IDEOGRAPH_GAP = 0.5;
/** Wider than a justified line spreads its words, narrower than the space between two columns. */
export const SEGMENT_GAP = 0.9;
/** Wider than a space between words. */
const CELL_START = 0.5;
const OVERLAP = 0.5;
const SAME_LINE = 0.25;
const RAISED = 0.6;
const RAISED_SIZE = 0.85;

/** Written without spaces between words. */
export const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\u3000-\u303f\uff00-\uff60]/u;

export function joinRuns(runs: readonly Run[]): Segment[] {
  const segments: Segment[] = [];
  let open: Segment | undefined;
  for (const run of runs) {
    if (open === undefined || !continues(open, run)) {
      open = segmentOf(run);
      segments.push(open);
      continue;
    }
    const large = run.size > open.size && run.text.length >= open.text.length;
    const gap = gapBetween(open, run);
    // A number and its item are words of their own, however near they stand.
    const spaced =
      run.spaced || (open.tag?.label === true && run.tag?.label !== true) || isNumbered(open.text, run.text);
    open.text = joinWords(open.text, run.text, gap, Math.max(open.size, run.size), spaced);
    if (gap > CELL_START * open.size && !open.rightToLeft) {
      (open.starts ??= []).push({ at: open.text.length - run.text.length, x0: run.x0, after: open.x1 });
    }
    weighFont(open, run.font, run.text.length);
    open.tag = run.tag;
    open.x0 = Math.min(open.x0, run.x0);
    open.x1 = Math.max(open.x1, run.x1);
    if (large || run.text.length * 2 > open.text.length) {
      open.size = run.size;
      open.y = run.y;
    }
  }
  return segments;
}

function isNumbered(label: string, item: string): boolean {
  return label.length <= MAX_LABEL && /^\(?\d{1,3}[.)]$/.test(label) && /^\p{L}/u.test(item);
}

/** Characters of a number with what it is put in. */
const MAX_LABEL = 5;

function segmentOf({ text, x0, x1, y, size, rightToLeft, font, tag }: Run): Segment {
  return { text, x0, x1, y, size, rightToLeft, font, fontWeight: text.length, tag, starts: undefined };
}

/** Keeps the font that has the majority. */
export function weighFont(whole: { font: string; fontWeight: number }, font: string, weight: number): void {
  if (whole.font === font) {
    whole.fontWeight += weight;
  } else {
    whole.fontWeight -= weight;
    if (whole.fontWeight < 0) {
      whole.font = font;
      whole.fontWeight = -whole.fontWeight;
    }
  }
}

/** Joins what stands side by side in one row. */
export function joinWords(left: string, right: string, gap: number, size: number, spaced: boolean): string {
  const unspaced = UNSPACED.test(left.slice(-1)) && UNSPACED.test(right.slice(0, 1));
  const apart = unspaced ? gap > IDEOGRAPH_GAP * size : spaced || gap > WORD_GAP * size;
  return apart && !left.endsWith(' ') && !right.startsWith(' ') ? `${left} ${right}` : left + right;
}

function continues(open: Segment, run: Run): boolean {
  if (open.rightToLeft !== run.rightToLeft) return false;
  if (open.tag !== run.tag && (open.tag?.block !== run.tag?.block || open.tag?.cell !== run.tag?.cell)) return false;
  const size = Math.max(open.size, run.size);
  const gap = gapBetween(open, run);
  if (gap < -OVERLAP * size || gap > SEGMENT_GAP * size) return false;
  const distance = Math.abs(run.y - open.y);
  if (distance <= SAME_LINE * size) return true;
  // Exponents, footnote marks and the like.
  return Math.min(open.size, run.size) <= RAISED_SIZE * size && distance <= RAISED * size;
}

/** Along the way in which they are read. */
function gapBetween(open: Segment, run: Run): number {
  return open.rightToLeft ? open.x0 - run.x1 : run.x0 - open.x1;
}
