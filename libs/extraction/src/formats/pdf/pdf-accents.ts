import type { Run } from './pdf-run';

/** Accents that old typesetters set as glyphs of their own, put on the letters they stand over. */

/** Accents as characters that stand alone, with the marks that combine. */
const MARKS: ReadonlyMap<string, string> = new Map([
  ['`', '\u0300'],
  ['\u00b4', '\u0301'],
  ['\u02c6', '\u0302'],
  ['\u02dc', '\u0303'],
  ['\u00af', '\u0304'],
  ['\u02d8', '\u0306'],
  ['\u02d9', '\u0307'],
  ['\u00a8', '\u0308'],
  ['\u02da', '\u030a'],
  ['\u02dd', '\u030b'],
  ['\u02c7', '\u030c'],
  ['\u00b8', '\u0327'],
  ['\u02db', '\u0328'],
]);
/** All in sizes of the font: an accent and its letter share their place, or the accent is a quotation mark. */
const MIN_OVERLAP = 0.1;
const MAX_OVERLAP = 1.2;
const MAX_RAISE = 0.5;

/** An acute before a letter without its dot is never anything else. */
const BEFORE_DOTLESS = /([\u00a8\u00b4`\u02c6\u02c7\u02dc\u00af\u02d8])([\u0131\u0237])/g;

/** Runs in the order in which they are drawn, with each accent joined to the letter that it overlaps. */
export function composeAccents(runs: readonly Run[]): readonly Run[] {
  if (!runs.some(({ text }) => MARKS.has(text.slice(-1)) || MARKS.has(text.slice(0, 1)) || /[ıȷ]/.test(text))) {
    return runs;
  }
  const composed: Run[] = [];
  for (const run of runs) {
    const text = run.text.replace(
      BEFORE_DOTLESS,
      (all, accent: string, letter: string) => compose(letter, accent) ?? all,
    );
    const next = text === run.text ? run : { ...run, text };
    const before = composed.at(-1);
    const joined = before && (accentThenLetter(before, next) ?? letterThenAccent(before, next));
    if (joined === undefined) composed.push(next);
    else composed[composed.length - 1] = joined;
  }
  return composed;
}

function accentThenLetter(before: Run, run: Run): Run | undefined {
  const accent = before.text.slice(-1);
  if (!MARKS.has(accent) || !overlap(before, run)) return undefined;
  const [letter = ''] = run.text;
  const whole = compose(letter, accent);
  if (whole === undefined) return undefined;
  const alone = before.text.length === 1;
  const text = before.text.slice(0, -1) + whole + run.text.slice(letter.length);
  // An accent on a capital is raised above its line.
  return { ...(alone ? run : before), text, x0: Math.min(before.x0, run.x0), x1: run.x1, spaced: before.spaced };
}

function letterThenAccent(before: Run, run: Run): Run | undefined {
  const [accent = ''] = run.text;
  const isOver = run.x0 < before.x1 - MIN_OVERLAP * run.size && run.x1 <= before.x1 + MIN_OVERLAP * run.size;
  if (run.text.length !== 1 || !MARKS.has(accent) || !isOver || !overlap(before, run)) return undefined;
  const letter = before.text.slice(-1);
  const whole = compose(letter, accent);
  return whole === undefined ? undefined : { ...before, text: before.text.slice(0, -1) + whole };
}

function overlap(before: Run, run: Run): boolean {
  const size = Math.max(before.size, run.size);
  const shared = before.x1 - run.x0;
  return shared >= MIN_OVERLAP * size && shared <= MAX_OVERLAP * size && Math.abs(before.y - run.y) <= MAX_RAISE * size;
}

/** @returns undefined when no such letter exists */
function compose(letter: string, accent: string): string | undefined {
  const base = letter === '\u0131' ? 'i' : letter === '\u0237' ? 'j' : letter;
  const whole = (base + (MARKS.get(accent) ?? '')).normalize('NFC');
  return /^\p{L}$/u.test(base) && whole !== base && [...whole].length === 1 ? whole : undefined;
}
