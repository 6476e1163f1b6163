import { Injectable } from '@nestjs/common';
import type { Principal } from '@vectorlane/auth';
import { Config } from '@vectorlane/config';
import {
  type Chunking,
  type CollectionScope,
  CollectionsRepository,
  type Document,
  FilesRepository,
  type KeptFile,
  type VectorStore,
  VectorStoresRepository,
} from '@vectorlane/documents';
import { Problem } from '@vectorlane/errors';
import { IngestionService } from '@vectorlane/ingestion';
import { keyOfStore, storeFileBody, type StoreFileBody } from './openai.bodies';
import type { AttachFile, ChunkingStrategy } from './openai.schemas';

/** A vector store as its caller sees it. */
export interface OpenStore {
  readonly store: VectorStore;
  /** Of the store alone. */
  readonly scope: CollectionScope;
  /** Of who has opened it. */
  readonly keyId: string;
}

/** What the controllers of vector stores share: finding one, and putting files into it. */
@Injectable()
export class VectorStoresService {
  constructor(
    private readonly config: Config,
    private readonly collections: CollectionsRepository,
    private readonly stores: VectorStoresRepository,
    private readonly files: FilesRepository,
    private readonly ingestion: IngestionService,
  ) {}

  /** @throws Problem `COLLECTION_NOT_FOUND` */
  async open(caller: Principal, id: string): Promise<OpenStore> {
    const store = await this.stores.find(await this.collections.scopeOf(caller), keyOfStore(id));
    const scope = await this.collections.scopeOf(caller, [store.collection]);
    return { store, scope, keyId: caller.keyId };
  }

  /** To search in or to put files into. @throws Problem `COLLECTION_NOT_FOUND`, `INVALID_REQUEST` (it has expired) */
  async openLive(caller: Principal, id: string): Promise<OpenStore> {
    const open = await this.open(caller, id);
    if (!open.store.isExpired) return open;
    throw new Problem('INVALID_REQUEST', 'The vector store has expired. Make a new one of the same files.', {
      field: 'vector_store_id',
    });
  }

  /** @throws Problem `FILE_NOT_FOUND` */
  async file(caller: Principal, fileId: string): Promise<KeptFile> {
    return this.files.find(caller, await this.collections.scopeOf(caller), fileId);
  }

  /**
   * Makes a document of the file, or takes what is said of it over where there is one already.
   * @throws Problem `UNSUPPORTED_FORMAT`, `FILE_NOT_FOUND`
   */
  async attach(
    { store, scope, keyId }: OpenStore,
    file: KeptFile,
    said: Pick<AttachFile, 'attributes' | 'chunking_strategy'>,
  ): Promise<Document> {
    const { document, duplicate } = await this.ingestion.attach(file, {
      collection: store.key,
      uploadedBy: keyId,
      filename: file.filename,
      declaredType: file.declaredType ?? undefined,
      metadata: said.attributes ?? undefined,
      externalId: file.fileId,
      chunking: chunkingOf(said.chunking_strategy),
    });
    const isFailed = duplicate && document.status === 'failed';
    return isFailed ? this.ingestion.retry(scope, document.id) : document;
  }

  fileBody(document: Document, key: string): StoreFileBody {
    const { CHUNK_TOKENS: maxTokens, CHUNK_OVERLAP_TOKENS: overlapTokens } = this.config;
    return storeFileBody(document, key, { maxTokens, overlapTokens });
  }
}

function chunkingOf(strategy: ChunkingStrategy | null | undefined): Chunking | undefined {
  if (strategy?.type !== 'static') return undefined;
  const { max_chunk_size_tokens: maxTokens, chunk_overlap_tokens: overlapTokens } = strategy.static;
  return { maxTokens, overlapTokens };
}
