import { isWhiteSpace, isWordBorder } from './text-boundaries';

/**
 * Where sentences begin, by rules: `Intl.Segmenter` reads a quarter of a megabyte a second, which is minutes for a
 * book. The rules are modest on purpose; a sentence missed costs a chunk a less pretty border and nothing else.
 */

const STOPS = new Set(Array.from('.!?…‽;؟۔।॥։።'));
/** Stops that need no white space after them. */
const UNSPACED_STOPS = new Set(Array.from('。！？｡．'));
const CLOSERS = new Set(Array.from('"\'”’»)]}›」』）】》〉*_'));
const LIST_MARKER = /^(?:[-*•–—]|\d{1,3}[.)]|\p{L}\))\s/u;
const LOWER_CASE = /^\p{Ll}/u;
const GREEK = /^\p{Script=Greek}/u;
const LAST_WORD = /[\p{L}\p{N}.]+$/u;
const SINGLE_UPPER_CASE = /^(?:.*\.)?\p{Lu}$/u;
const ORDINAL = /^\d{1,2}$/;
const LOOK_BACK_UNITS = 200;

/** Words, in lower case and without the last dot, after which a dot seldom ends a sentence. */
const ABBREVIATIONS = new Set(
  (
    'mr mrs ms dr prof rev gen col sgt lt capt hon messrs st ste mt vs viz cf e.g i.e approx ca fig figs no nos nr vol pp ' +
    'ed eds dept est jan feb mar apr jun jul aug sep sept oct nov dec inc ltd co corp bros jr sr ' +
    'z.b d.h u.a u.ä o.ä i.d.r bzw ggf evtl bspw sog vgl abs abb kap hr hrn fr str mio mrd tel ' +
    'p.ex av bd mme mlle sra srta dra avda pág núm ej p.ej т.е т.д т.п г гг им ул рис стр см др π.χ δηλ κ sn örn vb bkz'
  ).split(' '),
);

/** Whether a sentence begins at `position`, which is not white space itself. */
export function isSentenceStart(text: string, position: number): boolean {
  if (position <= 0 || position >= text.length || isWhiteSpace(text.charCodeAt(position))) return false;
  const previous = text.charCodeAt(position - 1);
  if (!isWhiteSpace(previous)) return previous > 0xff && followsUnspacedStop(text, position);

  const lowest = Math.max(0, position - LOOK_BACK_UNITS);
  let end = position;
  let newlines = 0;
  while (end > lowest && isWhiteSpace(text.charCodeAt(end - 1))) if (text.charCodeAt(--end) === 0x0a) newlines++;
  if (newlines > 1) return true;
  if (newlines === 1 && LIST_MARKER.test(text.slice(position, position + 6))) return true;

  let stop = end;
  while (stop > lowest && CLOSERS.has(text.charAt(stop - 1))) stop--;
  const sign = text.charAt(stop - 1);
  if (UNSPACED_STOPS.has(sign)) return true;
  if (!STOPS.has(sign)) return false;
  const next = text.slice(position, position + 2);
  if (sign === ';') return GREEK.test(next) && GREEK.test(text.charAt(stop - 2));
  if (LOWER_CASE.test(next)) return stop === end && (sign === '!' || sign === '?');
  return sign !== '.' || !endsWithAbbreviation(text.slice(Math.max(lowest, stop - 16), stop - 1), next);
}

/** Last start of a sentence in (`after`, `upTo`], or -1. */
export function lastSentenceStart(text: string, after: number, upTo: number): number {
  for (let position = upTo; position > after; position--) if (isSentenceStart(text, position)) return position;
  return -1;
}

/** First start of a sentence in [`from`, `before`), or -1. */
export function firstSentenceStart(text: string, from: number, before: number): number {
  for (let position = from; position < before; position++) if (isSentenceStart(text, position)) return position;
  return -1;
}

function followsUnspacedStop(text: string, position: number): boolean {
  const next = text.charAt(position);
  if (CLOSERS.has(next) || UNSPACED_STOPS.has(next) || !isWordBorder(text, position)) return false;
  const lowest = Math.max(0, position - LOOK_BACK_UNITS);
  let stop = position;
  while (stop > lowest && CLOSERS.has(text.charAt(stop - 1))) stop--;
  return UNSPACED_STOPS.has(text.charAt(stop - 1));
}

/**
 * `before` ends where the dot stands. A number with a dot is an ordinal ("am 3. Mai") unless a number of a year's size.
 */
function endsWithAbbreviation(before: string, next: string): boolean {
  const word = LAST_WORD.exec(before)?.[0] ?? '';
  if (word === '') return false;
  return SINGLE_UPPER_CASE.test(word) || ORDINAL.test(word) || ABBREVIATIONS.has(word.toLowerCase()) || next === '.';
}
