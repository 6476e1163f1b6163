import { DocumentCondition } from '@vectorlane/domain';
import { z } from 'zod';
import { atMost, someText, storableText } from './storable-text';

// An emoji has two UTF-16 code units and is one character, as JSON Schema counts them.
describe.each([
  ['letters', 'é'],
  ['emoji', '🐝'],
  ['ideographs beyond U+FFFF', '𠮷'],
])('a limit of 32 characters, in %s', (_, character) => {
  const schema = atMost(32, storableText().trim().min(1));
  const inFilter = (format: string) => DocumentCondition.safeParse({ format: [format] }).success;

  it('takes 32 and refuses 33', () => {
    expect(schema.safeParse(character.repeat(32)).success).toBe(true);
    expect(schema.safeParse(character.repeat(33)).error?.issues).toMatchObject([
      { message: 'must have at most 32 characters' },
    ]);
    expect(inFilter(character.repeat(32))).toBe(true);
    expect(inFilter(character.repeat(33))).toBe(false);
  });
});

describe('a text that says something', () => {
  const schema = someText(3);
  const described = new RegExp(z.toJSONSchema(schema, { io: 'input' }).pattern ?? '', 'u');

  it.each(['bee', ' b ', '\n🐝\t', '\u3000b'])('is %j', (text) => {
    expect(schema.safeParse(text)).toMatchObject({ success: true, data: text.trim() });
    expect(text).toMatch(described);
  });
  it.each(['', ' ', '\t\n', '\u3000', '\u00a0', 'b\u0000'])('is not %j, and the schema says so', (text) => {
    expect(schema.safeParse(text).success).toBe(false);
    expect(text).not.toMatch(described);
  });
});

it('counts what is left of a text once it is trimmed', () => {
  expect(atMost(3, storableText().trim()).safeParse('  bee  ').data).toBe('bee');
});

it('says all of its rules in the schema', () => {
  const described = atMost(32, storableText().min(1)).meta({ description: 'A name.' });
  expect(z.toJSONSchema(described)).toMatchObject({
    type: 'string',
    minLength: 1,
    maxLength: 32,
    pattern: '^[^\\u0000]*$',
    description: 'A name.',
  });
});
