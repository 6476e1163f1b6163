// What of a schema's change breaks a client: of what it sends, everything that was accepted must still be; of what it
// receives, everything that was promised must still be given.
import { alternativesOf, fieldsOf, listOf, nameOf } from './schema.mjs';

/**
 * @typedef {import('./schema.mjs').Fields} Fields
 * @typedef {import('./schema.mjs').Api} Api
 * @typedef {{ schemas: string[], at: string, subject: string, what: string }} SchemaChange
 *   schemas: names of the innermost schema that has one, before and after; at: path from there; subject: what a
 *   changelog has to name
 */

/** More than this is not accepted, less than this is not: the word, and in which direction a bound gets narrower. */
const BOUNDS = /** @type {const} */ ({
  ...{ maxLength: -1, maximum: -1, exclusiveMaximum: -1, maxItems: -1, maxProperties: -1 },
  ...{ minLength: 1, minimum: 1, exclusiveMinimum: 1, minItems: 1, minProperties: 1 },
});
/** What can only be compared as a whole: any other one may refuse more. */
const CONDITIONS = ['pattern', 'format', 'not', 'propertyNames', 'patternProperties', 'dependentRequired', 'contains'];
/** @type {Set<unknown>} formats that refuse nothing */
const TELLING_FORMATS = new Set(['float', 'double', 'int32', 'int64', 'binary', 'password']);

export class SchemaComparison {
  /** @type {Map<string, SchemaChange[]>} */
  #known = new Map();

  /** @param {Api} before @param {Api} after */
  constructor(before, after) {
    this.before = before;
    this.after = after;
  }

