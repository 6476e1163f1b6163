/**
 * Some fonts do not tell which letters their codes stand for. Often the codes are the letters all the same; as often
 * they count the shapes of the font. What a whole page says in such a font tells which: letters are found as often as
 * in a language, or they are not.
 */

/** The eight letters that every language written in Latin letters uses most. */
const COMMON = /[etaoinsr]/gi;
const VOWELS = /[aeiouyäöüáéíóú]/gi;
/** Of the Latin letters: over half in a language, under a third by chance. */
const MIN_COMMON = 0.45;
const MIN_VOWELS = 0.2;
/** Fewer letters than this say little of a language. */
const MIN_LETTERS = 20;
const MIN_SENSE = 0.9;
/** Of the letters of other scripts, those of one script that nobody hits by counting shapes. */
const MIN_SCRIPT = 0.2;

/** @param text all that a font says on a page, taken by its codes */
export function isPlausibleText(text: string): boolean {
  const signs = [...text].filter((sign) => !/\s/.test(sign));
  if (signs.length === 0) return false;
  const sense = signs.filter((sign) => /[\p{L}\p{N}\p{P}\p{M}]/u.test(sign)).length;
  if (sense < MIN_SENSE * signs.length) return false;
  const letters = signs.filter((sign) => /\p{L}/u.test(sign));
  if (letters.length === 0) return signs.length < MIN_LETTERS;
  const latin = letters.filter((letter) => /\p{Script=Latin}/u.test(letter)).join('');
  if (latin.length < letters.length / 2) return isOfOneScript(letters);
  const vowels = countOf(latin, VOWELS);
  if (latin.length < MIN_LETTERS) return vowels >= MIN_VOWELS * latin.length && !/\p{Ll}\p{Lu}/u.test(text);
  return countOf(latin, COMMON) >= MIN_COMMON * latin.length && vowels >= MIN_VOWELS * latin.length;
}

const SCRIPTS = [
  /[\p{Script=Hiragana}\p{Script=Katakana}]/u,
  /\p{Script=Hangul}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Hebrew}/u,
  /\p{Script=Arabic}/u,
];

function isOfOneScript(letters: readonly string[]): boolean {
  const han = letters.filter((letter) => /\p{Script=Han}/u.test(letter)).length;
  return (
    han >= MIN_SENSE * letters.length ||
    SCRIPTS.some((script) => letters.filter((letter) => script.test(letter)).length >= MIN_SCRIPT * letters.length)
  );
}

function countOf(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
