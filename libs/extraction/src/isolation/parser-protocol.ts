import { IngestionFailure, type IngestionFailureCode } from '@vectorlane/errors';
import { packDocument, type PackedDocument } from './document-transfer';
import type { TextExtractor } from '../text-extractor';

/** What crosses between this program and a parser in a thread or process of its own, one request at a time. */
export interface ExtractionRequest {
  readonly format: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly filename: string;
  readonly declaredCharset?: string;
  readonly recognition?: { readonly answer?: Uint8Array };
}

export type ExtractionReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'document'; readonly document: PackedDocument }
  /** The parser's verdict on the file. */
  | { readonly kind: 'failure'; readonly code: IngestionFailureCode; readonly message: string; readonly cause?: string }
  /** A mistake of ours: the parser threw what it must not. */
  | { readonly kind: 'error'; readonly stack: string };

// The parser is ended from outside; nobody beside it would ever abort.
const never = new AbortController().signal;

/** The parser's side: whatever happens to a request becomes a reply. */
export async function answerRequest(
  extractors: ReadonlyMap<string, TextExtractor>,
  request: ExtractionRequest,
): Promise<ExtractionReply> {
  try {
    const extractor = extractors.get(request.format);
    if (extractor === undefined) throw new Error(`there is no extractor for "${request.format}" in this parser`);
    return { kind: 'document', document: packDocument(await extractor.extract(request, never)) };
  } catch (error) {
    if (!(error instanceof IngestionFailure)) {
      return { kind: 'error', stack: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
    const cause = error.cause instanceof Error ? { cause: error.cause.message } : {};
    return { kind: 'failure', code: error.code, message: error.message, ...cause };
  }
}
