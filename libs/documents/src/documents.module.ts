import { Module } from '@nestjs/common';
import { ChunksRepository } from './chunks.repository';
import { CollectionsRepository } from './collections/collections.repository';
import { DeletedCollectionsRepository } from './collections/deleted-collections.repository';
import { ContentsRepository } from './contents.repository';
import { DocumentListRepository } from './document-list.repository';
import { DocumentsRepository } from './documents.repository';
import { EmbeddingSpacesRepository } from './embedding-spaces.repository';
import { FileBatchesRepository } from './files/file-batches.repository';
import { FilesRepository } from './files/files.repository';
import { StoreFilesRepository } from './files/store-files.repository';
import { VectorStoresRepository } from './files/vector-stores.repository';
import { FailingKeysGauge } from './failing-keys-gauge';
import { FailedDocumentsRepository } from './failed-documents.repository';
import { ManifestRepository } from './manifest.repository';
import { UnfinishedGauges } from './unfinished-gauges';
import { VectorConversionRepository } from './vector-conversion.repository';
import { IngestionLedger } from './ingestion-ledger';
import { UploadsRepository } from './uploads.repository';
import { FilterReach } from './search/filter-reach';
import { ReprocessedDocumentsRepository } from './reprocessed-documents.repository';
import { PassagesRepository } from './search/passages.repository';
import { SwitchesRepository } from './search/switches.repository';
import { VectorsRepository } from './search/vectors.repository';
import { WordIndexRepository } from './search/word-index.repository';
import { WordsRepository } from './search/words.repository';

const repositories = [
  DocumentsRepository,
  UploadsRepository,
  ManifestRepository,
  DocumentListRepository,
  ContentsRepository,
  ChunksRepository,
  IngestionLedger,
  FailedDocumentsRepository,
  ReprocessedDocumentsRepository,
  EmbeddingSpacesRepository,
  VectorConversionRepository,
  FilterReach,
  VectorsRepository,
  WordsRepository,
  WordIndexRepository,
  PassagesRepository,
  SwitchesRepository,
  CollectionsRepository,
  DeletedCollectionsRepository,
  FilesRepository,
  StoreFilesRepository,
  VectorStoresRepository,
  FileBatchesRepository,
];

/** What we keep: documents, their bytes, texts, chunks and vectors, and the status moves between them. */
@Module({
  providers: [...repositories, UnfinishedGauges, FailingKeysGauge],
  exports: repositories,
})
export class DocumentsModule {}
