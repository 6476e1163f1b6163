import { errorText } from '@vectorlane/errors';
import { stdSerializers } from 'pino';

/** pino's own form of an error (message, stack, causes), redacted as everywhere else. */
export function serializeError(error: Error): unknown {
  const serialized: unknown = stdSerializers.err(error);
  if (!isRecord(serialized)) return serialized;
  for (const field of ['message', 'stack']) {
    const text = serialized[field];
    if (typeof text === 'string') serialized[field] = errorText(error, text);
  }
  return serialized;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
