import { HEADING_SEPARATOR } from '@vectorlane/domain';
import type { ChunkTokenizer } from './chunk';
import { isInsideGrapheme, isWordBorder } from './text-boundaries';

/** What stands before a chunk's content in the text that is embedded. */
export interface HeadingPrefix {
  /** Empty, or ends with a line break. */
  readonly text: string;
  readonly tokens: number;
}

/** Enough for any heading a person wrote; a heading of a megabyte is read no further than this. */
const MAX_PREFIX_CHARS = 1_000;
const NONE: HeadingPrefix = { text: '', tokens: 0 };

/**
 * Makes the prefix of a heading path, at most `maxTokens` long. What is too long loses its outermost part: the
 * headings nearest to a passage say most about it. Keeps the last one made, since neighbours share their path.
 */
export class HeadingPrefixes {
  private path: readonly string[] = [];
  private header = '';
  private prefix: HeadingPrefix = NONE;

  constructor(
    private readonly tokenizer: ChunkTokenizer,
    private readonly maxTokens: number,
  ) {}

  /** @param header of the table that a chunk continues; left out where there is no place for it beside the headings */
  of(path: readonly string[], header = ''): HeadingPrefix {
    if (!samePath(path, this.path) || header !== this.header) {
      this.prefix = this.withHeader(this.make(path), header);
      this.path = path;
      this.header = header;
    }
    return this.prefix;
  }

  private withHeader(headings: HeadingPrefix, header: string): HeadingPrefix {
    if (header === '' || header.length > MAX_PREFIX_CHARS) return headings;
    const text = `${headings.text}${header}\n`;
    const tokens = this.tokenizer.tokenize(text).count;
    return tokens <= this.maxTokens ? { text, tokens } : headings;
  }

  private make(path: readonly string[]): HeadingPrefix {
    let joined = '';
    let complete = true;
    for (let i = path.length - 1; i >= 0 && complete; i--) {
      const title = path[i] ?? '';
      const room = MAX_PREFIX_CHARS - joined.length - HEADING_SEPARATOR.length;
      complete = title.length <= room;
      const line = title.slice(-Math.max(room, 1)).replace(/\s+/g, ' ').trim();
      if (line !== '') joined = joined === '' ? line : line + HEADING_SEPARATOR + joined;
    }
    return this.cut(joined, complete);
  }

  private cut(joined: string, complete: boolean): HeadingPrefix {
    if (joined === '' || this.maxTokens < 1) return NONE;
    const tokens = this.tokenizer.tokenize(joined);
    const excess = Math.max(0, tokens.count - this.maxTokens);
    // Where the joined text was cut already, its first word is a torn one.
    const keepFrom = Math.max(tokens.starts[excess] ?? 0, complete ? 0 : 1);
    let from = keepFrom === 0 ? 0 : laterStart(joined, keepFrom);
    // A tokenizer may count a part differently alone: what still is too long goes on losing words.
    while (from < joined.length) {
      const text = `${joined.slice(from)}\n`;
      const count = this.tokenizer.tokenize(text).count;
      if (count <= this.maxTokens) return { text, tokens: count };
      from = laterStart(joined, from + 1);
    }
    return NONE;
  }
}

/** Whether two heading paths name the same place. Neighbouring blocks mostly share the array itself. */
export function samePath(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((title, i) => title === b[i]));
}

/** The next start of a title at or after `from`, else of a word, else of a sign. */
function laterStart(joined: string, from: number): number {
  const separator = joined.indexOf(HEADING_SEPARATOR, Math.max(0, from - HEADING_SEPARATOR.length));
  if (separator !== -1) return separator + HEADING_SEPARATOR.length;
  for (let i = from; i < joined.length; i++) if (joined[i] !== ' ' && (i === 0 || isWordBorder(joined, i))) return i;
  let sign = from;
  while (sign < joined.length && isInsideGrapheme(joined, sign)) sign++;
  return sign;
}
