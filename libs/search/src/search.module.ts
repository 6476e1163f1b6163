import { Module } from '@nestjs/common';
import { DocumentsModule } from '@vectorlane/documents';
import { EmbeddingsModule } from '@vectorlane/embeddings';
import { KeywordSearch } from './keyword-search';
import { SearchService } from './search.service';

@Module({
  imports: [DocumentsModule, EmbeddingsModule],
  providers: [SearchService, KeywordSearch],
  exports: [SearchService],
})
export class SearchModule {}
