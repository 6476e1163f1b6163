import { letters, roman } from '../numerals';

/** The lists that are open at this place, and what stands before their items. */

interface OpenList {
  readonly ordered: boolean;
  readonly type: string;
  readonly step: 1 | -1;
  next: number;
  /** Items of a list that is counted backwards from their number, which is known at its end. */
  readonly backwards: Counted[] | undefined;
  length: number;
  isGiven: boolean;
}

interface OpenItem {
  /** Undefined once it was shown. */
  mark: string | undefined;
  readonly number?: number;
  readonly type?: string;
}

/** What is shown of an item, its mark first. */
interface Shown {
  text: string;
}

interface Counted {
  readonly shown: Shown;
  readonly mark: string;
  readonly number: number;
  readonly type: string;
}

const MAX_INDENT = 32;
const MAX_NUMBER = 1_000_000_000;

export class OpenLists {
  private readonly lists: OpenList[] = [];
  private readonly items: OpenItem[] = [];

  open(name: string, attributes: ReadonlyMap<string, string>): void {
    const reversed = name === 'ol' && attributes.has('reversed');
    const start = wholeNumber(attributes.get('start'));
    this.lists.push({
      ordered: name === 'ol',
      type: attributes.get('type') ?? '1',
      step: reversed ? -1 : 1,
      next: start ?? (reversed ? 0 : 1),
      backwards: reversed && start === undefined ? [] : undefined,
      length: 0,
      isGiven: false,
    });
  }

  close(): void {
    const list = this.lists.pop();
    for (const { shown, mark, number, type } of list?.backwards ?? []) {
      shown.text = markOf(number + (list?.length ?? 0), type) + shown.text.slice(mark.length);
    }
  }

  openItem(attributes: ReadonlyMap<string, string>): void {
    const list = this.lists.at(-1);
    if (list?.ordered !== true) {
      this.items.push({ mark: '- ' });
      return;
    }
    const given = wholeNumber(attributes.get('value'));
    const number = given ?? list.next;
    const type = attributes.get('type') ?? list.type;
    list.next = number + list.step;
    list.length += 1;
    // What follows a number that is given counts on from it.
    list.isGiven ||= given !== undefined;
    this.items.push({ mark: markOf(number, type), ...(!list.isGiven && { number, type }) });
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

  /** Tells what was made of the item at this place, whose `mark` was taken. */
  made(shown: Shown, mark: string): void {
    const { number, type } = this.items.at(-1) ?? {};
    if (mark === '' || number === undefined || type === undefined) return;
    this.lists.at(-1)?.backwards?.push({ shown, mark, number, type });
  }

  /** The mark of an item that stands in a line with others: a bullet would only be in the way. */
  takeNumber(): string {
    const list = this.lists.at(-1);
    const mark = this.takeMark() ?? '';
    return list?.ordered === true && list.backwards === undefined ? mark : '';
  }

  get indent(): number {
    return 2 * Math.min(Math.max(this.lists.length - 1, 0), MAX_INDENT / 2);
  }
}

function wholeNumber(value: string | undefined): number | undefined {
  const number = /^\s*-?\d{1,9}\s*$/.test(value ?? '') ? Number(value) : undefined;
  return number === undefined || Math.abs(number) > MAX_NUMBER ? undefined : number;
}

function markOf(number: number, type: string): string {
  return `${numeral(number, type)}. `;
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
