/** Cutting text without breaking a character: limits are in UTF-16 units, which no receiver counts more strictly. */

/** The beginning of a text that may be very long, at most `limit` units, with whole characters. */
export function firstText(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const end = isHighSurrogate(text.charCodeAt(limit - 1)) ? limit - 1 : limit;
  return text.slice(0, end);
}

/** The same, ending with an ellipsis when something was left out. */
export function cutText(text: string, limit: number): string {
  return text.length <= limit ? text : `${firstText(text, limit - 1)}…`;
}

/**
 * Replaces single characters as far as the result fits, so that neither a character nor its replacement is cut.
 * @param replacements what single characters become
 */
export function replaceToFit(text: string, limit: number, replacements: Readonly<Record<string, string>>): string {
  const pieces = Array.from(text, (character) => replacements[character] ?? character);
  const whole = pieces.join('');
  if (whole.length <= limit) return whole;
  let length = 1; // the ellipsis
  const end = pieces.findIndex((piece) => (length += piece.length) > limit);
  return `${pieces.slice(0, end).join('')}…`;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
