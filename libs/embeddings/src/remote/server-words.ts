/**
 * What an endpoint says of an error, taken out of its body, and whether it may be shown: servers quote the key or the
 * text they were sent, and our errors go to logs and to the readers of a document's status.
 */
const MAX_QUOTE_CHARS = 200;
/** So many characters in a row of a text are a quotation of it; fewer may be any two words. */
const TELLING_CHARS = 12;
const TELLING_KEY_CHARS = 8;

/** The message of an error body in the forms that are in use; of one that is no JSON, its first words. */
export function wordsOf(body: string): string {
  try {
    return messageIn(JSON.parse(body) as unknown) ?? '';
  } catch {
    // An HTML page from a proxy says nothing that its status does not.
    return body.trimStart().startsWith('<') ? '' : body;
  }
}

function messageIn(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  for (const field of ['error', 'message', 'detail']) {
    const value = (body as Record<string, unknown>)[field];
    if (typeof value === 'string') return value;
    if (field === 'error') {
      const nested = messageIn(value);
      if (nested !== undefined) return nested;
    }
  }
  return undefined;
}

/**
 * The words on one line, at most 200 characters, without the key.
 * @returns nothing when they are empty, or hold something of the texts or still of the key
 */
export function quotable(words: string, key: string | undefined, texts: readonly string[]): string | undefined {
  const withoutKey = key === undefined ? words : words.replaceAll(key, '[hidden]');
  const line = oneLine(withoutKey);
  const quote = line.length > MAX_QUOTE_CHARS ? `${line.slice(0, MAX_QUOTE_CHARS - 1).toWellFormed()}…` : line;
  if (quote === '' || /\\[ux]/i.test(quote)) return undefined;
  if (key !== undefined && key.length >= TELLING_KEY_CHARS && quotes(quote, key, TELLING_KEY_CHARS)) return undefined;
  const isTelling = texts.some((text) => {
    const sent = oneLine(text);
    return sent.length < TELLING_CHARS ? sent !== '' && quote.includes(sent) : quotes(quote, sent, TELLING_CHARS);
  });
  return isTelling ? undefined : quote;
}

/** Whether any `length` characters in a row of `quote` stand in `source`. */
function quotes(quote: string, source: string, length: number): boolean {
  for (let at = 0; at + length <= quote.length; at += 1) {
    if (source.includes(quote.slice(at, at + length))) return true;
  }
  return false;
}

function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
}
