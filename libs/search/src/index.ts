export { SearchModule } from './search.module';
export { SearchService } from './search.service';
export {
  type MetadataCondition,
  SEARCH_MODES,
  type SearchFilter,
  type SearchHit,
  type SearchMode,
  type SearchRequest,
} from './search.types';
