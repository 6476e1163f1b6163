import { Module } from '@nestjs/common';
import { Config } from '@vectorlane/config';
import { DocumentsModule } from '@vectorlane/documents';
import { EmbeddingsModule } from '@vectorlane/embeddings';
import { ShutdownSequence } from '@vectorlane/shutdown';
import { CandidateSearch } from './candidate-search';
import { KeywordSearch } from './keyword-search';
import { RERANKER } from './rerank/reranker';
import { selectReranker } from './rerank/reranker-selection';
import { RecallProbe } from './recall-probe';
import { SearchService } from './search.service';

@Module({
  imports: [DocumentsModule, EmbeddingsModule],
  providers: [
    SearchService,
    CandidateSearch,
    KeywordSearch,
    RecallProbe,
    { provide: RERANKER, inject: [Config, ShutdownSequence], useFactory: selectReranker },
  ],
  exports: [SearchService],
})
export class SearchModule {}
