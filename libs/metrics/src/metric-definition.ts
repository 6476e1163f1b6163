/**
 * What the page of definitions is made of. A label's values are either a closed list, known here, or open: then the
 * text says what bounds them. No label ever carries an id, a raw URL or a message.
 */

/** A closed list of values, or a word on what bounds the open ones. */
export type LabelDefinition = readonly string[] | string;

export interface MetricDefinition {
  /** In base units: `_seconds`, `_bytes`; `_total` for counters alone. */
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** For an operator: what is counted, and what is not. */
  readonly help: string;
  readonly labels?: Readonly<Record<string, LabelDefinition>>;
  /** Upper bounds of a histogram, ascending; `+Inf` comes by itself. */
  readonly buckets?: readonly number[];
}

type ValueOf<Definition> = Definition extends readonly (infer Value extends string)[] ? Value : string;

/** The labels of one definition with the values each may have. */
export type LabelsOf<Definition extends MetricDefinition> =
  Definition['labels'] extends Readonly<Record<string, LabelDefinition>>
    ? { readonly [Label in keyof Definition['labels']]: ValueOf<Definition['labels'][Label]> }
    : undefined;
