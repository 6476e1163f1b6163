import type { IncomingMessage } from 'node:http';
import { ExchangeError } from './exchange-error';

export interface AnswerBounds {
  /** Of an answer; one that is an error is cut off earlier. */
  readonly maxBytes: number;
  /** What becomes of a longer one. @default 'fault' */
  readonly beyond?: 'fault' | 'cut';
  /**
   * Where the status alone decides: longest wait for the body, in milliseconds. What has come by then, or until it
   * broke off, is taken.
   */
  readonly bodyWithinMs?: number;
}

/** An answer that is an error is read so far and no further. */
const MAX_ERROR_BYTES = 16_384;

/** @throws ExchangeError */
export function collectAnswer(response: IncomingMessage, bounds: AnswerBounds): Promise<Buffer> {
  const { statusCode: status = 0 } = response;
  const isError = status < 200 || status > 299;
  const limit = isError ? Math.min(MAX_ERROR_BYTES, bounds.maxBytes) : bounds.maxBytes;
  const isCut = isError || bounds.beyond === 'cut';
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    const finish = (): void => {
      clearTimeout(timer);
      resolve(Buffer.concat(parts).subarray(0, limit));
    };
    const fail = (error: ExchangeError): void => {
      clearTimeout(timer);
      reject(error);
    };
    const brokenOff = (): void => {
      if (bounds.bodyWithinMs === undefined) fail(new ExchangeError('lost', 'broke off in the middle of its answer'));
      else finish();
    };
    const timer = bounds.bodyWithinMs === undefined ? undefined : setTimeout(finish, bounds.bodyWithinMs);
    response.on('data', (part: Buffer) => {
      if (bytes > limit) return;
      bytes += part.length;
      parts.push(part);
      if (bytes <= limit) return;
      if (isCut) finish();
      else fail(new ExchangeError('too-large', `answered with more than ${limit} bytes`));
    });
    response.on('end', finish);
    response.on('error', brokenOff);
    response.on('close', brokenOff);
  });
}
