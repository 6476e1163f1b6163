/** Collects the parameters of a statement that is put together piece by piece: values never become SQL text. */
export class SqlParameters {
  readonly values: unknown[] = [];

  /** @returns the placeholder, `$3` */
  add(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }

  /**
   * An array that a prepared statement looks up by an index. The database makes another plan for each array as long as
   * that seems cheaper than one for all, as it does for few elements or rare ones; behind a SELECT it does not look at
   * them, and keeps its plan.
   */
  addLookup(elements: readonly unknown[], type: string): string {
    return `(SELECT ${this.add(elements)}::${type}[])::${type}[]`;
  }
}
