import { DocumentCondition } from './filter';

const ID = '5a3c0d4e-6f0b-4b8c-9d53-0f3f6c9f0b11';

it('reads every kind of condition, a bare value as equality', () => {
  const written = {
    format: ['md'],
    documentId: [ID],
    metadata: { year: { gte: 2020, lt: 2024 }, topic: 'boats', tags: { nin: ['x', null] }, draft: { exists: false } },
    or: [{ metadata: { a: { not: { in: [1, true] } } } }, { not: { and: [{ format: [] }] } }],
  };
  expect(DocumentCondition.parse(written)).toEqual({
    format: ['md'],
    documentId: [ID],
    metadata: [
      ['year', { gte: 2020, lt: 2024 }],
      ['topic', { eq: 'boats' }],
      ['tags', { nin: ['x', null] }],
      ['draft', { exists: false }],
    ],
    or: [{ metadata: [['a', { not: { in: [1, true] } }]] }, { not: { and: [{ format: [] }] } }],
  });
});

it.each(['constructor', 'prototype', '__proto__', 'toString', 'eq', 'or'])('takes %s for a key', (key) => {
  const written: unknown = JSON.parse(`{"metadata": {"${key}": {"ne": 1}}}`);
  expect(DocumentCondition.parse(written)).toEqual({ metadata: [[key, { ne: 1 }]] });
});

const deep = (levels: number): object => (levels === 0 ? { format: [] } : { not: deep(levels - 1) });
it.each<[string, unknown]>([
  ['', 'format=md'],
  ['', ['md']],
  ['size', { size: 1 }],
  ['format', { format: 'md' }],
  ['format.0', { format: [7] }],
  ['documentId.1', { documentId: [ID, 'abc'] }],
  ['metadata', { metadata: [] }],
  ['metadata.a', { metadata: { a: {} } }],
  ['metadata.a', { metadata: { a: [1] } }],
  ['metadata.a.like', { metadata: { a: { like: 'b' } } }],
  ['metadata.a.gt', { metadata: { a: { gt: true } } }],
  ['metadata.a.in.1', { metadata: { a: { in: [1, {}] } } }],
  ['metadata.a.exists', { metadata: { a: { exists: 'yes' } } }],
  ['metadata.a.or.0.like', { metadata: { a: { or: [{ like: 1 }] } } }],
  ['or.1.metadata.a.in', { or: [{ format: ['md'] }, { metadata: { a: { in: 'b' } } }] }],
  ['metadata.a.eq', { metadata: { a: { eq: 'NUL \u0000' } } }],
  ['metadata.a.eq', { metadata: { a: { eq: '\ud800' } } }],
])('refuses at %j what is wrong there', (path, written) => {
  const { error } = DocumentCondition.safeParse(written);
  expect(error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
});

it('has an end to depth and number', () => {
  expect(DocumentCondition.safeParse(deep(5)).success).toBe(true);
  expect(DocumentCondition.safeParse(deep(50)).success).toBe(false);
  const many = Array.from({ length: 100 }, () => ({ and: [{ format: ['md'] }, { format: ['txt'] }] }));
  expect(DocumentCondition.safeParse({ or: many }).success).toBe(false);
});
