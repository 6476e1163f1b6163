import MarkdownIt from 'markdown-it';
import { BlockList, HeadingTrail } from '../../block-list';
import type { TextBlock } from '../../text-extractor';
import { cutText, isWhiteSpace } from '../../text-normalisation';

/**
 * Which lines of a Markdown source are what. Only block structure is parsed (inline markup for headings alone), and
 * the parser's tokens are consumed as each top-level block ends: 5 MB take 0.4 s, and memory stays near the size of
 * the text instead of some fifty times that.
 */

type Token = MarkdownIt.Token;

/** Lines a leaf of the block structure covers: `from` inclusive, `to` exclusive. */
interface LeafLines {
  readonly kind: TextBlock['kind'];
  readonly from: number;
  readonly to: number;
  /** Of a heading that titles what follows; one inside of a quote or a list does not. */
  readonly level?: number;
  readonly title?: string;
}

const FRONT_MATTER_MAX_LINES = 500;
/** Inline markup is parsed no further than this; a title is cut shorter anyway. */
const TITLE_SOURCE_LENGTH = 1_000;

const parser = new MarkdownIt('default', { html: true });
// Link definitions then stay paragraphs, which is what they are to a reader of the source.
parser.block.ruler.disable('reference');

/** Lines of a leading `---` block with at least one `key:` in it, both fences included; 0 when there is none. */
export function frontMatterLines(text: string): number {
  if (!/^---[ \t]*\n/.test(text)) return 0;
  let line = 1;
  let start = text.indexOf('\n') + 1;
  let keys = 0;
  while (line < FRONT_MATTER_MAX_LINES && start < text.length) {
    const lineFeed = text.indexOf('\n', start);
    const end = lineFeed < 0 ? text.length : lineFeed;
    const content = cutText(text.slice(start, end), 200);
    line += 1;
    if (/^(?:---|\.\.\.)[ \t]*$/.test(content)) return keys > 0 ? line : 0;
    if (/^[^\s:#][^:]{0,100}:(?:\s|$)/.test(content)) keys += 1;
    start = end + 1;
  }
  return 0;
}

/**
 * Blocks of the source in reading order.
 * @param text normalised source
 * @param frontMatter lines of front matter at its start
 * @throws IngestionFailure `TOO_LARGE`
 */
export function markdownBlocks(text: string, frontMatter: number): readonly TextBlock[] {
  const lines = new LineIndex(text);
  const composer = new LeafComposer(text, lines);
  if (frontMatter > 0) composer.add({ kind: 'record', from: 0, to: frontMatter });
  const offset = frontMatter;
  parseLeaves(text.slice(lines.start(offset)), (leaf) =>
    composer.add({ ...leaf, from: leaf.from + offset, to: leaf.to + offset }),
  );
  return composer.finish();
}

/** Calls back with each leaf, in order. Reentrant: the consumer of the moment is handed through the environment. */
function parseLeaves(source: string, found: (leaf: LeafLines) => void): void {
  const tokens: Token[] = [];
  parser.block.parse(source, parser, { found }, tokens);
  consume(tokens, found);
}

parser.block.ruler.before('table', 'drain', (state, _startLine, _endLine, silent) => {
  // Between two top-level blocks nothing points back into the token list, so that it can be emptied.
  if (!silent && state.level === 0 && state.parentType === 'root') {
    consume(state.tokens, (state.env as { found: (leaf: LeafLines) => void }).found);
    state.tokens.length = 0;
  }
  return false;
});

function consume(tokens: readonly Token[], found: (leaf: LeafLines) => void): void {
  let itemDepth = 0;
  for (const [index, token] of tokens.entries()) {
    if (token.type === 'list_item_open') itemDepth += 1;
    else if (token.type === 'list_item_close') itemDepth -= 1;
    const kind = leafKind(token.type, itemDepth > 0);
    if (kind === undefined || !token.map) continue;
    const [from, to] = token.map;
    // The row of dashes under a table's header belongs to it; the parser has no token for that line.
    if (kind === 'row') found({ kind, from, to: tokens[index - 1]?.type === 'thead_open' ? to + 1 : to });
    else if (kind !== 'heading') found({ kind, from, to });
    else {
      const outline = token.level === 0 && { level: Number(token.tag.slice(1)), title: plainTitle(tokens[index + 1]) };
      found({ kind, from, to, ...outline });
    }
  }
}

function leafKind(type: string, inItem: boolean): TextBlock['kind'] | undefined {
  switch (type) {
    case 'heading_open':
      return 'heading';
    case 'fence':
    case 'code_block':
      return 'code';
    case 'tr_open':
      return 'row';
    case 'paragraph_open':
      return inItem ? 'list-item' : 'paragraph';
    case 'html_block':
      return 'paragraph';
    default:
      return undefined;
  }
}

/** What a heading says without its markup. */
function plainTitle(inline: Token | undefined): string {
  const tokens: Token[] = [];
  parser.inline.parse(cutText(inline?.content ?? '', TITLE_SOURCE_LENGTH), parser, {}, tokens);
  return tokens
    .map((token) => (token.type === 'softbreak' || token.type === 'hardbreak' ? ' ' : titlePart(token)))
    .join('');
}

function titlePart(token: Token): string {
  return token.type === 'html_inline' ? '' : token.content;
}

/** Line numbers to positions. */
class LineIndex {
  private readonly starts: number[] = [0];

  constructor(private readonly text: string) {
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.starts.push(at + 1);
  }

  /** Start of a 0-based line; the end of the text for lines after the last. */
  start(line: number): number {
    return this.starts[line] ?? this.text.length;
  }
}

/** Leaves to blocks. Whatever the leaves leave out (rules, lone markers) is made part of a block too. */
class LeafComposer {
  private readonly list = new BlockList();
  private readonly trail = new HeadingTrail();
  private reached = 0;

  constructor(
    private readonly text: string,
    private readonly lines: LineIndex,
  ) {}

  add(leaf: LeafLines): void {
    const start = Math.max(this.lines.start(leaf.from), this.reached);
    const end = this.lines.start(leaf.to);
    if (end <= start) return;
    this.fill(start);
    const [from, to] = this.trim(start, end);
    const headingPath = leaf.level === undefined ? this.trail.path : this.trail.enter(leaf.level, leaf.title ?? '');
    if (from < to) this.list.add({ kind: leaf.kind, start: from, end: to, headingPath });
    this.reached = end;
  }

  finish(): readonly TextBlock[] {
    this.fill(this.text.length);
    return this.list.blocks;
  }

  private fill(end: number): void {
    const [from, to] = this.trim(this.reached, end);
    this.reached = Math.max(this.reached, end);
    if (from === to) return;
    const last = this.list.blocks.at(-1);
    const wordless = !/[\p{L}\p{N}]/u.test(this.text.slice(from, to));
    if (wordless && last !== undefined && last.kind !== 'heading') this.list.extendLast(to);
    else this.list.add({ kind: 'paragraph', start: from, end: to, headingPath: this.trail.path });
  }

  private trim(from: number, to: number): [number, number] {
    let start = from;
    let end = Math.max(from, to);
    while (start < end && isWhiteSpace(this.text.charCodeAt(start))) start += 1;
    while (end > start && isWhiteSpace(this.text.charCodeAt(end - 1))) end -= 1;
    return [start, end];
  }
}
