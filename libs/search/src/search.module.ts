import { Module } from '@nestjs/common';
import { DocumentsModule } from '@vectorlane/documents';
import { EmbeddingsModule } from '@vectorlane/embeddings';
import { CorpusStatistics } from './corpus-statistics';
import { KeywordSearch } from './keyword-search';
import { SearchService } from './search.service';
import { VectorSearch } from './vector-search';

@Module({
  imports: [DocumentsModule, EmbeddingsModule],
  providers: [SearchService, VectorSearch, KeywordSearch, CorpusStatistics],
  exports: [SearchService],
})
export class SearchModule {}
