export type MetadataScalar = string | number | boolean | null;

/** All conditions given must hold. Order comparisons are between numbers, or between strings by code point. */
export interface MetadataCondition {
  readonly eq?: MetadataScalar;
  readonly in?: readonly MetadataScalar[];
  readonly gt?: string | number;
  readonly gte?: string | number;
  readonly lt?: string | number;
  readonly lte?: string | number;
}

/** Which documents are searched: every part given must hold; an empty list matches nothing. */
export interface SearchFilter {
  readonly format?: readonly string[];
  readonly documentId?: readonly string[];
  /** By top-level key of the document's metadata. */
  readonly metadata?: Readonly<Record<string, MetadataCondition>>;
}

/** Collects the parameters of a statement that is put together piece by piece: values never become SQL text. */
export class SqlParameters {
  readonly values: unknown[] = [];

  /** @returns the placeholder, `$3` */
  add(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}

const COMPARISONS = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;

/**
 * A filter as a SQL condition on a documents row (or a view that has its columns).
 * @param alias of the relation with `format`, `metadata` and the document's id
 * @param idColumn name of the document's id in that relation
 * @returns nothing when there is nothing to filter by
 */
export function filterCondition(
  filter: SearchFilter | undefined,
  parameters: SqlParameters,
  alias: string,
  idColumn: string,
): string | undefined {
  if (filter === undefined) return undefined;
  const conditions: string[] = [];
  if (filter.format) conditions.push(`${alias}.format = ANY(${parameters.add(filter.format)}::text[])`);
  if (filter.documentId) conditions.push(`${alias}.${idColumn} = ANY(${parameters.add(filter.documentId)}::uuid[])`);
  for (const [key, condition] of Object.entries(filter.metadata ?? {})) {
    conditions.push(...metadataConditions(`${alias}.metadata`, key, condition, parameters));
  }
  return conditions.length === 0 ? undefined : conditions.join(' AND ');
}

function* metadataConditions(
  column: string,
  key: string,
  condition: MetadataCondition,
  parameters: SqlParameters,
): Generator<string> {
  // Containment, so that the index on metadata answers it.
  const equals = (value: MetadataScalar): string =>
    `${column} @> ${parameters.add(JSON.stringify({ [key]: value }))}::jsonb`;
  if (condition.eq !== undefined) yield equals(condition.eq);
  if (condition.in !== undefined)
    yield condition.in.length === 0 ? 'false' : `(${condition.in.map(equals).join(' OR ')})`;
  for (const [name, operator] of Object.entries(COMPARISONS)) {
    const bound = condition[name as keyof typeof COMPARISONS];
    if (bound === undefined) continue;
    const name$ = parameters.add(key);
    const bound$ = parameters.add(bound);
    // CASE fixes the order of evaluation: a text is never cast to a number.
    yield typeof bound === 'number'
      ? `CASE WHEN jsonb_typeof(${column} -> ${name$}) = 'number' THEN (${column} ->> ${name$})::numeric ${operator} ${bound$}::numeric ELSE false END`
      : `CASE WHEN jsonb_typeof(${column} -> ${name$}) = 'string' THEN (${column} ->> ${name$}) COLLATE "C" ${operator} ${bound$}::text ELSE false END`;
  }
}
