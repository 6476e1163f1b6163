import { filterCondition, SqlParameters } from './filter-condition';

describe('filterCondition', () => {
  it('is nothing without a filter', () => {
    expect(filterCondition(undefined, new SqlParameters(), 'v', 'document_id')).toBeUndefined();
    expect(filterCondition({}, new SqlParameters(), 'v', 'document_id')).toBeUndefined();
  });

  it('passes every value as a parameter, hostile keys and values too', () => {
    const hostile = `x') OR 1=1 --`;
    const parameters = new SqlParameters();
    const sql = filterCondition(
      {
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
    const sql = filterCondition({ metadata: [['year', { in: [] }]] }, new SqlParameters(), 'v', 'id');
    expect(sql).toBe('false');
  });
});
