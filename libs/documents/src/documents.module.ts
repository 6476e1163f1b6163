import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ChunksRepository } from './chunks.repository';
import { ContentsRepository } from './contents.repository';
import { Document } from './document.entity';
import { DocumentsRepository } from './documents.repository';
import { EmbeddingSpacesRepository } from './embedding-spaces.repository';
import { IngestionLedger } from './ingestion-ledger';

const repositories = [
  DocumentsRepository,
  ContentsRepository,
  ChunksRepository,
  IngestionLedger,
  EmbeddingSpacesRepository,
];

/** What we keep: documents, their bytes, texts, chunks and vectors, and the status moves between them. */
@Module({
  imports: [TypeOrmModule.forFeature([Document])],
  providers: repositories,
  exports: repositories,
})
export class DocumentsModule {}
