/** The source of an RTF file, word by word. Never refuses a source. */
export type RtfToken =
  | { readonly kind: 'open' }
  | { readonly kind: 'close' }
  | { readonly kind: 'word'; readonly name: string; readonly value: number | undefined }
  /** A byte in the charset of its font. */
  | { readonly kind: 'byte'; readonly value: number }
  | { readonly kind: 'text'; readonly start: number; readonly end: number };

const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const MAX_WORD_LENGTH = 32;
const MAX_DIGITS = 10;

/** @param source Latin-1, one character a byte */
export function* rtfTokens(source: string): Generator<RtfToken, void> {
  let at = 0;
  while (at < source.length) {
    const code = source.charCodeAt(at);
    if (code === OPEN || code === CLOSE) {
      yield code === OPEN ? { kind: 'open' } : { kind: 'close' };
      at += 1;
    } else if (code === BACKSLASH) {
      const [token, next] = controlAt(source, at + 1);
      if (token !== undefined) yield token;
      // What follows \\bin is data, not text.
      at = token?.kind === 'word' && token.name === 'bin' ? next + Math.max(0, token.value ?? 0) : next;
    } else {
      const start = at;
      while (at < source.length && !isSpecial(source.charCodeAt(at))) at += 1;
      yield { kind: 'text', start, end: at };
    }
  }
}

function isSpecial(code: number): boolean {
  return code === OPEN || code === CLOSE || code === BACKSLASH;
}

function isLetter(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a);
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function controlAt(source: string, at: number): [RtfToken | undefined, number] {
  const first = source.charCodeAt(at);
  if (!isLetter(first)) return symbolAt(source, at);
  let end = at;
  while (end < at + MAX_WORD_LENGTH && isLetter(source.charCodeAt(end))) end += 1;
  const name = source.slice(at, end);
  let digits = end;
  if (source[digits] === '-') digits += 1;
  while (digits < end + MAX_DIGITS && isDigit(source.charCodeAt(digits))) digits += 1;
  const number = source.slice(end, digits);
  const hasValue = /\d/.test(number);
  const next = hasValue ? digits : end;
  const token: RtfToken = { kind: 'word', name, value: hasValue ? Number(number) : undefined };
  return [token, source[next] === ' ' ? next + 1 : next];
}

function symbolAt(source: string, at: number): [RtfToken | undefined, number] {
  const symbol = source[at];
  if (symbol === undefined) return [undefined, at];
  if (symbol === "'") {
    const hex = source.slice(at + 1, at + 3);
    if (!/^[\da-f]{2}$/i.test(hex)) return [undefined, at + 1];
    return [{ kind: 'byte', value: Number.parseInt(hex, 16) }, at + 3];
  }
  if (symbol === '\n' || symbol === '\r') return [{ kind: 'word', name: 'par', value: undefined }, at + 1];
  return [{ kind: 'word', name: symbol, value: undefined }, at + 1];
}
