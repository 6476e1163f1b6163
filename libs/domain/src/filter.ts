import { z } from 'zod';
import { hasAtMost } from './characters';

/**
 * Conditions on documents, as search, list and delete take them. Read by hand and not by a record schema: a key is
 * whatever its uploader called it, `constructor` and `__proto__` included.
 */
export type MetadataScalar = string | number | boolean | null;

/** All conditions given must hold for the value of one key, or for one element of it where it is an array. */
export interface MetadataCondition {
  readonly eq?: MetadataScalar;
  /** Holds also where the key is missing, and so does `nin`. */
  readonly ne?: MetadataScalar;
  readonly in?: readonly MetadataScalar[];
  readonly nin?: readonly MetadataScalar[];
  /** Between numbers, or between strings by code point. */
  readonly gt?: string | number;
  readonly gte?: string | number;
  readonly lt?: string | number;
  readonly lte?: string | number;
  readonly exists?: boolean;
  readonly and?: readonly MetadataCondition[];
  readonly or?: readonly MetadataCondition[];
  readonly not?: MetadataCondition;
}

/** Which documents: every part given must hold; an empty list matches nothing. */
export interface DocumentCondition {
  readonly format?: readonly string[];
  readonly documentId?: readonly string[];
  /** By top-level key of the document's metadata. */
  readonly metadata?: readonly (readonly [key: string, condition: MetadataCondition])[];
  readonly and?: readonly DocumentCondition[];
  readonly or?: readonly DocumentCondition[];
  readonly not?: DocumentCondition;
}

const MAX_KEYS = 20;
const MAX_VALUES = 100;
const MAX_DOCUMENTS = 1_000;
const MAX_DEPTH = 6;
const MAX_CONDITIONS = 200;
const MAX_TEXT = 1_024;
const MAX_KEY = 128;
const MAX_FORMATS = 50;
const MAX_FORMAT = 32;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const list = (items: object, maxItems: number): object => ({ type: 'array', maxItems, items });
const TEXT = { type: 'string', maxLength: MAX_TEXT, pattern: '^[^\\u0000]*$' };
const ORDERED = { anyOf: [TEXT, { type: 'number' }] };
const SCALAR = { anyOf: [TEXT, { type: 'number' }, { type: 'boolean' }, { type: 'null' }] };
const SAME = { type: 'object', description: 'Of the same form.' };

/** What a key may be compared by, for the OpenAPI document. */
export const METADATA_CONDITION = {
  type: 'object',
  description: 'All that is given must hold; where the value is an array, one of its elements is enough.',
  minProperties: 1,
  additionalProperties: false,
  properties: {
    ...{ eq: SCALAR, ne: SCALAR, in: list(SCALAR, MAX_VALUES), nin: list(SCALAR, MAX_VALUES) },
    ...{ gt: ORDERED, gte: ORDERED, lt: ORDERED, lte: ORDERED, exists: { type: 'boolean' } },
    ...{ and: list(SAME, MAX_VALUES), or: list(SAME, MAX_VALUES), not: SAME },
  },
};
const JSON_SCHEMA = {
  type: 'object' as const,
  description: 'Which documents are looked at. All parts must hold.',
  additionalProperties: false,
  properties: {
    format: list({ ...TEXT, maxLength: MAX_FORMAT }, MAX_FORMATS),
    documentId: list({ type: 'string', format: 'uuid' }, MAX_DOCUMENTS),
    metadata: {
      type: 'object',
      description: 'By key: the value it equals, or what it is compared by.',
      maxProperties: MAX_KEYS,
      propertyNames: { ...TEXT, minLength: 1, maxLength: MAX_KEY },
      additionalProperties: { anyOf: [...SCALAR.anyOf, METADATA_CONDITION] },
    },
    ...{ and: list(SAME, MAX_VALUES), or: list(SAME, MAX_VALUES), not: SAME },
  },
};

/** Conditions as a caller writes them: a bare value means equality. */
export const DocumentCondition = z
  .unknown()
  .transform((value, context): DocumentCondition => {
    // An optional field that is not there is looked at too, and an error costs more than all else that is checked.
    if (value === undefined) {
      context.issues.push({ code: 'custom', message: 'must be an object', input: value });
      return z.NEVER;
    }
    try {
      return new Reader().document(value, []);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      context.issues.push({ code: 'custom', message: error.message, path: [...error.path], input: value });
      return z.NEVER;
    }
  })
  .meta(JSON_SCHEMA);

type Path = readonly (string | number)[];

