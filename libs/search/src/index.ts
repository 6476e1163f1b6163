export { type Reranker, RERANKER } from './rerank/reranker';
export { SearchModule } from './search.module';
export { SearchService } from './search.service';
export type { SearchAnswer, SearchHit, SearchRequest } from './search.types';
