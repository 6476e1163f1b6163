export { LEFT_OUT, TABLES } from './backup/backed-up-tables';
export { RestoreRepository, type RestoreTarget } from './backup/restore.repository';
export { SnapshotRepository, type SnapshotSection } from './backup/snapshot.repository';
export { asKept, isBytes, isVector, type RawRow } from './backup/table-columns';
export { ChunksRepository, type EmbeddedChunk, type StoredChunk } from './chunks.repository';
export { CollectionScope } from './collections/collection-scope';
export {
  type Beholder,
  type Collection,
  type CollectionChange,
  CollectionsRepository,
} from './collections/collections.repository';
export { DeletedCollectionsRepository } from './collections/deleted-collections.repository';
export { ContentGoneError, ContentsRepository, FOREIGN_KEY_VIOLATION, wholeOf } from './contents.repository';
export { type Chunking, type Document, type DocumentMetadata, type WorkCounts } from './document';
export { DocumentsModule } from './documents.module';
export {
  type DocumentFilter,
  DocumentListRepository,
  DocumentOrder,
  type ListOrder,
  type Total,
} from './document-list.repository';
export { type Changeable, DocumentsRepository } from './documents.repository';
export {
  createVectorIndex,
  createVectorTable,
  EmbeddingSpacesRepository,
  type SpaceIdentity,
  SpaceMismatchError,
  type StoredSpace,
  tableOf as vectorTableOf,
} from './embedding-spaces.repository';
export { type FileBatch, FileBatchesRepository, type FileBatchItem } from './files/file-batches.repository';
export { fileIdFrom, fileIdOf } from './files/file-id';
export { FilesRepository, type KeptFile } from './files/files.repository';
export { StoreFilesRepository } from './files/store-files.repository';
export { type VectorStore, type VectorStoreChange, VectorStoresRepository } from './files/vector-stores.repository';
export type { Stretch, AgePage } from './files/age-page';
export { FailedDocumentsRepository } from './failed-documents.repository';
export { VectorConversionRepository } from './vector-conversion.repository';
export { type Claim, type LedgerProgress, StaleClaimError } from './claim';
export { type Cost, type Failure, IngestionLedger, type Unfinished } from './ingestion-ledger';
export { ManifestRepository, type ManifestItem, type ManifestReading } from './manifest.repository';
export { type Adoption, type NewDocument, type Said, UploadsRepository } from './uploads.repository';
export { type FormatChange, ReprocessedDocumentsRepository } from './reprocessed-documents.repository';
export { vectorParameter } from './vector-parameter';
export { filterCondition, isPlain, matchesNothing, type SearchFilter } from './search/filter-condition';
export { FilterReach } from './search/filter-reach';
export { SqlParameters } from './search/sql-parameters';
export { type Passage, PassagesRepository } from './search/passages.repository';
export { type Moment, SwitchesRepository } from './search/switches.repository';
export { type Neighbour, VectorsRepository } from './search/vectors.repository';
export { encodePostings, type Posting, type UnpackedPostings, unpackPostings } from './search/postings';
export { WordIndexRepository } from './search/word-index.repository';
export { type LanguageTotals, type WordReading, type WordRun, WordsRepository } from './search/words.repository';
