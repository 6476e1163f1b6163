import { Module } from '@nestjs/common';
import { DocumentsModule } from '@vectorlane/documents';
import { EmbeddingsModule } from '@vectorlane/embeddings';
import { CandidateSearch } from './candidate-search';
import { KeywordSearch } from './keyword-search';
import { RecallProbe } from './recall-probe';
import { SearchService } from './search.service';

@Module({
  imports: [DocumentsModule, EmbeddingsModule],
  providers: [SearchService, CandidateSearch, KeywordSearch, RecallProbe],
  exports: [SearchService],
})
export class SearchModule {}
