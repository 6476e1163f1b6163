import type { DocumentCondition, MetadataCondition, MetadataScalar } from '@vectorlane/domain';
import type { CollectionScope } from '../collections/collection-scope';
import type { SqlParameters } from './sql-parameters';

/** Which documents: of these collections, and what the caller asks for besides. */
export interface SearchFilter extends DocumentCondition {
  readonly scope: CollectionScope;
}

const COMPARISONS = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;

/**
 * A filter as a SQL condition on a documents row (or a view that has its columns).
 * @param alias of the relation with `collection`, `format`, `metadata` and the document's id
 * @param idColumn name of the document's id in that relation
 * @returns nothing when every document passes
 */
export function filterCondition(
  filter: SearchFilter,
  parameters: SqlParameters,
  alias: string,
  idColumn: string,
): string | undefined {
  const scope = filter.scope.condition(`${alias}.collection`, parameters);
  return joined([...(scope === undefined ? [] : [scope]), ...documentParts(filter, parameters, alias, idColumn)]);
}

/** Whether no document can pass, which saves asking. */
export function matchesNothing(filter: SearchFilter): boolean {
  const { scope, format, documentId, or } = filter;
  return scope.isEmpty || format?.length === 0 || documentId?.length === 0 || or?.length === 0;
}

/** Whether it asks for anything beside its collections. */
export function isPlain({ scope: _scope, ...conditions }: SearchFilter): boolean {
  return Object.values(conditions).every((condition) => condition === undefined);
}

function joined(parts: readonly string[]): string | undefined {
  return parts.length === 0 ? undefined : parts.join(' AND ');
}

function* documentParts(
  filter: DocumentCondition,
  parameters: SqlParameters,
  alias: string,
  idColumn: string,
): Generator<string> {
  const whole = (part: DocumentCondition): string =>
    joined([...documentParts(part, parameters, alias, idColumn)]) ?? 'true';
  if (filter.format) yield `${alias}.format = ANY(${parameters.add(filter.format)}::text[])`;
  if (filter.documentId) yield `${alias}.${idColumn} = ANY(${parameters.add(filter.documentId)}::uuid[])`;
  for (const [key, condition] of filter.metadata ?? []) {
    yield* metadataParts(`${alias}.metadata`, key, condition, parameters);
  }
  if (filter.and && filter.and.length > 0) yield all(filter.and.map(whole));
  if (filter.or) yield any(filter.or.map(whole));
  if (filter.not) yield `NOT coalesce((${whole(filter.not)}), false)`;
}

function* metadataParts(
  column: string,
  key: string,
  condition: MetadataCondition,
  parameters: SqlParameters,
): Generator<string> {
  // Containment, so that the index on metadata answers it: of the value itself, or of an array that has it as an
  // element.
  const contains = (value: unknown): string =>
    `${column} @> ${parameters.add(JSON.stringify({ [key]: value }))}::jsonb`;
  const equals = (value: MetadataScalar): string => any([contains(value), contains([value])]);
  const whole = (part: MetadataCondition): string => {
    const parts = [...metadataParts(column, key, part, parameters)];
    return parts.length === 0 ? 'true' : all(parts);
  };
  if (condition.eq !== undefined) yield equals(condition.eq);
  if (condition.ne !== undefined) yield `NOT ${equals(condition.ne)}`;
  if (condition.in) yield any(condition.in.map(equals));
  if (condition.nin) yield `NOT ${any(condition.nin.map(equals))}`;
  for (const [name, operator] of Object.entries(COMPARISONS)) {
    const bound = condition[name as keyof typeof COMPARISONS];
    if (bound !== undefined) yield compares(`${column} -> ${parameters.add(key)}`, operator, bound, parameters);
  }
  if (condition.exists !== undefined) {
    yield `${condition.exists ? '' : 'NOT '}jsonb_exists(${column}, ${parameters.add(key)})`;
  }
  if (condition.and && condition.and.length > 0) yield all(condition.and.map(whole));
  if (condition.or) yield any(condition.or.map(whole));
  if (condition.not) yield `NOT coalesce(${whole(condition.not)}, false)`;
}

/** The value, or an element of it. CASE fixes the order of evaluation: a text is never cast to a number. */
function compares(value: string, operator: string, bound: string | number, parameters: SqlParameters): string {
  const bound$ = parameters.add(bound);
  const comparison =
    typeof bound === 'number'
      ? `CASE WHEN jsonb_typeof(item) = 'number' THEN (item #>> '{}')::numeric ${operator} ${bound$}::numeric ELSE false END`
      : `CASE WHEN jsonb_typeof(item) = 'string' THEN (item #>> '{}') COLLATE "C" ${operator} ${bound$}::text ELSE false END`;
  return `EXISTS (
    SELECT 1 FROM jsonb_array_elements(
      CASE jsonb_typeof(${value}) WHEN 'array' THEN ${value} ELSE jsonb_build_array(${value}) END) AS element(item)
     WHERE ${comparison})`;
}

function any(conditions: readonly string[]): string {
  return conditions.length === 0 ? 'false' : `(${conditions.join(' OR ')})`;
}

function all(conditions: readonly string[]): string {
  return `(${conditions.join(' AND ')})`;
}
