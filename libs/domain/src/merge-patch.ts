type JsonObject = Readonly<Record<string, unknown>>;

/** JSON merge patch (RFC 7396) of an object: what is given replaces, null removes, objects are gone into. */
export function mergePatch(target: JsonObject, patch: JsonObject): Record<string, unknown> {
  const merged = new Map(Object.entries(target));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else if (isObject(value)) merged.set(name, mergePatch(objectOr(merged.get(name)), value));
    else merged.set(name, value);
  }
  // Made from entries, so that a key called `__proto__` is one like any other.
  return Object.fromEntries(merged);
}

function objectOr(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