class Refusal extends Error {
  constructor(
    readonly path: Path,
    message: string,
  ) {
    super(message);
  }
}

class Reader {
  private conditions = 0;

  document(value: unknown, path: Path): DocumentCondition {
    const fields = this.fields(value, path);
    const read: Record<string, unknown> = {};
    for (const [name, part] of fields) {
      const at = [...path, name];
      if (name === 'format')
        read[name] = items(part, at, MAX_FORMATS).map((item, index) => text(item, [...at, index], MAX_FORMAT));
      else if (name === 'documentId')
        read[name] = items(part, at, MAX_DOCUMENTS).map((id, index) => uuid(id, [...at, index]));
      else if (name === 'metadata') read[name] = this.metadata(part, at);
      else if (name === 'and' || name === 'or')
        read[name] = items(part, at, MAX_VALUES).map((one, index) => this.document(one, [...at, index]));
      else if (name === 'not') read[name] = this.document(part, at);
      else throw new Refusal(at, 'is not known here; name format, documentId, metadata, and, or, not');
    }
    return read;
  }

  private metadata(value: unknown, path: Path): [string, MetadataCondition][] {
    const fields = this.fields(value, path);
    if (fields.length > MAX_KEYS) throw new Refusal(path, `must name at most ${MAX_KEYS} keys`);
    return fields.map(([key, condition]) => {
      if (key === '') throw new Refusal(path, 'must not have an empty key');
      return [text(key, path, MAX_KEY), this.condition(condition, [...path, key])];
    });
  }

  private condition(value: unknown, path: Path): MetadataCondition {
    if (isScalar(value)) return { eq: scalar(value, path) };
    const fields = this.fields(value, path);
    if (fields.length === 0)
      throw new Refusal(path, 'must name at least one of eq, ne, in, nin, gt, gte, lt, lte, exists');
    const read: Record<string, unknown> = {};
    for (const [name, part] of fields) read[name] = this.operand(name, part, [...path, name]);
    return read;
  }

  private operand(name: string, value: unknown, path: Path): unknown {
    switch (name) {
      case 'eq':
      case 'ne':
        return scalar(value, path);
      case 'in':
      case 'nin':
        return items(value, path, MAX_VALUES).map((item, index) => scalar(item, [...path, index]));
      case 'gt':
      case 'gte':
      case 'lt':
      case 'lte':
        if (typeof value === 'number' || typeof value === 'string') return scalar(value, path);
        throw new Refusal(path, 'must be a number or a string');
      case 'exists':
        if (typeof value === 'boolean') return value;
        throw new Refusal(path, 'must be true or false');
      case 'and':
      case 'or':
        return items(value, path, MAX_VALUES).map((one, index) => this.condition(one, [...path, index]));
      case 'not':
        return this.condition(value, path);
      default:
        throw new Refusal(path, 'is no comparison; name eq, ne, in, nin, gt, gte, lt, lte, exists, and, or, not');
    }
  }

  private fields(value: unknown, path: Path): [string, unknown][] {
    this.conditions += 1;
    if (this.conditions > MAX_CONDITIONS) throw new Refusal(path, `is one of more than ${MAX_CONDITIONS} conditions`);
    if (path.length > MAX_DEPTH * 2) throw new Refusal(path, 'is nested too deeply');
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new Refusal(path, 'must be an object');
    return Object.entries(value);
  }
}

function items(value: unknown, path: Path, most: number): unknown[] {
  if (!Array.isArray(value)) throw new Refusal(path, 'must be an array');
  if (value.length > most) throw new Refusal(path, `must have at most ${most} items`);
  return value;
}

function isScalar(value: unknown): boolean {
  return value === null || typeof value !== 'object';
}

function scalar(value: unknown, path: Path): MetadataScalar {
  if (typeof value === 'string') return text(value, path, MAX_TEXT);
  if (value === null || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value)))
    return value;
  throw new Refusal(path, 'must be a string, a number, true, false or null');
}

function text(value: unknown, path: Path, most: number): string {
  if (typeof value !== 'string') throw new Refusal(path, 'must be a string');
  if (!hasAtMost(value, most)) throw new Refusal(path, `must have at most ${most} characters`);
  // What no database column takes.
  if (value.includes('\u0000') || !value.isWellFormed()) throw new Refusal(path, 'must be valid Unicode without NUL');
  return value;
}

function uuid(value: unknown, path: Path): string {
  if (typeof value !== 'string' || !UUID.test(value)) throw new Refusal(path, 'must be a UUID');
  return value;
}
