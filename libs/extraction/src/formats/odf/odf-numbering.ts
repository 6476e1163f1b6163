import type { XmlAttributes } from '../container/xml-reader';
import { letters, roman } from '../numerals';

/** The numbers that an OpenDocument program computes for the items of lists and for headings. */

interface Level {
  /** Undefined for a bullet, empty for no number at all. */
  readonly format: string | undefined;
  readonly prefix: string;
  readonly suffix: string;
  /** How many levels a number shows: 2 for "1.2". */
  readonly shown: number;
  readonly start: number;
}

interface OpenList {
  readonly style: string;
  readonly numbers: number[];
  /** An item that has shown nothing yet: one that only holds a list of its own is not counted. */
  item: { readonly start: number | undefined } | undefined;
}

const MAX_LEVELS = 32;
const MAX_STYLES = 10_000;
const OUTLINE = 'outline of headings';
const BULLET: Level = { format: undefined, prefix: '', suffix: '', shown: 1, start: 1 };

/** How lists are numbered, from `styles.xml` and from the automatic styles of `content.xml`. */
export class OdfListStyles {
  private readonly styles = new Map<string, Level[]>();
  private current: Level[] | undefined;

  /** Takes an element of the styles; others are none of its business. */
  open(name: string, attributes: XmlAttributes): void {
    switch (name) {
      case 'text:list-style':
      case 'text:outline-style':
        this.current = [];
        if (this.styles.size < MAX_STYLES) {
          this.styles.set(name === 'text:outline-style' ? OUTLINE : (attributes.get('style:name') ?? ''), this.current);
        }
        return;
      case 'text:list-level-style-bullet':
      case 'text:list-level-style-image':
        return this.set(attributes, BULLET);
      case 'text:list-level-style-number':
      case 'text:outline-level-style':
        return this.set(attributes, {
          format: attributes.get('style:num-format') ?? '',
          prefix: attributes.get('style:num-prefix') ?? '',
          suffix: attributes.get('style:num-suffix') ?? '',
          shown: wholeNumber(attributes.get('text:display-levels')) ?? 1,
          start: wholeNumber(attributes.get('text:start-value')) ?? 1,
        });
    }
  }

  /** @param depth from 0 */
  level(style: string, depth: number): Level {
    return this.styles.get(style)?.[depth] ?? BULLET;
  }

  /** @param depth from 0 */
  headingLevel(depth: number): Level | undefined {
    return this.styles.get(OUTLINE)?.[depth];
  }

  private set(attributes: XmlAttributes, level: Level): void {
    const number = wholeNumber(attributes.get('text:level')) ?? 1;
    if (this.current !== undefined && number >= 1 && number <= MAX_LEVELS) this.current[number - 1] = level;
  }
}

/** Counts through the lists and headings of a document. */
export class OdfNumbering {
  private readonly lists: OpenList[] = [];
  /** Numbers of the lists that others may continue, by their ids. */
  private readonly named = new Map<string, number[]>();
  private last: number[] = [];
  private readonly headings: number[] = [];

  constructor(private readonly styles: OdfListStyles) {}

  get depth(): number {
    return this.lists.length;
  }

  openList(attributes: XmlAttributes): void {
    const outer = this.lists.at(-1);
    const style = attributes.get('text:style-name') ?? outer?.style ?? '';
    const numbers = outer?.numbers ?? this.numbersOf(attributes);
    const id = attributes.get('xml:id');
    if (id !== undefined && this.named.size < MAX_STYLES) this.named.set(id, numbers);
    this.lists.push({ style, numbers, item: undefined });
  }

  closeList(): void {
    const { numbers } = this.lists.pop() ?? {};
    if (this.lists.length === 0) this.last = numbers ?? [];
  }

  openItem(attributes: XmlAttributes): void {
    const list = this.lists.at(-1);
    if (list !== undefined) list.item = { start: wholeNumber(attributes.get('text:start-value')) };
  }

  /** An item that belongs to the one before, and has no number. */
  openHeader(): void {
    const list = this.lists.at(-1);
    if (list !== undefined) list.item = undefined;
  }

  /** What stands before the first paragraph of the item at this place; empty before the others. */
  takeMark(): string {
    const list = this.lists.at(-1);
    if (list?.item === undefined) return '';
    const { start } = list.item;
    list.item = undefined;
    const depth = Math.min(this.lists.length, MAX_LEVELS) - 1;
    const style = (at: number): Level => this.styles.level(list.style, at);
    count(list.numbers, depth, style, start);
    return markOf(list.numbers, depth, style);
  }

  /** What stands before a heading outside of lists. @param level from 1 */
  headingMark(level: number, start: number | undefined): string {
    const depth = Math.min(Math.max(level, 1), MAX_LEVELS) - 1;
    if (this.styles.headingLevel(depth) === undefined) return '';
    const style = (at: number): Level => this.styles.headingLevel(at) ?? { ...BULLET, format: '' };
    count(this.headings, depth, style, start);
    return markOf(this.headings, depth, style);
  }

  private numbersOf(attributes: XmlAttributes): number[] {
    const continued = this.named.get(attributes.get('text:continue-list') ?? '');
    if (continued !== undefined) return continued;
    return attributes.get('text:continue-numbering') === 'true' ? this.last : [];
  }
}

/** Goes on by one at this depth, and begins again below it. */
function count(numbers: number[], depth: number, style: (depth: number) => Level, start: number | undefined): void {
  for (let above = numbers.length; above < depth; above += 1) numbers.push(style(above).start);
  const before = numbers[depth];
  numbers.length = Math.min(numbers.length, depth);
  numbers.push(start ?? (before === undefined ? style(depth).start : before + 1));
}

function markOf(numbers: readonly number[], depth: number, style: (depth: number) => Level): string {
  const { format, prefix, suffix, shown } = style(depth);
  if (format === undefined) return '- ';
  if (format === '') return '';
  const parts: string[] = [];
  for (let at = Math.max(0, depth + 1 - shown); at <= depth; at += 1) {
    const { format: own } = style(at);
    if (own !== undefined && own !== '') parts.push(numeral(numbers[at] ?? 1, own));
  }
  return `${prefix}${parts.join('.')}${suffix}`.trim() + ' ';
}

function numeral(number: number, format: string): string {
  if (format === 'a') return letters(number).toLowerCase();
  if (format === 'A') return letters(number);
  if (format === 'i') return roman(number).toLowerCase();
  return format === 'I' ? roman(number) : String(number);
}

export function wholeNumber(value: string | undefined): number | undefined {
  return /^\d{1,9}$/.test(value ?? '') ? Number(value) : undefined;
}
