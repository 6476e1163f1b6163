/** What somebody asks for, with the two marks that a query may hold. */
export interface Question {
  /** What is searched for, without the marks. */
  readonly text: string;
  /** Must occur as they stand. */
  readonly phrases: readonly string[];
  /** Must not occur. */
  readonly excluded: readonly string[];
}

/** Begins where a word could, ends where a word could: `12" ruler` and `6" pipe` hold no phrase. */
const PHRASE = /(?<=^|[\s(,;:])["“„«]([^"“”„«»]*[\p{L}\p{N}][^"“”„«»]*)["”“»](?=$|[\s),.;:!?])/gu;
/** A word of three letters at least, so that `ls -la` and `-5` are what they are. */
const EXCLUDED = /(?<=^|\s)-(\p{L}[\p{L}\p{M}]{2,}[\p{L}\p{M}\p{N}_'’-]*)(?=$|[\s,;.!])/gu;
const WORD = /[\p{L}\p{N}]/u;

/**
 * Reads `"an exact phrase"` and `-word`. Anything that does not look like one of them is part of the question, and so
 * is a dash in a sentence that ends as a question (`What does tar -xvf do?`), or one that would leave nothing to
 * search for.
 */
export function parseQuestion(query: string): Question {
  const phrases: string[] = [];
  const withoutQuotes = query.replace(PHRASE, (_, phrase: string) => {
    phrases.push(phrase.trim());
    return ` ${phrase} `;
  });
  const phraseText = query.replace(PHRASE, ' ');
  const excluded: string[] = [];
  if (!/[?？]\s*$/u.test(query)) {
    for (const [, word] of phraseText.matchAll(EXCLUDED)) if (word !== undefined) excluded.push(word);
  }
  if (excluded.length === 0) return { text: withoutQuotes.trim(), phrases, excluded };
  const text = `${phraseText.replace(EXCLUDED, ' ')} ${phrases.join(' ')}`.replace(/\s+/gu, ' ').trim();
  return WORD.test(text) ? { text, phrases, excluded } : { text: withoutQuotes.trim(), phrases, excluded: [] };
}
