/**
 * What makes two spellings the same word: Unicode's compatibility forms, case, and signs that are not seen. Nothing
 * here depends on the language.
 */

/** Characters that leave no trace on paper: soft hyphen, joiners, direction marks, variation selectors. */
export const INVISIBLE =
  '\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0';

const ASCII_WORD = /^[A-Za-z0-9]*$/;
const INVISIBLE_SIGNS = new RegExp(`[${INVISIBLE}]+`, 'gu');
/** Vowel signs that Hebrew and Arabic are mostly written without, and the stroke that only stretches a word. */
const OPTIONAL_MARKS =
  /[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed]+/gu;
/** Digits of any script but ours: `٢٠٢٤` is `2024`. */
const OTHER_DIGIT = /(?![0-9])\p{Nd}/gu;
const DIGIT = /\p{Nd}/u;
const NOT_OF_A_WORD = /[^\p{L}\p{N}\p{M}]+/gu;

/** One word as it is compared. */
export function foldWord(word: string): string {
  if (ASCII_WORD.test(word)) return word.toLowerCase();
  return foldSigns(word).replace(NOT_OF_A_WORD, '');
}

/** A passage as it is compared with a phrase: as its words, with everything between them one space. */
export function foldText(text: string): string {
  return ` ${foldSigns(text).replace(NOT_OF_A_WORD, ' ')} `.replace(/ +/g, ' ');
}

function foldSigns(text: string): string {
  return (
    text
      .replace(INVISIBLE_SIGNS, '')
      .normalize('NFKC')
      .toLowerCase()
      // What the lower case of `İ` leaves over an i.
      .replace(/i\u0307/g, 'i')
      .replace(/ß/g, 'ss')
      .replace(/ς/g, 'σ')
      .replace(OPTIONAL_MARKS, '')
      .replace(OTHER_DIGIT, valueOf)
  );
}

/** The ten digits of a script stand in a row, from a code point whose last hexadecimal digit is 0, or else 6. */
function valueOf(digit: string): string {
  const codePoint = digit.codePointAt(0) as number;
  const row = codePoint & ~0xf;
  return String(codePoint - (DIGIT.test(String.fromCodePoint(row)) ? row : row + 6));
}
