import { analyse, analyseQuery, isLanguage, isStopWord } from '@vectorlane/analysis';

/** UTF-16 code units of a passage's content. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where the words of a question stand in a passage, in order; spans that touch are one. */
export function highlights(content: string, question: string, language: string): Span[] {
  const of = isLanguage(language) ? language : 'simple';
  const asked = analyseQuery(question, of);
  const said = asked.filter(({ start, end }) => !isStopWord(question.slice(start, end), of));
  const terms = new Set((said.length > 0 ? said : asked).map(({ term }) => term));
  const spans: { start: number; end: number }[] = [];
  const found = analyse(content, of).filter(({ term }) => terms.has(term));
  for (const { start, end } of found.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = spans.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else spans.push({ start, end });
  }
  return spans;
}
