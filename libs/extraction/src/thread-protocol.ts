import type { IngestionFailureCode } from '@vectorlane/errors';
import type { PackedDocument } from './document-transfer';

/** What crosses between this process and a parser thread, one request at a time. */
export interface ExtractionRequest {
  readonly format: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly filename: string;
  readonly declaredCharset?: string;
}

export type ExtractionReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'document'; readonly document: PackedDocument }
  /** The parser's verdict on the file. */
  | { readonly kind: 'failure'; readonly code: IngestionFailureCode; readonly message: string; readonly cause?: string }
  /** A mistake of ours: the parser threw what it must not. */
  | { readonly kind: 'error'; readonly stack: string };
