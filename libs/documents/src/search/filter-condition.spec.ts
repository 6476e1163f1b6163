import { CollectionScope } from '../collections/collection-scope';
import { filterCondition, isPlain } from './filter-condition';
import { SqlParameters } from './sql-parameters';

const scope = CollectionScope.allBut([]);

describe('filterCondition', () => {
  it('is nothing without a filter', () => {
    expect(filterCondition({ scope }, new SqlParameters(), 'v', 'document_id')).toBeUndefined();
    expect(filterCondition({ scope, metadata: [] }, new SqlParameters(), 'v', 'document_id')).toBeUndefined();
  });

  it('passes every value as a parameter, hostile keys and values too', () => {
    const hostile = `x') OR 1=1 --`;
    const parameters = new SqlParameters();
    const sql = filterCondition(
      {
        scope,
        format: [hostile],
        documentId: ['5a3c0d4e-6f0b-4b8c-9d53-0f3f6c9f0b11'],
        metadata: [
          [hostile, { eq: hostile, ne: 1, in: [hostile, 1, null], nin: [hostile], gt: 1, lte: hostile, exists: true }],
        ],
        or: [{ metadata: [['__proto__', { not: { eq: hostile } }]] }, { not: { format: [hostile] } }],
      },
      parameters,
      'v',
      'document_id',
    );
    expect(sql).not.toContain(hostile);
    expect(new Set(sql?.match(/\$\d+/g)).size).toBe(parameters.values.length);
  });

  it('matches nothing for an empty `in`', () => {
    const sql = filterCondition({ scope, metadata: [['year', { in: [] }]] }, new SqlParameters(), 'v', 'id');
    expect(sql).toBe('false');
  });
});

it('keeps to its collections, whatever else it asks for', () => {
  const parameters = new SqlParameters();
  const filter = { scope: CollectionScope.only(['k1']), or: [{ format: ['md'] }, { not: {} }] };
  expect(filterCondition(filter, parameters, 'v', 'id')).toBe(
    'v.collection = ANY($1::text[]) AND (v.format = ANY($2::text[]) OR NOT coalesce((true), false))',
  );
  expect(parameters.values).toEqual([['k1'], ['md']]);
  expect([isPlain(filter), isPlain({ scope: filter.scope })]).toEqual([false, true]);
  const deleted = CollectionScope.allBut(['k2']);
  expect(filterCondition({ scope: deleted }, new SqlParameters(), 'v', 'id')).toBe('v.collection <> ALL($1::text[])');
});
