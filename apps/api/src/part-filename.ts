import { decode } from 'iconv-lite';

/** A parameter: `; name=value`, quoted or not. Quoted values may hold semicolons. */
const PARAMETER = /;[ \t]*([^\s=;"]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^;"]*))/g;
const MAX_LENGTH = 4_096;

/**
 * The file name in a part's `Content-Disposition`, of which each byte is a character. `filename*` wins over `filename`
 * (RFC 6266). Browsers send UTF-8; bytes that are not UTF-8 are taken for Windows-1252, of which Latin-1 is a part.
 * @returns undefined where the part has no file name
 */
export function partFilename(disposition: string): string | undefined {
  const parameters = new Map<string, string>();
  for (const [, name = '', quoted, plain] of disposition.slice(0, MAX_LENGTH).matchAll(PARAMETER)) {
    const key = name.toLowerCase();
    if (!parameters.has(key)) parameters.set(key, quoted === undefined ? (plain ?? '').trim() : unquoted(quoted));
  }
  return extended(parameters.get('filename*')) ?? plainName(parameters.get('filename'));
}

/** Old browsers send whole paths with backslashes: only what RFC 2616 lets be quoted loses its backslash. */
function unquoted(value: string): string {
  return value.replace(/\\(["\\])/g, '$1');
}

function plainName(bytes: string | undefined): string | undefined {
  if (bytes === undefined) return undefined;
  const raw = Buffer.from(bytes, 'latin1');
  return decoded(raw, 'utf-8') ?? decode(raw, 'windows-1252');
}

/** RFC 8187: `charset'language'percent-encoded`. */
function extended(value: string | undefined): string | undefined {
  const [, charset, encoded = ''] = /^([\w-]+)'[\w-]*'(.+)$/.exec(value ?? '') ?? [];
  if (charset === undefined || /%(?![0-9a-f]{2})/i.test(encoded)) return undefined;
  const bytes = encoded.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return decoded(Buffer.from(bytes, 'latin1'), charset);
}

function decoded(bytes: Uint8Array, charset: string): string | undefined {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch {
    return undefined; // an unknown charset, or bytes that it does not have
  }
}
