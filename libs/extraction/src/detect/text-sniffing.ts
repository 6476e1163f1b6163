import { JsonReader, JsonSyntaxError, type JsonVisitor } from '../formats/json/json-reader';
import { byteOrderMark, guessUtf16 } from '../charset/text-decoding';

/** What the first bytes of a file say of the text in it. */

/** Share of control characters above which bytes are no text of any charset. */
const MAX_CONTROL_SHARE = 0.02;
/** A cut within the last characters of a head can leave half a token. */
const LONGEST_CUT_TOKEN = 32;

/** Whether the bytes read as text: UTF-16 that looks like it, or bytes with no NUL and hardly a control character. */
export function looksLikeText(head: Uint8Array): boolean {
  if (byteOrderMark(head)?.startsWith('utf-16') || guessUtf16(head) !== undefined) return true;
  let controls = 0;
  for (const byte of head) {
    if (byte === 0) return false;
    // Tab to carriage return and escape (terminal colours in logs) occur in text.
    if ((byte < 0x20 && (byte < 0x09 || byte > 0x0d) && byte !== 0x1b) || byte === 0x7f) controls += 1;
  }
  return controls <= head.length * MAX_CONTROL_SHARE;
}

/** The head as text, good enough to look at. */
export function peekText(head: Uint8Array): string {
  const charset = byteOrderMark(head) ?? guessUtf16(head) ?? 'utf-8';
  return new TextDecoder(charset).decode(head, { stream: true });
}

const HTML_START =
  /^\s*(?:<!--[\s\S]{0,4096}?-->\s*|<\?xml[^>]{0,200}\?>\s*){0,8}<(?:!doctype\s+html|html|head|body|title|meta|link|script|style|base|div|p|h[1-6]|table|ul|ol|a|b|br|font|iframe|main|section|article|header|nav|center|form|span)(?=[\s>/])/i;

/** A doctype, or a tag that pages begin with. */
export function looksLikeHtml(text: string): boolean {
  return HTML_START.test(text);
}

const MAIL_HEADER =
  /^(?:from|to|subject|date|received|return-path|message-id|mime-version|delivered-to|content-type): ?/i;
const MAIL_HEADERS = 3;

/** Header lines at the very beginning, at least three of those that mail has. */
export function looksLikeMail(text: string): boolean {
  let found = 0;
  for (const line of text.slice(0, 8_192).split(/\r?\n/)) {
    if (MAIL_HEADER.test(line)) found += 1;
    else if (!/^(?:[\w-]{1,60}:|[ \t])/.test(line)) break;
  }
  return found >= MAIL_HEADERS;
}

const IGNORING: JsonVisitor = { openContainer() {}, closeContainer() {}, name() {}, scalar() {} };

/**
 * An object or array, or lines of objects, that is valid JSON as far as the text goes.
 * @param isWhole whether the text is all of the file
 */
export function looksLikeJson(text: string, isWhole: boolean): boolean {
  const start = text.search(/\S/);
  if (start < 0 || (text[start] !== '{' && text[start] !== '[')) return false;
  if (readsAsJson(text, start, text.length, !isWhole)) return true;
  const lineFeed = text.indexOf('\n', start);
  if (lineFeed < 0 || text[start] !== '{') return false;
  return readsAsJson(text, start, lineFeed, false) && /^\s*\{/.test(text.slice(lineFeed, lineFeed + 1_000));
}

function readsAsJson(text: string, start: number, end: number, cutOff: boolean): boolean {
  try {
    new JsonReader(text, IGNORING, start, end).readDocument();
    return true;
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    return cutOff && (error.atEnd || error.offset >= end - LONGEST_CUT_TOKEN);
  }
}
