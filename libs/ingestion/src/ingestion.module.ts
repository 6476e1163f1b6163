import { type DynamicModule, Module } from '@nestjs/common';
import { DocumentsModule } from '@vectorlane/documents';
import { Lane } from '@vectorlane/domain';
import { EmbeddingsModule } from '@vectorlane/embeddings';
import { ExtractionModule } from '@vectorlane/extraction';
import { DependencyCircuits } from './dependency-circuits';
import { DocumentProcessor } from './document-processor';
import { FilesService } from './files.service';
import { IngestionObserver } from './ingestion-observer';
import { IngestionPipeline } from './ingestion.pipeline';
import { IngestionRuntime } from './ingestion-runtime';
import { IngestionScheduler } from './ingestion-scheduler';
import { IngestionService } from './ingestion.service';
import { IntakeLimit } from './intake-limit';
import { documentProcessorOf } from './lane-processors';
import { PageViews } from './page-views';
import { Reconciler } from './reconciler';
import { Spool } from './spool';
import { IndexKeeper } from './index-keeper';

@Module({})
export class IngestionModule {
  /** @param consumes whether this process works the lanes or only accepts documents */
  static register({ consumes }: { consumes: boolean }): DynamicModule {
    return {
      module: IngestionModule,
      imports: [DocumentsModule, EmbeddingsModule, ExtractionModule],
      providers: [
        IngestionService,
        FilesService,
        IngestionScheduler,
        IntakeLimit,
        IngestionPipeline,
        IngestionObserver,
        DependencyCircuits,
        DocumentProcessor,
        IngestionRuntime,
        PageViews,
        Reconciler,
        IndexKeeper,
        Spool,
        ...(consumes ? Lane.options.map(documentProcessorOf) : []),
      ],
      exports: [IngestionService, FilesService, IngestionRuntime, PageViews, Reconciler],
    };
  }
}
