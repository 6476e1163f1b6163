import type { XmlAttributes, XmlVisitor } from '../container/xml-reader';
import { type ListLevel, type ListMark, ListNumbers, MAX_MARK_LENGTH, type NumberedList } from '../list-numbers';

type Level = { -readonly [Key in keyof ListLevel]: ListLevel[Key] };

interface Definition {
  readonly levels: Map<number, Level>;
  /** Levels of paragraphs in these styles. */
  readonly ofStyle: Map<string, number>;
  styleLink?: string;
  numStyleLink?: string;
}

interface Num extends NumberedList {
  definition: string;
  readonly overrides: Map<number, Level>;
  readonly starts: Map<number, number>;
}

/** Lists and the numbers that word processors compute for their paragraphs, in the order of the text. */
export class DocxNumbering implements XmlVisitor {
  private readonly definitions = new Map<string, Definition>();
  private readonly nums = new Map<string, Num>();
  private readonly numbers = new ListNumbers();
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
        this.num = this.newNum();
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
    this.numbers.restart();
  }

  /** The level that a style has in a list which names it. */
  levelOfStyle(numId: string, styleId: string): number | undefined {
    return this.definitionOf(this.nums.get(numId))?.ofStyle.get(styleId);
  }

  /** To be called once for each paragraph of a list, in their order. */
  next(numId: string, ilvl: number): ListMark {
    // Zero takes a paragraph out of the list that its style puts it in.
    if (numId === '0') return { role: 'none' };
    return this.numbers.next(this.nums.get(numId), ilvl);
  }

  private levelProperty(name: string, value: string): void {
    const { level, definition } = this;
    if (level === undefined) return;
    if (name === 'w:numFmt') level.format = value;
    else if (name === 'w:lvlText') level.text = partsOf(value);
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

  private newNum(): Num {
    const num: Num = {
      definition: '',
      overrides: new Map(),
      starts: new Map(),
      level: (ilvl) => num.overrides.get(ilvl) ?? this.definitionOf(num)?.levels.get(ilvl),
    };
    return num;
  }
}

/** `%1` is the number of the first level. */
function partsOf(text: string): readonly (string | number)[] {
  const parts = text.slice(0, MAX_MARK_LENGTH).split(/%([1-9])/);
  return parts.map((part, index) => (index % 2 === 1 ? Number(part) - 1 : part));
}

function wholeNumber(value: string, otherwise: number): number {
  return /^\d{1,9}$/.test(value) ? Number(value) : otherwise;
}