  /**
   * @param {unknown} before @param {unknown} after @param {'sent' | 'received'} direction
   * @param {string} subject the field or the parameter that it is the schema of
   * @returns {SchemaChange[]}
   */
  changes(before, after, direction, subject) {
    const [was, is] = [nameOf(before), nameOf(after)];
    if (was === undefined && is === undefined) return this.#compare(before, after, direction, subject);
    const pair = JSON.stringify([direction, was ?? before, is ?? after]);
    const known = this.#known.get(pair);
    if (known !== undefined) return known;
    // One that holds itself is as compatible as the rest of it.
    this.#known.set(pair, []);
    const schemas = [was, is].filter((name) => name !== undefined);
    const found = this.#compare(before, after, direction, subject).map((change) =>
      change.schemas.length > 0 ? change : { ...change, schemas },
    );
    this.#known.set(pair, found);
    return found;
  }

  /** @param {unknown} before @param {unknown} after @param {'sent' | 'received'} direction @param {string} subject */
  #compare(before, after, direction, subject) {
    const old = alternativesOf(before, this.before);
    const now = alternativesOf(after, this.after);
    // What is new among the answers is told by its type; fields and limits by the alternative that is most like it.
    const [each, some] = direction === 'sent' ? [old, now] : [now, old];
    return each.flatMap((one) => {
      const ways = some.map((other) =>
        direction === 'sent' ? this.#sent(one, other, subject) : this.#received(other, one, subject),
      );
      return ways.reduce((best, way) => (way.length < best.length ? way : best), ways[0] ?? []);
    });
  }

  /** @param {Fields} before @param {Fields} after @param {string} subject @returns {SchemaChange[]} */
  #sent(before, after, subject) {
    if (!isType(before.type, after.type)) return [change(subject, `${word(before.type)} is no longer accepted`)];
    /** @type {SchemaChange[]} */
    const found = [];
    for (const [bound, narrower] of Object.entries(BOUNDS)) {
      const [was, is] = [before[bound], after[bound]];
      const isNarrower = typeof is === 'number' && (typeof was !== 'number' || (is - was) * narrower > 0);
      if (isNarrower && !(was === undefined && saysNothing(bound, is)))
        found.push(change(subject, `${bound} is ${is}, not ${typeof was === 'number' ? was : 'given before'}`));
    }
    for (const name of CONDITIONS) {
      if (after[name] === undefined || TELLING_FORMATS.has(after[name])) continue;
      if (name === 'not' && isAboutNewFields(before, after.not)) continue;
      if (JSON.stringify(before[name]) !== JSON.stringify(after[name]))
        found.push(change(subject, `${name} is ${JSON.stringify(after[name])}`));
    }
    if (after.enum !== undefined) {
      const lost = before.enum === undefined ? ['every other value'] : without(before.enum, after.enum);
      for (const value of lost) found.push(change(subject, `${JSON.stringify(value)} is no longer accepted`));
    }
    const [had, has] = [fieldsOf(before.properties), fieldsOf(after.properties)];
    const [needed, needs] = [listOf(before.required), listOf(after.required)];
    for (const name of needs) {
      if (!needed.includes(name)) found.push(change(String(name), 'has to be given'));
    }
    for (const [name, schema] of Object.entries(had)) {
      const then = has[name] ?? after.additionalProperties;
      if (has[name] === undefined && (then === undefined || then === true || then === false))
        found.push(change(name, 'is no longer accepted'));
      else found.push(...within(name, this.changes(schema, then, 'sent', name)));
    }
    if (before.type === 'object' && after.additionalProperties === false && isOpen(before))
      found.push(change(subject, 'other fields are no longer accepted'));
    found.push(...this.#parts(before, after, 'sent', subject));
    return found;
  }

  /** @param {Fields} before @param {Fields} after @param {string} subject @returns {SchemaChange[]} */
  #received(before, after, subject) {
    if (!isType(after.type, before.type)) return [change(subject, `may be ${word(after.type)}`)];
    /** @type {SchemaChange[]} */
    const found = [];
    for (const value of before.enum === undefined || after.enum === undefined ? [] : without(before.enum, after.enum))
      found.push(change(String(value), 'is a value that is no longer given'));
    const [had, has] = [fieldsOf(before.properties), fieldsOf(after.properties)];
    const [promised, promises] = [listOf(before.required), listOf(after.required)];
    for (const [name, schema] of Object.entries(had)) {
      if (has[name] === undefined) found.push(change(name, 'is no longer given'));
      else if (promised.includes(name) && !promises.includes(name)) found.push(change(name, 'may be missing'));
      if (has[name] !== undefined) found.push(...within(name, this.changes(schema, has[name], 'received', name)));
    }
    found.push(...this.#parts(before, after, 'received', subject));
    return found;
  }

  /**
   * What lists and open objects hold.
   * @param {Fields} before @param {Fields} after @param {'sent' | 'received'} direction @param {string} subject
   */
  #parts(before, after, direction, subject) {
    return ['items', 'additionalProperties'].flatMap((name) =>
      typeof before[name] === 'object' && typeof after[name] === 'object'
        ? within('[]', this.changes(before[name], after[name], direction, subject))
        : [],
    );
  }
}

/** @param {string} subject @param {string} what @returns {SchemaChange} */
const change = (subject, what) => ({ schemas: [], at: '', subject, what });

/** @param {string} name @param {SchemaChange[]} changes */
function within(name, changes) {
  return changes.map((one) => (one.schemas.length > 0 ? one : { ...one, at: `${name}${one.at && '.'}${one.at}` }));
}

/** @param {unknown} type @param {unknown} wide */
const isType = (type, wide) => wide === undefined || type === wide || (type === 'integer' && wide === 'number');

/** @param {unknown} type */
const word = (type) => (typeof type === 'string' ? type : 'a value of any type');

/** @param {unknown} all @param {unknown} some @returns {unknown[]} */
const without = (all, some) => listOf(all).filter((value) => !listOf(some).includes(value));

/** @param {Fields} schema */
const isOpen = ({ additionalProperties }) => additionalProperties !== false;

/** Whether it refuses only with a field that nobody could send. @param {Fields} before @param {unknown} condition */
function isAboutNewFields(before, condition) {
  const had = fieldsOf(before.properties);
  return !isOpen(before) && listOf(fieldsOf(condition).required).some((name) => had[String(name)] === undefined);
}

/** @param {string} bound @param {number} value of one that stands where none was */
const saysNothing = (bound, value) =>
  (value === 0 && bound.startsWith('min') && bound !== 'minimum') || Math.abs(value) === Number.MAX_SAFE_INTEGER;
