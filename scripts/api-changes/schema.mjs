// Schemas of OpenAPI 3.0 and 3.1 as one shape that two versions can be compared by: alternatives of one type each.

/** @typedef {{ [key: string]: unknown }} Fields */
/** @typedef {{ schemas: Fields }} Api where references lead to */

const REFERENCE = '#/components/schemas/';
/** JSON Schema's words that say nothing of the others, so that two alternatives of a schema share them. */
const JOINED = new Set(['anyOf', 'oneOf', 'allOf', '$ref', 'nullable']);

/** @param {unknown} value @returns {Fields} */
export function fieldsOf(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : {};
}

/** @param {unknown} value @returns {unknown[]} */
export const listOf = (value) => (Array.isArray(value) ? value : []);

/** @param {unknown} schema @returns {string | undefined} the name of the schema that it stands for */
export function nameOf(schema) {
  const { $ref } = fieldsOf(schema);
  return typeof $ref === 'string' && $ref.startsWith(REFERENCE) ? $ref.slice(REFERENCE.length) : undefined;
}

/**
 * What a value may be: each has at most one `type` and no reference or combination of its own.
 * @param {unknown} schema @param {Api} api @returns {Fields[]}
 */
export function alternativesOf(schema, api) {
  const fields = fieldsOf(schema);
  const name = nameOf(fields);
  const own = Object.fromEntries(Object.entries(fields).filter(([key]) => !JOINED.has(key)));
  let found = [own];
  if (name !== undefined) found = both(found, alternativesOf(api.schemas[name], api));
  for (const part of listOf(fields.allOf)) found = both(found, alternativesOf(part, api));
  for (const key of ['anyOf', 'oneOf']) {
    const choices = listOf(fields[key]);
    if (choices.length > 0)
      found = both(
        found,
        choices.flatMap((choice) => alternativesOf(choice, api)),
      );
  }
  found = found.flatMap(ofOneType);
  return fields.nullable === true ? [...found, { type: 'null' }] : found;
}

/** @param {Fields} schema @returns {Fields[]} */
function ofOneType({ const: only, ...schema }) {
  if (only !== undefined) schema.enum = [only];
  const values = schema.enum === undefined ? undefined : listOf(schema.enum);
  const types = Array.isArray(schema.type) ? schema.type : [schema.type ?? typeOf(values)];
  return types.map((type) => {
    // With several types a list of values tells of all of them.
    const own = values?.filter((value) => types.length === 1 || typeOf([value]) === type);
    return { ...schema, type, ...(own !== undefined && { enum: own }) };
  });
}

/** @param {unknown[] | undefined} values */
function typeOf(values) {
  const types = new Set(values?.map((value) => (value === null ? 'null' : typeof value)));
  return types.size === 1 ? [...types][0] : undefined;
}

/** Every pair that fits together. @param {Fields[]} left @param {Fields[]} right @returns {Fields[]} */
function both(left, right) {
  return left.flatMap((one) => right.filter((other) => fits(one, other)).map((other) => merged(one, other)));
}

/** @param {Fields} one @param {Fields} other */
const fits = (one, other) => one.type === undefined || other.type === undefined || one.type === other.type;

/** @param {Fields} one @param {Fields} other @returns {Fields} */
function merged(one, other) {
  const { type, properties, required, ...rest } = { ...one, ...other };
  return {
    ...rest,
    type: other.type ?? one.type ?? type,
    ...(properties !== undefined && { properties: { ...fieldsOf(one.properties), ...fieldsOf(other.properties) } }),
    ...(required !== undefined && { required: [...listOf(one.required), ...listOf(other.required)] }),
  };
}
