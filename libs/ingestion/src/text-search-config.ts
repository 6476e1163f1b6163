/**
 * Which PostgreSQL text search configuration reads a text: the one of its language, so that inflected words meet
 * (`Häuser` and `Haus`), else `simple`, which takes words as they stand.
 */

/** ISO 639-1 → configurations that ship with PostgreSQL 15 and later. */
const CONFIGS: Readonly<Record<string, string>> = {
  ar: 'arabic',
  ca: 'catalan',
  da: 'danish',
  de: 'german',
  el: 'greek',
  en: 'english',
  es: 'spanish',
  eu: 'basque',
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
  yi: 'yiddish',
};

// Enough to be sure, little enough to cost nothing: a few windows, so that an English preface does not decide.
const WINDOW = 1_000;
const WINDOWS = 4;

/** @returns a configuration's name, safe to cast to `regconfig` */
export async function textSearchConfig(text: string): Promise<string> {
  // The package is for `import` alone; Node keeps the module, so that its tables are read once.
  const { eld } = await import('eld/extrasmall');
  const detected = eld.detect(sample(text));
  return (detected.isReliable() && CONFIGS[detected.language]) || 'simple';
}

function sample(text: string): string {
  if (text.length <= WINDOW * WINDOWS) return text;
  const stride = Math.floor((text.length - WINDOW) / (WINDOWS - 1));
  return Array.from({ length: WINDOWS }, (_, index) => text.slice(index * stride, index * stride + WINDOW)).join('\n');
}
