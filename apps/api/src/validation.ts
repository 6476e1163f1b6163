import { StandardSchemaValidationPipe } from '@nestjs/common';
import { Problem } from '@vectorlane/errors';
import { z } from 'zod';

const MOST_ISSUES = 5;
const MOST_VALUES = 20;

type Issue = z.core.$ZodRawIssue;

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
};

const FORMATS: Readonly<Record<string, string>> = {
  uuid: 'a UUID',
  datetime: 'a date and time such as 2026-11-24T09:30:00Z',
  regex: 'of the documented form',
};

/** One rule that was broken, in words that need no knowledge of the validator. Schemas may bring their own. */
function wordsFor(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'is missing';
      return `must be ${KINDS[issue.expected] ?? issue.expected}`;
    case 'too_small':
      return sizeWords(issue.origin, Number(issue.minimum), issue.inclusive === false ? 'more than' : 'at least');
    case 'too_big':
      return sizeWords(issue.origin, Number(issue.maximum), issue.inclusive === false ? 'less than' : 'at most');
    case 'invalid_format':
      return `must be ${FORMATS[issue.format] ?? `a valid ${issue.format}`}`;
    case 'invalid_value':
      return oneOf(issue.values.slice(0, MOST_VALUES).map(String));
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'unrecognized_keys':
      return `has no field ${issue.keys.map((key) => JSON.stringify(key.slice(0, 100))).join(', ')}`;
    case 'invalid_key':
      return `has a name that ${issue.issues[0]?.message ?? 'is not allowed'}`;
    case 'invalid_union':
      return unionWords(issue.errors);
    default:
      return 'is not valid';
  }
}

function oneOf(values: readonly string[]): string {
  return values.length === 1 ? `must be ${values[0]}` : `must be one of ${values.join(', ')}`;
}

function sizeWords(origin: string, bound: number, compared: string): string {
  const unit = bound === 1 ? '' : 's';
  if (origin === 'string') return `must have ${compared} ${bound} character${unit}`;
  if (origin === 'array' || origin === 'set') return `must have ${compared} ${bound} element${unit}`;
  if (origin === 'object' || origin === 'record' || origin === 'map')
    return `must have ${compared} ${bound} field${unit}`;
  return `must be ${compared} ${bound}`;
}

/** What the alternatives ask for, where each asks for one thing of the value itself. */
function unionWords(alternatives: readonly (readonly z.core.$ZodIssue[])[]): string {
  const asked = alternatives.map(([first, ...others]) =>
    others.length === 0 && first?.path.length === 0 ? first.message : undefined,
  );
  const words = [...new Set(asked)].filter((message) => message !== undefined);
  return words.length > 0 && words.length <= 3 && asked.every(Boolean)
    ? words.join(', or ')
    : 'has not a documented form';
}

// For every schema of this process that says nothing of its own.
z.config({ customError: wordsFor });

interface ShownIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** A refusal that names the fields and what is wrong with each. */
export function invalidRequest(issues: readonly ShownIssue[], within = ''): Problem {
  const shown = issues.slice(0, MOST_ISSUES).map(({ message, path = [] }) => {
    const segments = path.map((segment) => String(typeof segment === 'object' ? segment.key : segment));
    const field = [...(within === '' ? [] : [within]), ...segments].join('.');
    if (field !== '') return `${field}: ${message}`;
    // Nothing was parsed at all: the commonest slip with curl.
    return message === 'is missing'
      ? 'There is no JSON body. Send one with `Content-Type: application/json`'
      : `The request ${message}`;
  });
  const first = issues[0]?.path?.[0];
  const field = within === '' ? String(typeof first === 'object' ? first.key : (first ?? '')) : within;
  const more = issues.length > MOST_ISSUES ? ` (and ${issues.length - MOST_ISSUES} more)` : '';
  return new Problem('INVALID_REQUEST', `${shown.join('; ')}${more}.`, { field: field === '' ? undefined : field });
}

/** @param field by which a refusal calls the value @throws Problem `INVALID_REQUEST` */
export function checked<Schema extends z.ZodType>(schema: Schema, value: unknown, field: string): z.output<Schema> {
  const result = schema.safeParse(value);
  if (!result.success) throw invalidRequest(result.error.issues, field);
  return result.data;
}

/** Nest's takes keys like `constructor` out of a body first: a filter by such a key would then filter nothing. */
class ValidationPipe extends StandardSchemaValidationPipe {
  protected override stripProtoKeys(): void {
    // The schemas say which keys there may be, and nothing is ever merged into another object.
  }
}

/** Validates every parameter that carries a schema; a bad one is a 400 that names the field. */
export const validationPipe = new ValidationPipe({
  exceptionFactory: (issues) => invalidRequest(issues),
});

/** A path parameter that cannot be an id names nothing: the same 404 as an unknown one. */
export function documentId(value: string): string {
  if (!z.uuid().safeParse(value).success) throw new Problem('DOCUMENT_NOT_FOUND', 'There is no such document.');
  return value;
}
