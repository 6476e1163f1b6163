import { stdSerializers } from 'pino';

/** SQLSTATE class 22: PostgreSQL quotes the value it could not take, and the value is somebody's text. */
const DATA_EXCEPTION = /^22/;
const MOST_CAUSES = 10;

/** pino's own form of an error (message, stack, causes), without the values that a database puts into its messages. */
export function serializeError(error: Error): unknown {
  const serialized: unknown = stdSerializers.err(error);
  if (!isRecord(serialized)) return serialized;
  for (const inner of withCauses(error)) {
    if (!isDataException(inner)) continue;
    const harmless = inner.message.replace(/"[^]*"/, '"…"');
    for (const field of ['message', 'stack']) {
      const text = serialized[field];
      if (typeof text === 'string') serialized[field] = text.replaceAll(inner.message, harmless);
    }
  }
  return serialized;
}

function* withCauses(error: Error): Generator<Error> {
  let inner: unknown = error;
  for (let depth = 0; inner instanceof Error && depth < MOST_CAUSES; depth += 1) {
    yield inner;
    inner = inner.cause;
  }
}

function isDataException(error: Error): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && DATA_EXCEPTION.test(code);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
