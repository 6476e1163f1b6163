export { analyse, analyseQuery, ANALYSER_VERSION, phraseMatcher, type Token } from './analyser';
export { detectLanguage } from './detect-language';
export { isLanguage, type Language, LANGUAGES } from './stemmers';
export { isStopWord } from './stop-words';
export { PAIR_BITS, pairsOf } from './word-pairs';
