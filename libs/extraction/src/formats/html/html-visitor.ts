import { Tokenizer, type TokenizerCallbacks } from 'htmlparser2';
import { IMPLIED_ENDS, SCOPE_ENDING, SCOPES, VOID } from './html-elements';

/**
 * Start tags, end tags and text of an HTML source, in order and always balanced, whatever the source is. The library's
 * tokenizer does the reading; its parser keeps open elements in an array it shifts, which is quadratic in the depth
 * (100,000 open tags take 3 s, a million four minutes), so the stack of open elements is kept here, linear.
 */
export interface HtmlVisitor {
  open(name: string, attributes: ReadonlyMap<string, string>): void;
  /** Exactly one for each `open`, innermost first. */
  close(name: string): void;
  text(text: string): void;
}

/** The attributes that bear on the readable text; no others are read. */
const READ_ATTRIBUTES = new Set([
  'alt', 'aria-hidden', 'colspan', 'hidden', 'reversed', 'role', 'rowspan', 'shadowrootmode', 'start', 'style', 'type', 'value',
]); // prettier-ignore
const FOREIGN = new Set(['svg', 'math']);
const NONE: ReadonlyMap<string, string> = new Map();

export function visitHtml(source: string, visitor: HtmlVisitor): void {
  const tokenizer = new Tokenizer({ decodeEntities: true }, new OpenElements(source, visitor));
  tokenizer.write(source);
  tokenizer.end();
}

class OpenElements implements TokenizerCallbacks {
  private readonly stack: string[] = [];
  /** For each name, where on the stack its open elements are: makes "is one open" a look-up at any depth. */
  private readonly places = new Map<string, number[]>();
  private readonly scopes: number[] = [];
  private foreignDepth = 0;
  private tagName = '';
  private attributes: Map<string, string> | undefined;
  private attributeName = '';
  private attributeValue = '';

  constructor(
    private readonly source: string,
    private readonly visitor: HtmlVisitor,
  ) {}

  onopentagname(start: number, end: number): void {
    const name = this.source.slice(start, end).toLowerCase();
    this.tagName = name === 'image' ? 'img' : name;
    this.attributes = undefined;
  }

  onattribname(start: number, end: number): void {
    this.attributeName = this.source.slice(start, end).toLowerCase();
    this.attributeValue = '';
  }

  onattribdata(start: number, end: number): void {
    if (READ_ATTRIBUTES.has(this.attributeName)) this.attributeValue += this.source.slice(start, end);
  }

  onattribentity(codePoint: number): void {
    if (READ_ATTRIBUTES.has(this.attributeName)) this.attributeValue += String.fromCodePoint(codePoint);
  }

  onattribend(): void {
    if (!READ_ATTRIBUTES.has(this.attributeName)) return;
    this.attributes ??= new Map();
    // The first of two equal names counts, as in a browser.
    if (!this.attributes.has(this.attributeName)) this.attributes.set(this.attributeName, this.attributeValue);
  }

  onopentagend(): void {
    const name = this.tagName;
    const implied = IMPLIED_ENDS.get(name);
    while (implied?.has(this.stack.at(-1) ?? '')) this.pop();
    this.visitor.open(name, this.attributes ?? NONE);
    if (VOID.has(name)) this.visitor.close(name);
    else this.push(name);
  }

  onselfclosingtag(): void {
    const name = this.tagName;
    this.onopentagend();
    // HTML ignores the slash; only inside of svg and math does it end the element.
    if (this.foreignDepth > 0 && !VOID.has(name)) this.pop();
  }

  onclosetag(start: number, end: number): void {
    const name = this.source.slice(start, end).toLowerCase();
    if (name === 'br' || name === 'p') return this.onEndOfBrOrP(name);
    this.closeUpTo(name);
  }

  ontext(start: number, end: number): void {
    this.visitor.text(this.source.slice(start, end));
  }

  ontextentity(codePoint: number): void {
    this.visitor.text(String.fromCodePoint(codePoint));
  }

  oncdata(start: number, end: number, endOffset: number): void {
    if (this.foreignDepth > 0) this.visitor.text(this.source.slice(start, end - endOffset));
  }

  onend(): void {
    while (this.stack.length > 0) this.pop();
  }

  isInForeignContext(): boolean {
    return this.foreignDepth > 0;
  }

  /** Comments, doctypes and processing instructions show nothing. */
  oncomment(): void {}
  ondeclaration(): void {}
  onprocessinginstruction(): void {}

  private onEndOfBrOrP(name: 'br' | 'p'): void {
    if (name === 'p' && this.closeUpTo('p')) return;
    this.visitor.open(name, NONE);
    this.visitor.close(name);
  }

  private closeUpTo(name: string): boolean {
    const place = this.places.get(name)?.at(-1);
    if (place === undefined) return false;
    if (!SCOPE_ENDING.has(name) && place < (this.scopes.at(-1) ?? -1)) return false;
    while (this.stack.length > place) this.pop();
    return true;
  }

  private push(name: string): void {
    const places = this.places.get(name);
    if (places === undefined) this.places.set(name, [this.stack.length]);
    else places.push(this.stack.length);
    if (SCOPES.has(name)) this.scopes.push(this.stack.length);
    if (FOREIGN.has(name)) this.foreignDepth += 1;
    this.stack.push(name);
  }

  private pop(): void {
    const name = this.stack.pop();
    if (name === undefined) return;
    this.places.get(name)?.pop();
    if (SCOPES.has(name)) this.scopes.pop();
    if (FOREIGN.has(name)) this.foreignDepth -= 1;
    this.visitor.close(name);
  }
}
