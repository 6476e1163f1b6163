import type { XmlAttributes, XmlVisitor } from '../container/xml-reader';
import { letters, roman } from '../numerals';

/** What a numbered or bulleted paragraph shows before its text. */
export type ListMark =
  | { readonly role: 'item'; readonly mark: string }
  /** Stands under an item without a mark of its own. */
  | { readonly role: 'continued' }
  /** Has a list's properties, but shows nothing of them. */
  | { readonly role: 'none' };

interface Level {
  format: string;
  text: string | undefined;
  start: number;
  /** Level after which it begins again; every higher one unless told. */
  restart: number | undefined;
  /** All numbers in Arabic digits, whatever their own levels say. */
  legal: boolean;
}

interface Definition {
  readonly levels: Map<number, Level>;
  /** Levels of paragraphs in these styles. */
  readonly ofStyle: Map<string, number>;
  styleLink?: string;
  numStyleLink?: string;
}

interface Num {
  definition: string;
  readonly overrides: Map<number, Level>;
  readonly starts: Map<number, number>;
  begun: boolean;
}

const MAX_LEVELS = 9;

/** Lists and the numbers that word processors compute for their paragraphs, in the order of the text. */
export class DocxNumbering implements XmlVisitor {
  private readonly definitions = new Map<string, Definition>();
  private readonly nums = new Map<string, Num>();
  /** What each list has counted up to, by level; lists of one definition go on counting for each other. */
  private readonly counters = new Map<string, (number | undefined)[]>();
  private definition: Definition | undefined;
  private num: Num | undefined;
  private level: Level | undefined;
  private ilvl = 0;

  open(name: string, attributes: XmlAttributes): void {
    const value = attributes.get('w:val') ?? '';
    switch (name) {
      case 'w:abstractNum':
        this.definition = { levels: new Map(), ofStyle: new Map() };
        this.definitions.set(attributes.get('w:abstractNumId') ?? '', this.definition);
        break;
      case 'w:num':
        this.num = { definition: '', overrides: new Map(), starts: new Map(), begun: false };
        this.nums.set(attributes.get('w:numId') ?? '', this.num);
        break;
      case 'w:abstractNumId':
        if (this.num !== undefined) this.num.definition = value;
        break;
      case 'w:lvlOverride':
        this.ilvl = Number(attributes.get('w:ilvl') ?? '0');
        break;
      case 'w:startOverride':
        this.num?.starts.set(this.ilvl, wholeNumber(value, 1));
        break;
      case 'w:styleLink':
        if (this.definition !== undefined) this.definition.styleLink = value;
        break;
      case 'w:numStyleLink':
        if (this.definition !== undefined) this.definition.numStyleLink = value;
        break;
      case 'w:lvl':
        this.openLevel(Number(attributes.get('w:ilvl') ?? '0'));
        break;
      default:
        this.levelProperty(name, value);
    }
  }

  close(name: string): void {
    if (name === 'w:lvl') this.level = undefined;
    else if (name === 'w:abstractNum') this.definition = undefined;
    else if (name === 'w:num') this.num = undefined;
  }

  text(): void {}

  /** Another text, or the same one once more: all lists begin again. */
  restart(): void {
    this.counters.clear();
    for (const num of this.nums.values()) num.begun = false;
  }

  /** The level that a style has in a list which names it. */
  levelOfStyle(numId: string, styleId: string): number | undefined {
    return this.definitionOf(this.nums.get(numId))?.ofStyle.get(styleId);
  }

  /** To be called once for each paragraph of a list, in their order. */
  next(numId: string, ilvl: number): ListMark {
    // Zero takes a paragraph out of the list that its style puts it in.
    if (numId === '0') return { role: 'none' };
    const num = this.nums.get(numId);
    const level = this.levelOf(num, ilvl);
    if (num === undefined || level === undefined) return { role: 'item', mark: '- ' };
    const numbers = this.count(num, ilvl, level);
    if (level.format === 'bullet') {
      return level.text?.trim() === '' ? { role: 'continued' } : { role: 'item', mark: '- ' };
    }
    const mark = this.markOf(num, level, numbers, ilvl).trim();
    if (mark !== '') return { role: 'item', mark: `${mark} ` };
    return { role: level.format === 'none' ? 'none' : 'continued' };
  }

  private levelProperty(name: string, value: string): void {
    const { level, definition } = this;
    if (level === undefined) return;
    if (name === 'w:numFmt') level.format = value;
    else if (name === 'w:lvlText') level.text = value;
    else if (name === 'w:start') level.start = wholeNumber(value, 1);
    else if (name === 'w:lvlRestart') level.restart = wholeNumber(value, 0);
    else if (name === 'w:isLgl') level.legal = !['0', 'false', 'off'].includes(value);
    else if (name === 'w:pStyle') definition?.ofStyle.set(value, this.ilvl);
  }

  private openLevel(ilvl: number): void {
    this.ilvl = ilvl;
    this.level = { format: 'decimal', text: undefined, start: 1, restart: undefined, legal: false };
    if (this.num !== undefined) this.num.overrides.set(ilvl, this.level);
    else this.definition?.levels.set(ilvl, this.level);
  }

  private definitionOf(num: Num | undefined): Definition | undefined {
    const found = num && this.definitions.get(num.definition);
    if (found?.numStyleLink === undefined || found.levels.size > 0) return found;
    return [...this.definitions.values()].find(({ styleLink }) => styleLink === found.numStyleLink);
  }

  private levelOf(num: Num | undefined, ilvl: number): Level | undefined {
    return num?.overrides.get(ilvl) ?? this.definitionOf(num)?.levels.get(ilvl);
  }

  private count(num: Num, ilvl: number, level: Level): (number | undefined)[] {
    if (!(ilvl >= 0 && ilvl < MAX_LEVELS)) return [];
    let numbers = this.counters.get(num.definition);
    if (numbers === undefined) this.counters.set(num.definition, (numbers = []));
    if (!num.begun) {
      num.begun = true;
      for (const [at, start] of num.starts) if (at >= 0 && at < MAX_LEVELS) numbers[at] = start - 1;
    }
    numbers[ilvl] = numbers[ilvl] === undefined ? level.start : numbers[ilvl] + 1;
    for (let below = ilvl + 1; below < MAX_LEVELS; below += 1) {
      const { restart } = this.levelOf(num, below) ?? { restart: undefined };
      if (restart === undefined || ilvl < restart) numbers[below] = undefined;
    }
    return numbers;
  }

  private markOf(num: Num, level: Level, numbers: readonly (number | undefined)[], ilvl: number): string {
    const text = level.text ?? `%${ilvl + 1}.`;
    return text.replace(/%([1-9])/g, (_, digit: string) => {
      const at = Number(digit) - 1;
      const of = this.levelOf(num, at);
      return numeral(numbers[at] ?? of?.start ?? 1, level.legal ? 'decimal' : (of?.format ?? 'decimal'));
    });
  }
}

function numeral(number: number, format: string): string {
  switch (format) {
    case 'lowerLetter':
      return letters(number).toLowerCase();
    case 'upperLetter':
      return letters(number);
    case 'lowerRoman':
      return roman(number).toLowerCase();
    case 'upperRoman':
      return roman(number);
    case 'decimalZero':
      return String(number).padStart(2, '0');
    case 'none':
      return '';
    default:
      return String(number);
  }
}

function wholeNumber(value: string, otherwise: number): number {
  return /^\d{1,9}$/.test(value) ? Number(value) : otherwise;
}
