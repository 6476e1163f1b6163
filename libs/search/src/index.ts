export { SearchModule } from './search.module';
export { SearchService } from './search.service';
export { SEARCH_MODES, type SearchHit, type SearchMode, type SearchRequest } from './search.types';
