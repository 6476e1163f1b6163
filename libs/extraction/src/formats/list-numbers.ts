import { letters, roman } from './numerals';

/** Numbers that word processors compute for the paragraphs of their lists: in DOCX and in DOC by the same rules. */

/** What a numbered or bulleted paragraph shows before its text. */
export type ListMark =
  | { readonly role: 'item'; readonly mark: string }
  /** Stands under an item without a mark of its own. */
  | { readonly role: 'continued' }
  /** Has a list's properties, but shows nothing of them. */
  | { readonly role: 'none' };

export const BULLET: ListMark = { role: 'item', mark: '- ' };

export interface ListLevel {
  /** By its name in DOCX, `decimal` or `upperRoman`; `bullet` and `none` are no numbers. */
  readonly format: string;
  /** What is shown, with the numbers of levels (from 0) in it; its own number and a point unless told. */
  readonly text: readonly (string | number)[] | undefined;
  readonly start: number;
  /** Level after which it begins again; every higher one unless told. */
  readonly restart: number | undefined;
  /** All numbers in Arabic digits, whatever their own levels say. */
  readonly legal: boolean;
}

/** What paragraphs name; several of them may share what they count. */
export interface NumberedList {
  readonly definition: string;
  level(ilvl: number): ListLevel | undefined;
  /** Numbers that levels begin with where this list is first used. */
  readonly starts: ReadonlyMap<number, number>;
}

export const MAX_LEVELS = 9;
/** Longer than any that is written by hand; it is shown once for each paragraph. */
export const MAX_MARK_LENGTH = 255;

export class ListNumbers {
  /** What each definition has counted up to, by level; lists of one definition go on counting for each other. */
  private readonly counters = new Map<string, (number | undefined)[]>();
  private readonly begun = new Set<NumberedList>();

  /** Another text, or the same one once more: all lists begin again. */
  restart(): void {
    this.counters.clear();
    this.begun.clear();
  }

  /** To be called once for each paragraph of a list, in their order. */
  next(list: NumberedList | undefined, ilvl: number): ListMark {
    const level = list?.level(ilvl);
    if (list === undefined || level === undefined) return BULLET;
    const numbers = this.count(list, ilvl, level);
    if (level.format === 'bullet') return isBlank(level) ? { role: 'continued' } : BULLET;
    const mark = markOf(list, level, numbers, ilvl).trim();
    if (mark !== '') return { role: 'item', mark: `${mark} ` };
    return { role: level.format === 'none' ? 'none' : 'continued' };
  }

  private count(list: NumberedList, ilvl: number, level: ListLevel): readonly (number | undefined)[] {
    if (!(ilvl >= 0 && ilvl < MAX_LEVELS)) return [];
    let numbers = this.counters.get(list.definition);
    if (numbers === undefined) this.counters.set(list.definition, (numbers = []));
    if (!this.begun.has(list)) {
      this.begun.add(list);
      for (const [at, start] of list.starts) if (at >= 0 && at < MAX_LEVELS) numbers[at] = start - 1;
    }
    numbers[ilvl] = numbers[ilvl] === undefined ? level.start : numbers[ilvl] + 1;
    for (let below = ilvl + 1; below < MAX_LEVELS; below += 1) {
      const restart = list.level(below)?.restart;
      if (restart === undefined || ilvl < restart) numbers[below] = undefined;
    }
    return numbers;
  }
}

function isBlank({ text }: ListLevel): boolean {
  return text !== undefined && text.every((part) => typeof part === 'string' && part.trim() === '');
}

function markOf(list: NumberedList, level: ListLevel, numbers: readonly (number | undefined)[], ilvl: number): string {
  return (level.text ?? [ilvl, '.'])
    .map((part) => {
      if (typeof part === 'string') return part;
      const of = list.level(part);
      return numeral(numbers[part] ?? of?.start ?? 1, level.legal ? 'decimal' : (of?.format ?? 'decimal'));
    })
    .join('');
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
