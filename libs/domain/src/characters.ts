/**
 * Whether a text has no more characters, as JSON Schema and PostgreSQL count them: by code points. `length` counts an
 * emoji, and every other character beyond U+FFFF, twice.
 */
export function hasAtMost(text: string, most: number): boolean {
  return text.length <= most || (text.length <= 2 * most && Array.from(text).length <= most);
}
