import { firstText } from './cut';

/**
 * One redaction for the log, alerts and whatever else quotes an error. Alerts end in somebody's chat, in search indexes
 * and in screenshots, and errors quote what they were given: keys, connection strings, tokens. Hidden here by their
 * form.
 */
const HIDDEN = '[hidden]';

/** Errors can be a megabyte; the expressions below look at this much and the rest is never shown. */
const READ_CHARACTERS = 16_384;
/** A secret that the cut went through no longer has its form, so the end is not shown either. */
const UNSURE_CHARACTERS = 512;

const SECRETS: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g, HIDDEN],
  // A webhook's address is its password.
  [/https?:\/\/[^\s/"'<>]*slack(?:-gov)?\.com\/[^\s"'<>]*/gi, HIDDEN],
  [/https?:\/\/[^\s/"'<>]*discord(?:app)?\.com\/api\/[^\s"'<>]*/gi, HIDDEN],
  // Up to the last @: passwords with a slash in them are common in spite of the standard.
  [/\b([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s"'<>]{0,2000}@/gi, `$1${HIDDEN}@`],
  [/\b(bearer\s+)[\w.~+/=-]{4,}/gi, `$1${HIDDEN}`],
  [/\b(basic\s+)[\w+/=-]{16,}/gi, `$1${HIDDEN}`],
  [/\bvl_[\w-]{4,}/g, HIDDEN],
  [/\bxox[a-z]-[\w-]{6,}/gi, HIDDEN],
  [/\b(?:sk|pk|rk|gh[a-z]|github_pat|glpat)[-_][\w-]{12,}/g, HIDDEN],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{12,}/g, HIDDEN],
  [/\beyJ[\w-]{10,}(?:\.[\w-]*){0,2}/g, HIDDEN],
  [
    /(["']?\b[\w-]{0,40}(?:password|passwd|pwd|passphrase|secret|token|api[-_]?key|authorization|signature)["']?\s{0,4}[:=]\s{0,4})("[^"]*"?|'[^']*'?|[^\s,;&"'})\]]+)/gi,
    `$1${HIDDEN}`,
  ],
];

/** Moves the cursor, turns the reading direction, or is nothing at all. */
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
/** No script piles up more marks than this on one letter. */
const TOO_MANY_MARKS = /(\p{M}{4})\p{M}+/gu;

/**
 * A text from inside as it may be shown outside: well-formed, harmless to a terminal, and without what looks secret.
 * @param secrets hidden wherever they stand, whatever they look like
 */
export function redact(text: string, secrets: readonly string[] = []): string {
  const cut = text.length > READ_CHARACTERS;
  let shown = firstText(text, READ_CHARACTERS).toWellFormed().replace(/\r\n?/g, '\n').replace(CONTROLS, '');
  for (const secret of secrets) shown = shown.replaceAll(secret, HIDDEN);
  for (const [pattern, replacement] of SECRETS) shown = shown.replace(pattern, replacement);
  shown = shown.replace(TOO_MANY_MARKS, '$1');
  return cut ? `${firstText(shown, Math.max(0, shown.length - UNSURE_CHARACTERS))}…` : shown;
}

/** SQLSTATE class 22: PostgreSQL quotes the value it could not take, and the value is somebody's text. */
const DATA_EXCEPTION = /^22/;
const MOST_CAUSES = 10;

/**
 * The message of an error, or a text that holds messages of it and of its causes (a stack), without the values that a
 * database puts into them, and redacted.
 */
export function errorText(error: Error, text: string = error.message): string {
  let harmless = text;
  for (const { message, code } of withCauses(error)) {
    if (typeof code === 'string' && DATA_EXCEPTION.test(code)) {
      harmless = harmless.replaceAll(message, message.replace(/"[^]*"/, '"…"'));
    }
  }
  return redact(harmless);
}

function* withCauses(error: Error): Generator<Error & { code?: unknown }> {
  let inner: unknown = error;
  for (let depth = 0; inner instanceof Error && depth < MOST_CAUSES; depth += 1) {
    yield inner;
    inner = inner.cause;
  }
}
