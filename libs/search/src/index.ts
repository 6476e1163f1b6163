export { SearchModule } from './search.module';
export { SearchService } from './search.service';
export type { SearchHit, SearchRequest } from './search.types';
