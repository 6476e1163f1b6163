/** Collects the parameters of a statement that is put together piece by piece: values never become SQL text. */
export class SqlParameters {
  readonly values: unknown[] = [];

  /** @returns the placeholder, `$3` */
  add(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}
