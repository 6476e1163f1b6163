// What of a new openapi.json breaks clients of an older one.
import { fieldsOf, listOf } from './schema.mjs';
import { SchemaComparison } from './schemas.mjs';

/**
 * @typedef {import('./schema.mjs').Fields} Fields
 * @typedef {import('./schemas.mjs').SchemaChange} SchemaChange
 * @typedef {{ paths?: unknown, components?: unknown, security?: unknown }} OpenApi
 * @typedef {SchemaChange & { operations: string[] }} Change operations: where it is met, as `GET /api/documents/:id`
 */

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

/** @param {OpenApi} before @param {OpenApi} after @returns {Change[]} */
export function breakingChanges(before, after) {
  const schemas = new SchemaComparison(schemasOf(before), schemasOf(after));
  const now = new Map([...operationsOf(after)].map(([name, operation]) => [shapeOf(name), operation]));
  /** @type {Map<string, Change>} */
  const found = new Map();
  for (const [name, operation] of operationsOf(before)) {
    const then = now.get(shapeOf(name));
    for (const one of then === undefined ? [change(name, 'is gone')] : changesOf(operation, then, schemas)) {
      // What stands in a schema with a name is told of once, whatever uses it.
      const key = JSON.stringify(one.schemas.length > 0 ? one : [name, one]);
      const known = found.get(key);
      if (known) known.operations.push(name);
      else found.set(key, { ...one, operations: [name] });
    }
  }
  return [...found.values()];
}

/**
 * @param {Fields} before @param {Fields} after @param {SchemaComparison} schemas
 * @returns {Generator<SchemaChange>}
 */
function* changesOf(before, after, schemas) {
  const [had, has] = [parametersOf(before), parametersOf(after)];
  for (const [key, { name, schema, required }] of had) {
    const then = has.get(key);
    if (then === undefined) yield change(name, 'is a parameter that is no longer taken');
    else {
      if (then.required && !required) yield change(name, 'is a parameter that has to be given');
      yield* schemas.changes(schema, then.schema, 'sent', name);
    }
  }
  for (const [key, { name, required }] of has) {
    if (required && !had.has(key)) yield change(name, 'is a parameter that has to be given');
  }
  const [body, newBody] = [fieldsOf(before.requestBody), fieldsOf(after.requestBody)];
  if (newBody.required === true && body.required !== true) yield change('body', 'has to be given');
  yield* contentChanges(body.content, newBody.content, 'sent', schemas);
  const [answers, newAnswers] = [fieldsOf(before.responses), fieldsOf(after.responses)];
  for (const [status, answer] of Object.entries(answers)) {
    if (newAnswers[status] === undefined) {
      yield change(status, 'is a status that is no longer answered');
      continue;
    }
    const [was, is] = [fieldsOf(answer), fieldsOf(newAnswers[status])];
    for (const header of Object.keys(fieldsOf(was.headers)))
      if (fieldsOf(is.headers)[header] === undefined) yield change(header, `is a header that ${status} no longer has`);
    for (const one of contentChanges(was.content, is.content, 'received', schemas))
      yield one.schemas.length > 0 ? one : { ...one, at: [status, one.at].filter(Boolean).join(' ') };
  }
  // Each way in that there was is still one.
  const ways = listOf(after.security).map((way) => JSON.stringify(way));
  for (const way of before.security === undefined ? [] : listOf(before.security))
    if (ways.length > 0 && !ways.includes(JSON.stringify(way)))
      yield change(Object.keys(fieldsOf(way)).join(' '), 'is no longer enough to be let in');
}

/**
 * @param {unknown} before @param {unknown} after @param {'sent' | 'received'} direction
 * @param {SchemaComparison} schemas
 * @returns {Generator<SchemaChange>}
 */
function* contentChanges(before, after, direction, schemas) {
  for (const [type, media] of Object.entries(fieldsOf(before))) {
    const then = fieldsOf(after)[type];
    if (then === undefined) yield change(type, `is no longer ${direction === 'sent' ? 'taken' : 'given'}`);
    else yield* schemas.changes(fieldsOf(media).schema, fieldsOf(then).schema, direction, 'body');
  }
}

/** @param {string} subject @param {string} what @returns {SchemaChange} */
const change = (subject, what) => ({ schemas: [], at: '', subject, what });

/** @param {OpenApi} api */
const schemasOf = ({ components }) => ({ schemas: fieldsOf(fieldsOf(components).schemas) });

/** @param {OpenApi} api @returns {Generator<[string, Fields]>} */
function* operationsOf({ paths, security }) {
  for (const [path, item] of Object.entries(fieldsOf(paths))) {
    const { parameters, ...operations } = fieldsOf(item);
    for (const [method, operation] of Object.entries(operations)) {
      if (!METHODS.includes(method)) continue;
      const fields = fieldsOf(operation);
      const name = `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`;
      yield [name, { security, ...fields, parameters: [...listOf(parameters), ...listOf(fields.parameters)] }];
    }
  }
}

/** Which word a path has for its id is nobody's business. @param {string} name */
const shapeOf = (name) => name.replace(/:\w+/g, ':');

/** @param {Fields} operation @returns {Map<string, { name: string, schema: unknown, required: boolean }>} */
function parametersOf({ parameters }) {
  const found = listOf(parameters).map(fieldsOf);
  const known = found.filter(({ in: place }) => place !== 'path');
  return new Map(
    known.map(({ in: place, name, schema, required }) => [
      JSON.stringify([place, name]),
      { name: typeof name === 'string' ? name : '', schema, required: required === true },
    ]),
  );
}
