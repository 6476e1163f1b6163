import { letters, roman } from '../numerals';

/** The lists that are open at this place, and what stands before their items. */

interface OpenList {
  readonly ordered: boolean;
  readonly type: string;
  readonly step: 1 | -1;
  next: number;
}

interface OpenItem {
  /** Undefined once it was shown. */
  mark: string | undefined;
}

const MAX_INDENT = 32;
const MAX_NUMBER = 1_000_000_000;

export class OpenLists {
  private readonly lists: OpenList[] = [];
  private readonly items: OpenItem[] = [];

  open(name: string, attributes: ReadonlyMap<string, string>): void {
    const reversed = attributes.has('reversed');
    this.lists.push({
      ordered: name === 'ol',
      type: attributes.get('type') ?? '1',
      step: reversed ? -1 : 1,
      // How many items a list counted backwards has is not known when it begins.
      next: wholeNumber(attributes.get('start')) ?? 1,
    });
  }

  close(): void {
    this.lists.pop();
  }

  openItem(attributes: ReadonlyMap<string, string>): void {
    const list = this.lists.at(-1);
    if (list?.ordered !== true) {
      this.items.push({ mark: '- ' });
      return;
    }
    const number = wholeNumber(attributes.get('value')) ?? list.next;
    list.next = number + list.step;
    this.items.push({ mark: `${numeral(number, attributes.get('type') ?? list.type)}. ` });
  }

  closeItem(): void {
    this.items.pop();
  }

  /** What stands before text at this place; empty for what follows within an item, undefined outside of items. */
  takeMark(): string | undefined {
    const item = this.items.at(-1);
    if (item === undefined) return undefined;
    const { mark = '' } = item;
    item.mark = undefined;
    return mark;
  }

  get indent(): number {
    return 2 * Math.min(Math.max(this.lists.length - 1, 0), MAX_INDENT / 2);
  }
}

function wholeNumber(value: string | undefined): number | undefined {
  const number = /^\s*-?\d{1,9}\s*$/.test(value ?? '') ? Number(value) : undefined;
  return number === undefined || Math.abs(number) > MAX_NUMBER ? undefined : number;
}

/** @param type as lists of web pages and of word processors name it */
function numeral(number: number, type: string): string {
  switch (type) {
    case 'a':
      return letters(number).toLowerCase();
    case 'A':
      return letters(number);
    case 'i':
      return roman(number).toLowerCase();
    case 'I':
      return roman(number);
    default:
      return String(number);
  }
}
