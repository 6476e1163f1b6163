import type { SqlParameters } from '../search/sql-parameters';

/**
 * The collections that a request may look at, by their keys. Every read of documents takes one, so that forgetting it
 * does not compile; `CollectionsRepository` makes them from a caller and the names it gives.
 */
export class CollectionScope {
  private constructor(
    private readonly kind: 'only' | 'all-but',
    private readonly keys: readonly string[],
  ) {}

  static only(keys: readonly string[]): CollectionScope {
    return new CollectionScope('only', keys);
  }

  /** @param deleted collections whose documents are not all gone yet */
  static allBut(deleted: readonly string[]): CollectionScope {
    return new CollectionScope('all-but', deleted);
  }

  /** Nothing can be found in it. */
  get isEmpty(): boolean {
    return this.kind === 'only' && this.keys.length === 0;
  }

  /** Whether it names its collections, so that an index is read for those alone. */
  get isNarrow(): boolean {
    return this.kind === 'only';
  }

  /** The same for two scopes of the same collections. */
  get id(): string {
    return `${this.kind} ${this.keys.toSorted().join(' ')}`;
  }

  /** @returns nothing where every collection is in it */
  condition(column: string, parameters: SqlParameters): string | undefined {
    if (this.kind === 'only') return `${column} = ANY(${parameters.add(this.keys)}::text[])`;
    return this.keys.length === 0 ? undefined : `${column} <> ALL(${parameters.add(this.keys)}::text[])`;
  }
}
