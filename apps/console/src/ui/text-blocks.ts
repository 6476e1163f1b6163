export interface TextBlock {
  /** Where it begins in the whole, in UTF-16 code units. */
  readonly start: number;
  readonly text: string;
}

const WANTED = 2_000;
const LONGEST = 8_000;

/** A text in blocks that end with a line, so that a long one is laid out piece by piece; together they are the text. */
export function blocksOf(text: string): TextBlock[] {
  const blocks: TextBlock[] = [];
  let start = 0;
  while (start < text.length) {
    const newline = text.indexOf('\n', Math.min(start + WANTED, text.length));
    let end = newline < 0 ? text.length : newline + 1;
    if (end - start > LONGEST) end = start + LONGEST;
    // Not between the halves of one letter.
    if (end < text.length && /[\uD800-\uDBFF]/.test(text[end - 1] ?? '')) end -= 1;
    blocks.push({ start, text: text.slice(start, end) });
    start = end;
  }
  return blocks;
}
