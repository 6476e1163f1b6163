import type { BlockDraft } from '../../text-assembly';

/**
 * Which blocks of a page are its article: what the page says of itself by its elements and roles, then which of its
 * blocks are links alone. No names of classes are read, which are each site's own.
 */

const ASIDE_ELEMENTS = new Set(['nav', 'aside', 'footer', 'button', 'select', 'form', 'search', 'dialog']);
const ASIDE_ROLES = new Set(['navigation', 'banner', 'contentinfo', 'complementary', 'search', 'dialog', 'menu']);
/** Of the text outside of asides, what a part has to hold to be taken for the article. */
const LEAST_SHARE = 0.4;
/** A part with less in it was no article: the page is then given as it is. */
const LEAST_LENGTH = 250;
/** Of a block's letters, those in links from which on it leads elsewhere. */
const LINKED_SHARE = 0.7;

/** Where a block stands in the page. */
interface Mark {
  readonly isAside: boolean;
  /** Number of the part, of those that may be the article, which it lies in; 0 for none. */
  readonly main: number;
  readonly article: number;
  readonly isLinks: boolean;
}

interface Open {
  readonly isAside: boolean;
  readonly isMain: boolean;
  readonly isArticle: boolean;
  readonly isLink: boolean;
}

const NOTHING: Open = { isAside: false, isMain: false, isArticle: false, isLink: false };

/** Follows a page as it is read, and tells of each block where it stands. */
export class ArticleMarks {
  private readonly marks: Mark[] = [];
  private readonly stack: Open[] = [];
  private asides = 0;
  private mains = 0;
  private articles = 0;
  private links = 0;
  /** Parts begun so far. */
  private mainCount = 0;
  private articleCount = 0;
  private letters = 0;
  private linked = 0;

  open(name: string, role: string | undefined): void {
    const opened = this.meaningOf(name, role?.trim().toLowerCase() ?? '');
    this.stack.push(opened);
    if (opened === NOTHING) return;
    if (opened.isMain && this.mains === 0) this.mainCount += 1;
    if (opened.isArticle && this.articles === 0) this.articleCount += 1;
    this.count(opened, 1);
  }

  close(): void {
    const closed = this.stack.pop() ?? NOTHING;
    if (closed !== NOTHING) this.count(closed, -1);
  }

  text(text: string): void {
    const letters = text.trim().length;
    this.letters += letters;
    if (this.links > 0) this.linked += letters;
  }

  /** To be called for each block, at its end. */
  mark(): void {
    this.marks.push({
      isAside: this.asides > 0,
      main: this.mains > 0 ? this.mainCount : 0,
      article: this.articles > 0 ? this.articleCount : 0,
      isLinks: this.letters > 0 && this.linked / this.letters >= LINKED_SHARE,
    });
    this.letters = 0;
    this.linked = 0;
  }

  /** Those of the blocks that are the article; all of them where nothing tells it from the rest. */
  articleOf(blocks: readonly BlockDraft[]): readonly BlockDraft[] {
    const marked = blocks.map((block, index) => ({ block, mark: this.marks[index] }));
    const shown = marked.filter(({ mark }) => mark?.isAside !== true);
    const parts = (['article', 'main'] as const).map((kind) => largestPart(shown, (mark) => mark?.[kind] ?? 0));
    const part = parts.find((found) => lengthOf(found) >= LEAST_SHARE * lengthOf(shown)) ?? shown;
    // One block of links may be a line of the text; several are a menu.
    const article = part.filter(({ mark }, index) => {
      const besides = [part[index - 1], part[index + 1]].some((other) => other?.mark?.isLinks === true);
      return mark?.isLinks !== true || !besides;
    });
    return lengthOf(article) < LEAST_LENGTH ? blocks : article.map(({ block }) => block);
  }

  private meaningOf(name: string, role: string): Open {
    const inArticle = this.articles > 0 || this.mains > 0;
    const isAside = ASIDE_ELEMENTS.has(name) || ASIDE_ROLES.has(role) || (name === 'header' && !inArticle);
    const isMain = name === 'main' || role === 'main';
    const isArticle = name === 'article' || role === 'article';
    const isLink = name === 'a';
    return isAside || isMain || isArticle || isLink ? { isAside, isMain, isArticle, isLink } : NOTHING;
  }

  private count({ isAside, isMain, isArticle, isLink }: Open, by: 1 | -1): void {
    if (isAside) this.asides += by;
    if (isMain) this.mains += by;
    if (isArticle) this.articles += by;
    if (isLink) this.links += by;
  }
}

interface Marked {
  readonly block: BlockDraft;
  readonly mark: Mark | undefined;
}

function lengthOf(blocks: readonly Marked[]): number {
  return blocks.reduce((sum, { block }) => sum + block.text.length, 0);
}

function largestPart(blocks: readonly Marked[], numberOf: (mark: Mark | undefined) => number): readonly Marked[] {
  const parts = new Map<number, Marked[]>();
  for (const marked of blocks) {
    const number = numberOf(marked.mark);
    if (number === 0) continue;
    const part = parts.get(number) ?? [];
    part.push(marked);
    parts.set(number, part);
  }
  return [...parts.values()].toSorted((left, right) => lengthOf(right) - lengthOf(left))[0] ?? [];
}
