import type { SqlParameters } from '../search/sql-parameters';

/** Which part of a list by age: behind one of its members, or before one. */
export interface AgePage<Id = string> {
  readonly limit: number;
  readonly order: 'asc' | 'desc';
  /** Exclusive; one that is not there (any more) is refused where it is looked up. */
  readonly after?: Id;
  readonly before?: Id;
}

export interface Stretch<T> {
  readonly items: readonly T[];
  readonly hasMore: boolean;
}

/** Where a member stands: to the microsecond, and its id among those of the same moment. */
export interface Anchor {
  readonly moment: string;
  readonly id: string;
}

/** SQL for a page by age, and how the rows it gives become the page. */
export class AgePageQuery {
  readonly conditions: string;
  readonly tail: string;
  private readonly isBackwards: boolean;

  constructor(
    private readonly page: AgePage<Anchor>,
    parameters: SqlParameters,
    { moment = 'created_at', id = 'id', type = 'uuid' } = {},
  ) {
    const { order, after, before, limit } = page;
    const beyond = (anchor: Anchor, sign: string): string =>
      `(${moment}, ${id}) ${sign} (${parameters.add(anchor.moment)}::timestamptz, ${parameters.add(anchor.id)}::${type})`;
    const [later, earlier] = order === 'asc' ? ['>', '<'] : ['<', '>'];
    const conditions = [
      ...(after === undefined ? [] : [beyond(after, later)]),
      ...(before === undefined ? [] : [beyond(before, earlier)]),
    ];
    this.conditions = conditions.length === 0 ? 'true' : conditions.join(' AND ');
    // The nearest ones before a member come first then.
    this.isBackwards = before !== undefined && after === undefined;
    const direction = (order === 'asc') === this.isBackwards ? 'DESC' : 'ASC';
    this.tail = `ORDER BY ${moment} ${direction}, ${id} ${direction} LIMIT ${parameters.add(limit + 1)}`;
  }

  stretch<T>(rows: readonly T[]): Stretch<T> {
    const items = rows.slice(0, this.page.limit);
    return { items: this.isBackwards ? items.toReversed() : items, hasMore: rows.length > items.length };
  }
}
