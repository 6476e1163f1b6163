import { analyseQuery, isLanguage, isStopWord, type Language } from '@vectorlane/analysis';
import type { LanguageTotals } from '@vectorlane/documents';

/** One word of a question, as each of the languages in use spells its stem: a chunk holds one of them or none. */
export interface QuestionWord {
  readonly terms: readonly string[];
  /** How often it is asked for. */
  readonly weight: number;
  /** Only the whole of what other words are parts of: a chunk that holds the question need not hold it. */
  readonly beside: boolean;
}

/** What the whole of `INV-2031` counts beside its parts, which are asked for as well (bench/retrieval.md). */
const WHOLE_WEIGHT = 0.3;
/** Words of one question: a page of text put as a question is a question of its first words. */
const MAX_WORDS = 256;

/** @param languages of the chunks searched, with how many chunks each has */
export function wordsOf(question: string, languages: readonly LanguageTotals[]): readonly QuestionWord[] {
  const used = languages.map(({ language }) => language).filter(isLanguage);
  const readings = new Set<Language>([...used, 'simple']);
  // How a text is cut into words is the same in every language; only the stems differ.
  const [first = [], ...others] = [...readings].map((language) => analyseQuery(question, language));
  const silent = silentLanguage(question, languages);
  const isSilent = ({ start, end }: { start: number; end: number }): boolean =>
    silent !== undefined && isStopWord(question.slice(start, end), silent);
  const says = first.some((token) => !token.beside && !isSilent(token));

  const words = new Map<string, QuestionWord>();
  first.forEach((token, index) => {
    if (says && isSilent(token)) return;
    const terms = [...new Set([token, ...others.map((reading) => reading[index] ?? token)].map(({ term }) => term))];
    const key = terms.toSorted().join('\u0000');
    const weight = token.beside ? WHOLE_WEIGHT : 1;
    const known = words.get(key);
    if (known !== undefined) {
      words.set(key, { terms, weight: known.weight + weight, beside: known.beside && token.beside });
    } else if (words.size < MAX_WORDS) {
      words.set(key, { terms, weight, beside: token.beside });
    }
  });
  return [...words.values()];
}

/**
 * The language whose stop words are left out: the one that most of the question's words are stop words of, when they
 * are two at least, or when most chunks are in it (`die` alone makes no German of an English question).
 */
function silentLanguage(question: string, languages: readonly LanguageTotals[]): Language | undefined {
  const tokens = analyseQuery(question, 'simple').filter(({ beside }) => !beside);
  const counted = languages
    .flatMap(({ language, chunks }) => (isLanguage(language) ? [{ language, chunks }] : []))
    .map(({ language, chunks }) => ({
      language,
      chunks,
      hits: tokens.filter(({ start, end }) => isStopWord(question.slice(start, end), language)).length,
    }))
    .sort((a, b) => b.hits - a.hits || b.chunks - a.chunks);
  const [best] = counted;
  if (best === undefined || best.hits === 0) return undefined;
  const most = Math.max(...counted.map(({ chunks }) => chunks));
  return best.hits >= 2 || best.chunks === most ? best.language : undefined;
}
