import { isLanguage, type Language } from './stemmers';

/** ISO 639-1 → the language whose stemmer reads it. */
const LANGUAGE_OF_CODE: Readonly<Record<string, string>> = {
  ar: 'arabic',
  da: 'danish',
  de: 'german',
  el: 'greek',
  en: 'english',
  es: 'spanish',
  fi: 'finnish',
  fr: 'french',
  ga: 'irish',
  hi: 'hindi',
  hu: 'hungarian',
  hy: 'armenian',
  id: 'indonesian',
  it: 'italian',
  lt: 'lithuanian',
  ne: 'nepali',
  nl: 'dutch',
  no: 'norwegian',
  pt: 'portuguese',
  ro: 'romanian',
  ru: 'russian',
  sr: 'serbian',
  sv: 'swedish',
  ta: 'tamil',
  tr: 'turkish',
};

// Enough to be sure, little enough to cost nothing: a few windows, so that an English preface does not decide.
const WINDOW = 1_000;
const WINDOWS = 4;

/** The language a text is written in, `simple` when unsure: its inflected words meet (`Häuser` and `Haus`). */
export async function detectLanguage(text: string): Promise<Language> {
  // The package is for `import` alone; Node keeps the module, so that its tables are read once.
  const { eld } = await import('eld/extrasmall');
  const detected = eld.detect(sample(text));
  const language = detected.isReliable() ? LANGUAGE_OF_CODE[detected.language] : undefined;
  return language !== undefined && isLanguage(language) ? language : 'simple';
}

function sample(text: string): string {
  if (text.length <= WINDOW * WINDOWS) return text;
  const stride = Math.floor((text.length - WINDOW) / (WINDOWS - 1));
  return Array.from({ length: WINDOWS }, (_, index) => text.slice(index * stride, index * stride + WINDOW)).join('\n');
}
