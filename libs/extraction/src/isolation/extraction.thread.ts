import { parentPort } from 'node:worker_threads';
import { RecognisedImageExtractor } from '../ai-worker/recognised-image.extractor';
import { transferables } from './document-transfer';
import { createExtractors, indexExtractors } from '../extractors';
import { answerRequest, type ExtractionReply, type ExtractionRequest } from './parser-protocol';

/** Entry of a parser thread: parses one file at a time, synchronously, away from the event loop of the program. */

const port = parentPort;
if (port === null) throw new Error('extraction.thread runs as a worker thread only');
const extractors = indexExtractors([...createExtractors(), new RecognisedImageExtractor()]);

port.on('message', (request: ExtractionRequest) => {
  // An unhandled rejection ends the thread, and its owner reports the file's failure.
  void answerRequest(extractors, request).then((answer) =>
    port.postMessage(answer, answer.kind === 'document' ? transferables(answer.document) : []),
  );
});
port.postMessage({ kind: 'ready' } satisfies ExtractionReply);
