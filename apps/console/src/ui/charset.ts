/**
 * The charset of a text of somebody else, as far as its bytes tell: that of their mark, or UTF-8 where they are that.
 * @returns undefined for any other, which the text itself may name
 */
export function charsetOf(bytes: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' | undefined {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return 'utf-8';
  } catch {
    return undefined;
  }
}

/** In the charset of old files of the west, where the bytes tell of no other. */
export function decoded(bytes: Uint8Array): string {
  return new TextDecoder(charsetOf(bytes) ?? 'windows-1252').decode(bytes);
}
