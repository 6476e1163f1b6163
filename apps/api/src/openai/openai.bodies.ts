import {
  type Document,
  fileIdOf,
  type KeptFile,
  type Stretch,
  type VectorStore,
  type AgePage,
} from '@vectorlane/documents';
import type { IngestionFailureCode } from '@vectorlane/errors';
import { Problem } from '@vectorlane/errors';

/** What OpenAI's interface answers with. */

export type Attributes = Record<string, string | number | boolean>;
type FileStatus = 'in_progress' | 'completed' | 'failed' | 'cancelled';

const STORE = 'vs_';
const BATCH = 'vsfb_';
const UUID = /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/;

/** The key in a vector store's id. @throws Problem `COLLECTION_NOT_FOUND` for what cannot be one */
export function keyOfStore(id: string): string {
  if (/^vs_[\w-]{1,64}$/.test(id)) return id.slice(STORE.length);
  throw new Problem('COLLECTION_NOT_FOUND', `There is no vector store "${id.slice(0, 100)}".`, {
    field: 'vector_store_id',
  });
}

export const storeId = (key: string): string => `${STORE}${key}`;

/** @returns nothing where it cannot be one */
export function uuidOfBatch(id: string): string | undefined {
  return id.startsWith(BATCH) ? UUID.exec(id.slice(BATCH.length))?.slice(1).join('-') : undefined;
}

export const batchId = (uuid: string): string => `${BATCH}${uuid.replaceAll('-', '')}`;

export function seconds(moment: Date): number {
  return Math.floor(moment.getTime() / 1_000);
}

/** A page by ids of the interface as one by ids of ours. */
export function agePageOf({ limit, order, after, before }: AgePage, own: (id: string) => string = (id) => id): AgePage {
  return {
    ...{ limit, order },
    ...(after !== undefined && { after: own(after) }),
    ...(before !== undefined && { before: own(before) }),
  };
}

export function listBody<T extends { readonly id: string }>(data: readonly T[], hasMore: boolean): object {
  return { object: 'list', data, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null, has_more: hasMore };
}

export function pageBody<T, Body extends { readonly id: string }>(page: Stretch<T>, body: (item: T) => Body): object {
  return listBody(page.items.map(body), page.hasMore);
}

export function fileBody(file: KeptFile): { readonly id: string } {
  const body = {
    id: file.fileId,
    object: 'file',
    bytes: file.sizeBytes,
    created_at: seconds(file.createdAt),
    filename: file.filename,
    purpose: file.purpose,
    status: 'processed',
    status_details: null,
    expires_at: file.expiresAt === null ? null : seconds(file.expiresAt),
  };
  return body;
}

export function storeBody(store: VectorStore): { readonly id: string } {
  const { inProgress, completed, failed, expiresAfterDays } = store;
  const total = inProgress + completed + failed;
  const body = {
    id: storeId(store.key),
    object: 'vector_store',
    created_at: seconds(store.createdAt),
    name: store.title,
    usage_bytes: store.bytes,
    file_counts: { in_progress: inProgress, completed, failed, cancelled: 0, total },
    status: store.isExpired ? 'expired' : inProgress > 0 ? 'in_progress' : 'completed',
    expires_after: expiresAfterDays === null ? null : { anchor: 'last_active_at', days: expiresAfterDays },
    expires_at: store.expiresAt === null ? null : seconds(store.expiresAt),
    last_active_at: seconds(store.lastActiveAt),
    metadata: textsOf(store.metadata),
  };
  return body;
}

export interface StoreFileBody {
  readonly id: string;
  readonly status: FileStatus;
}

/** @param usual how documents are cut for which nobody says it */
export function storeFileBody(
  document: Document,
  key: string,
  usual: { readonly maxTokens: number; readonly overlapTokens: number },
): StoreFileBody {
  const { maxTokens, overlapTokens } = document.chunking ?? usual;
  const status = fileStatus(document);
  const body = {
    id: fileIdOf(document),
    object: 'vector_store.file',
    created_at: seconds(document.createdAt),
    vector_store_id: storeId(key),
    usage_bytes: document.visibleGeneration === null ? 0 : document.sizeBytes,
    status,
    last_error:
      document.failureCode === null
        ? null
        : { code: errorCode(document.failureCode), message: document.failureMessage ?? '' },
    chunking_strategy: {
      type: 'static',
      static: { max_chunk_size_tokens: maxTokens, chunk_overlap_tokens: overlapTokens },
    },
    attributes: attributesOf(document.metadata),
  };
  return body;
}

export function fileStatus({ status }: Pick<Document, 'status'>): FileStatus {
  return status === 'completed' || status === 'failed' ? status : 'in_progress';
}

/** A member of a batch of which there is no document. */
export function goneFileBody(
  { fileId, code, message }: { readonly fileId: string; readonly code: string | null; readonly message: string | null },
  key: string,
  createdAt: Date,
): StoreFileBody {
  const body = {
    id: fileId,
    object: 'vector_store.file',
    created_at: seconds(createdAt),
    vector_store_id: storeId(key),
    usage_bytes: 0,
    status: code === null ? ('cancelled' as const) : ('failed' as const),
    last_error: code === null ? null : { code, message: message ?? '' },
    attributes: {},
  };
  return body;
}

export function errorCode(code: IngestionFailureCode | 'UNSUPPORTED_FORMAT'): string {
  switch (code) {
    case 'UNSUPPORTED_FORMAT':
      return 'unsupported_file';
    case 'CORRUPT_FILE':
    case 'PASSWORD_PROTECTED':
    case 'EMPTY_CONTENT':
    case 'NEEDS_OCR':
    case 'TOO_LARGE':
      return 'invalid_file';
    default:
      return 'server_error';
  }
}

/** What of a document's metadata can be an attribute. */
export function attributesOf(metadata: Readonly<Record<string, unknown>>): Attributes {
  return Object.fromEntries(Object.entries(metadata).filter((pair): pair is [string, string] => isScalar(pair[1])));
}

/** What attributes leave of the metadata that a document has: what cannot be one. */
export function withAttributes(
  metadata: Readonly<Record<string, unknown>>,
  attributes: Attributes | null,
): Record<string, unknown> {
  const kept = Object.entries(metadata).filter(([, value]) => !isScalar(value));
  return { ...Object.fromEntries(kept), ...attributes };
}

function textsOf(metadata: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(attributesOf(metadata)).map(([name, value]) => [name, String(value)]));
}

function isScalar(value: unknown): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}
