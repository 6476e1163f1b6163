import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';

/** Answers with the original bytes of an upload: somebody else's, so never rendered in our origin, whatever it is. */
export async function sendContent(
  response: Response,
  parts: AsyncGenerator<Buffer>,
  { filename, mediaType, sizeBytes }: { filename: string; mediaType: string; sizeBytes: number },
): Promise<void> {
  // The first part before the first header: what goes wrong up to here is still told in words.
  const first = await parts.next();
  response.attachment(filename);
  response.setHeader('Content-Type', mediaType); // attachment() guesses one from the name
  response.setHeader('Content-Length', String(sizeBytes));
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Content-Security-Policy', "sandbox; default-src 'none'");
  try {
    await pipeline(Readable.from(startingWith(first, parts)), response);
  } catch (error) {
    // The client went away: its right. Anything else has cut the response, which is all that can be said by now.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}

async function* startingWith<T>(first: IteratorResult<T>, rest: AsyncIterable<T>): AsyncGenerator<T> {
  if (first.done) return;
  yield first.value;
  yield* rest;
}
