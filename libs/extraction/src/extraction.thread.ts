import { IngestionFailure } from '@vectorlane/errors';
import { parentPort } from 'node:worker_threads';
import { packDocument, transferables } from './document-transfer';
import { createExtractors, indexExtractors } from './extractors';
import type { ExtractionReply, ExtractionRequest } from './thread-protocol';

/** Entry of a parser thread: parses one file at a time, synchronously, away from the event loop of the program. */

const port = parentPort;
if (port === null) throw new Error('extraction.thread runs as a worker thread only');
const extractors = indexExtractors(createExtractors());
// The thread is ended from outside; nobody in here would ever abort.
const never = new AbortController().signal;

async function reply(request: ExtractionRequest): Promise<ExtractionReply> {
  try {
    const extractor = extractors.get(request.format);
    if (extractor === undefined) throw new Error(`there is no extractor for "${request.format}" in this thread`);
    return { kind: 'document', document: packDocument(await extractor.extract(request, never)) };
  } catch (error) {
    if (!(error instanceof IngestionFailure)) {
      return { kind: 'error', stack: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
    const cause = error.cause instanceof Error ? { cause: error.cause.message } : {};
    return { kind: 'failure', code: error.code, message: error.message, ...cause };
  }
}

port.on('message', (request: ExtractionRequest) => {
  // An unhandled rejection ends the thread, and its owner reports the file's failure.
  void reply(request).then((answer) =>
    port.postMessage(answer, answer.kind === 'document' ? transferables(answer.document) : []),
  );
});
port.postMessage({ kind: 'ready' } satisfies ExtractionReply);
