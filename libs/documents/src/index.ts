export { ChunksRepository, type EmbeddedChunk, HEADING_SEPARATOR, type StoredChunk } from './chunks.repository';
export { ContentGoneError, ContentsRepository } from './contents.repository';
export { decodeChunkCursor, decodeDocumentCursor } from './cursor';
export {
  Document,
  DOCUMENT_STAGES,
  DOCUMENT_STATUSES,
  type DocumentMetadata,
  type DocumentStage,
  type DocumentStatus,
  type StageTimings,
} from './document.entity';
export { DocumentsModule } from './documents.module';
export { type DocumentFilter, DocumentsRepository, type NewDocument, type Page } from './documents.repository';
export {
  createVectorIndex,
  createVectorTable,
  EmbeddingSpacesRepository,
  type SpaceIdentity,
  SpaceMismatchError,
  type StoredSpace,
  tableOf as vectorTableOf,
} from './embedding-spaces.repository';
export {
  type Claim,
  type Cost,
  type Failure,
  IngestionLedger,
  StaleClaimError,
  type Unfinished,
} from './ingestion-ledger';
export { vectorParameter } from './vector-parameter';
