/**
 * Whether a text has no more characters, as JSON Schema and PostgreSQL count them: by code points. `length` counts an
 * emoji, and every other character beyond U+FFFF, twice.
 */
export function hasAtMost(text: string, most: number): boolean {
  if (text.length <= most) return true;
  if (text.length > 2 * most) return false;
  let characters = 0;
  for (const _ of text) characters += 1;
  return characters <= most;
}
