import { Module } from '@nestjs/common';
import { DocumentsModule } from '@vectorlane/documents';
import { EmbeddingsModule } from '@vectorlane/embeddings';
import { CandidateSearch } from './candidate-search';
import { KeywordSearch } from './keyword-search';
import { SearchService } from './search.service';

@Module({
  imports: [DocumentsModule, EmbeddingsModule],
  providers: [SearchService, CandidateSearch, KeywordSearch],
  exports: [SearchService],
})
export class SearchModule {}
