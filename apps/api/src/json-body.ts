import { isUtf8 } from 'node:buffer';
import type { Request } from 'express';
import { Problem } from '@vectorlane/errors';
import { watchPace } from './body-pace';

/** Largest JSON body; files come as multipart and have a limit of their own. */
const JSON_LIMIT_BYTES = 1024 * 1024;

/**
 * Reads a JSON body; an empty one is none, whatever its type says. Stock parsers read one that is too large to its end
 * before they refuse it; this one stops.
 * @throws Problem `TOO_LARGE`, `INVALID_JSON`, `UNSUPPORTED_FORMAT`
 */
export async function readJson(request: Request): Promise<unknown> {
  refuseByHeaders(request);
  const bytes = await readAtMost(request, JSON_LIMIT_BYTES);
  if (bytes.length === 0) return undefined;
  let value: unknown;
  try {
    value = parseJson(utf8(bytes));
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    // V8 says where, and quotes what is there: the position is the caller's, the text stays out of the answer.
    const position = /position (\d+)/.exec(String(cause))?.[1];
    const where = position === undefined ? '' : ` (at character ${position})`;
    throw new Problem('INVALID_JSON', `The body could not be read as JSON${where}.`, { cause });
  }
  if (typeof value !== 'object' || value === null) throw new Problem('INVALID_JSON', 'The body must be a JSON object.');
  return value;
}

const BYTE_ORDER_MARK = Buffer.from('\uFEFF');

/** As a `TextDecoder` that is fatal: without a mark at the front. @throws TypeError for bytes that are not UTF-8 */
export function utf8(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new TypeError('The bytes are not UTF-8.');
  const isMarked = bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK);
  return bytes.toString('utf8', isMarked ? BYTE_ORDER_MARK.length : 0);
}

/** Whether the text may have the name `__proto__` in it, written out or with escapes. */
const MAY_NAME_PROTO = /__proto__|\\u00/i;

/**
 * JSON whose names all survive: objects copied on their way would lose a field called `__proto__` without a word.
 * @throws Problem `INVALID_REQUEST` for such a field, SyntaxError
 */
export function parseJson(text: string): unknown {
  if (!MAY_NAME_PROTO.test(text)) return JSON.parse(text);
  return JSON.parse(text, (name, value: unknown) => {
    if (name === '__proto__') throw new Problem('INVALID_REQUEST', 'A field cannot be called "__proto__".');
    return value;
  });
}

function refuseByHeaders(request: Request): void {
  if (Number(request.headers['content-length'] ?? 0) > JSON_LIMIT_BYTES) throw tooLarge();
  const encoding = request.headers['content-encoding'] ?? 'identity';
  const charset = /charset\s*=\s*"?([^\s";]+)/i.exec(request.headers['content-type'] ?? '')?.[1] ?? 'utf-8';
  if (encoding !== 'identity' || !/^utf-?8$/i.test(charset)) {
    throw new Problem('UNSUPPORTED_FORMAT', 'Send JSON in UTF-8 and without a content encoding.');
  }
}

function readAtMost(request: Request, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let length = 0;
    const settle = (outcome: () => void): void => {
      stopWatching();
      request.off('data', onData).off('end', onEnd).off('close', onClose).pause();
      outcome();
    };
    const refuse = (problem: Problem): void => settle(() => reject(problem));
    const onData = (part: Buffer): void => {
      length += part.length;
      if (length > limit) {
        refuse(tooLarge());
        return;
      }
      parts.push(part);
    };
    const onEnd = (): void => settle(() => resolve(parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts)));
    const onClose = (): void => refuse(new Problem('INVALID_JSON', 'The connection broke off in the body.'));
    request.on('data', onData).on('end', onEnd).on('close', onClose);
    const stopWatching = watchPace(request, refuse);
  });
}

function tooLarge(): Problem {
  return new Problem(
    'TOO_LARGE',
    `A JSON body may have at most ${JSON_LIMIT_BYTES} bytes; send files as multipart/form-data.`,
  );
}
