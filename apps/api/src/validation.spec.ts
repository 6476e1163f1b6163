import { Problem } from '@vectorlane/errors';
import { z } from 'zod';
import { listQuerySchema, metadataSchema, textDocumentSchema } from './documents.schemas';
import { invalidRequest } from './validation';

/** What a caller reads for a bad value. */
const refusal = (schema: z.ZodType, value: unknown): string => {
  const parsed = schema.safeParse(value);
  if (parsed.success) throw new Error('accepted');
  const problem = invalidRequest(parsed.error.issues);
  expect(problem).toBeInstanceOf(Problem);
  return problem.detail;
};

describe('messages of the validator', () => {
  const schema = z.strictObject({
    name: z.string().min(2).max(4).optional(),
    list: z.array(z.int()).min(1).max(2).optional(),
    inner: z.object({ count: z.number().min(1).lt(9).multipleOf(2) }).optional(),
    either: z.union([z.literal('none'), z.int()]).optional(),
    mode: z.enum(['a', 'b']).optional(),
    id: z.uuid().optional(),
    at: z.iso.datetime().optional(),
    flag: z.boolean().optional(),
  });

  it.each([
    [{ name: 'a' }, 'name: must have at least 2 characters.'],
    [{ name: 'abcde' }, 'name: must have at most 4 characters.'],
    [{ name: 5 }, 'name: must be a text.'],
    [{ list: [] }, 'list: must have at least 1 element.'],
    [{ list: [1, 'x'] }, 'list.1: must be a number.'],
    [{ list: [1.5] }, 'list.0: must be a whole number.'],
    [{ list: 'x' }, 'list: must be a list.'],
    [{ inner: {} }, 'inner.count: is missing.'],
    [{ inner: { count: 9 } }, 'inner.count: must be less than 9; inner.count: must be a multiple of 2.'],
    [{ inner: { count: 0 } }, 'inner.count: must be at least 1.'],
    [{ inner: 'x' }, 'inner: must be an object.'],
    [{ either: 'some' }, 'either: must be none, or must be a number.'],
    [{ mode: 'c' }, 'mode: must be one of a, b.'],
    [{ id: '5' }, 'id: must be a UUID.'],
    [{ at: 'yesterday' }, 'at: must be a date and time such as 2026-11-24T09:30:00Z.'],
    [{ flag: 'yes' }, 'flag: must be true or false.'],
    [{ other: 1, more: 2 }, 'The request has no field "other", "more".'],
  ])('name the field and say what is wrong: %j', (value, detail) => {
    expect(refusal(schema, value)).toBe(detail);
  });

  it('say it of what there is no body of', () => {
    expect(refusal(schema, undefined)).toMatch(/^There is no JSON body/);
  });

  it('hold no word of the validator’s own', () => {
    const values: unknown[] = [null, 5, 'x', [], {}, { a: 1 }, { text: 1 }, { text: '' }, { limit: 'x' }, { limit: 0 }];
    for (const tried of [schema, textDocumentSchema, listQuerySchema]) {
      for (const value of [...values, { cursor: 5 }, { status: 'gone' }, { text: 'x', metadata: { '': 1 } }]) {
        const parsed = tried.safeParse(value);
        if (parsed.success) continue;
        expect(invalidRequest(parsed.error.issues).detail).not.toMatch(/Invalid|Unrecognized|expected|received|Too /);
      }
    }
  });
});

describe('metadata', () => {
  it('has no number that JavaScript does not have: it would be stored as null', () => {
    expect(refusal(metadataSchema, JSON.parse('{"a":{"b":[1e400]}}'))).toMatch(/numbers must lie within/);
  });

  it.each(['constructor', 'prototype', 'toString', 'hasOwnProperty'])('may have a field called %s', (name) => {
    const given = JSON.parse(`{"${name}":"x","in":{"${name}":1}}`) as object;
    expect(JSON.stringify(metadataSchema.parse(given))).toBe(JSON.stringify(given));
  });
});
