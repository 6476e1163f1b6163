import { assertBlockCount, assertTextLength } from '../../block-list';
import { type BlockDraft, TextAssembly } from '../../text-assembly';
import type { ExtractedDocument } from '../../text-extractor';
import type { ArticleMarks } from './html-article';
import { BLOCKS, LISTS, UNSEEN, VERBATIM } from './html-elements';
import { InlineText } from './html-inline';
import { MathText } from './html-math';
import { OpenLists } from './html-lists';
import { TableRows } from './html-table-rows';
import type { HtmlVisitor } from './html-visitor';

/** Longer than this is no title, but text that an unclosed heading has swallowed. */
const MAX_HEADING_LENGTH = 300;

/**
 * Composes the readable text while the source is read; state is kept in counters and flat stacks, never recursion.
 */
export class HtmlRendering implements HtmlVisitor {
  private readonly drafts: BlockDraft[] = [];
  private readonly inline = new InlineText();
  private readonly tables = new TableRows(this.inline, (draft) => this.push(draft));
  private readonly lists = new OpenLists();
  private readonly math = new MathText();
  private length = 0;
  /** Levels of open headings, the innermost last. */
  private readonly headings: number[] = [];
  private title: string | undefined;
  private verbatimDepth = 0;
  /** Open elements below, and including, the outermost one that is not shown. */
  private unseenDepth = 0;

  /** @param marks set where the article alone is wanted */
  constructor(private readonly marks?: ArticleMarks) {}

  open(name: string, attributes: ReadonlyMap<string, string>): void {
    if (this.unseenDepth > 0 || this.isUnseen(name, attributes)) {
      this.unseenDepth += 1;
      return;
    }
    if (name === 'math' || this.math.isOpen) return this.math.open(name);
    if (BLOCKS.has(name)) this.endBlock();
    this.marks?.open(name, attributes.get('role'));
    const level = headingLevel(name);
    if (level !== undefined) this.openHeading(level);
    else if (VERBATIM.has(name)) this.openVerbatim();
    else if (LISTS.has(name)) this.lists.open(name, attributes);
    else if (name === 'li') this.openItem(attributes);
    else if (name === 'br') this.inline.breakLine();
    else if (name === 'img') this.inline.append(` ${attributes.get('alt') ?? ''} `);
    else this.tables.open(name, attributes);
  }

  close(name: string): void {
    if (this.unseenDepth > 0) {
      this.unseenDepth -= 1;
      return;
    }
    if (this.math.isOpen) return this.closeMath();
    if (BLOCKS.has(name)) this.endBlock();
    if (headingLevel(name) !== undefined) this.headings.pop();
    else if (VERBATIM.has(name)) this.closeVerbatim();
    else if (name === 'title') this.title = this.inline.takeLine();
    else if (LISTS.has(name)) this.lists.close();
    else if (name === 'li') this.lists.closeItem();
    else this.tables.close(name);
    this.marks?.close();
  }

  text(text: string): void {
    if (this.unseenDepth > 0) return;
    if (this.math.isOpen) this.math.text(text);
    else this.inline.append(text);
    this.marks?.text(text);
  }

  finish(): ExtractedDocument {
    this.endBlock();
    const assembly = new TextAssembly();
    if (this.title !== undefined && this.title !== '' && !this.hasHeading(this.title)) {
      assembly.add({ kind: 'heading', level: 1, text: this.title });
    }
    for (const draft of this.marks?.articleOf(this.drafts) ?? this.drafts) assembly.add(draft);
    return assembly.finish();
  }

  /** What was gathered becomes a block of the kind that its surroundings say. */
  private endBlock(): void {
    // What is inside of <pre> is one block, whatever elements mark it up.
    if (this.verbatimDepth > 0) return;
    if (this.tables.inCell) return this.inline.append(' ');
    for (const text of this.inline.takeParagraphs()) this.push(this.draft(text));
  }

  private draft(text: string): BlockDraft {
    const level = this.headings.at(-1);
    if (level !== undefined && text.length <= MAX_HEADING_LENGTH) {
      return { kind: 'heading', level, text: text.replaceAll('\n', ' ') };
    }
    const mark = this.lists.takeMark();
    if (mark === undefined) return { kind: 'paragraph', text };
    const item = {
      kind: 'list-item',
      text: mark + text,
      separator: this.drafts.at(-1)?.kind === 'list-item' ? '\n' : '\n\n',
      indent: this.lists.indent,
    } as const satisfies BlockDraft;
    this.lists.made(item, mark);
    return item;
  }

  private push(draft: BlockDraft): void {
    if (draft.text.trim() === '') return;
    assertBlockCount(this.drafts.length + 1);
    assertTextLength((this.length += draft.text.length));
    this.drafts.push(draft);
    this.marks?.mark();
  }

  private closeMath(): void {
    const formula = this.math.close();
    if (formula !== undefined) this.inline.append(formula);
  }

  private openItem(attributes: ReadonlyMap<string, string>): void {
    this.lists.openItem(attributes);
    if (this.tables.inCell) this.inline.append(this.lists.takeNumber());
  }

  private openHeading(level: number): void {
    this.tables.becomeLayout();
    this.headings.push(level);
  }

  private openVerbatim(): void {
    this.tables.becomeLayout();
    this.verbatimDepth += 1;
  }

  private closeVerbatim(): void {
    if (this.verbatimDepth === 1) this.push({ kind: 'code', text: this.inline.takeVerbatim() });
    this.verbatimDepth -= 1;
  }

  private isUnseen(name: string, attributes: ReadonlyMap<string, string>): boolean {
    // Only the first title, before any text, is the page's; later ones are tooltips of drawings.
    if (name === 'title') return this.title !== undefined || this.drafts.length > 0 || !this.inline.isEmpty;
    // What a component shows is written into the page as a template of this kind.
    if (name === 'template' && attributes.has('shadowrootmode')) return false;
    // The picture of a formula is hidden from those who hear its MathML, which is hidden from those who see.
    if (name === 'img' && isFormula(attributes.get('alt') ?? '')) return false;
    // Pages hide their root until a script shows it.
    return UNSEEN.has(name) || (name !== 'html' && name !== 'body' && isHidden(attributes));
  }

  private hasHeading(title: string): boolean {
    const wanted = title.toLowerCase();
    return this.drafts.some((draft) => draft.level === 1 && draft.text.toLowerCase() === wanted);
  }
}

function headingLevel(name: string): number | undefined {
  return /^h[1-6]$/.test(name) ? Number(name[1]) : undefined;
}

/** As wikis write formulas beside their pictures. */
function isFormula(alt: string): boolean {
  return /^\{\\(?:display|text|script)style\b/.test(alt);
}

function isHidden(attributes: ReadonlyMap<string, string>): boolean {
  if (attributes.size === 0) return false;
  return (
    attributes.has('hidden') ||
    attributes.get('aria-hidden')?.trim().toLowerCase() === 'true' ||
    /(?:^|;)\s*display\s*:\s*none\b/i.test(attributes.get('style') ?? '')
  );
}
