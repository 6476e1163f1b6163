export {
  EMBEDDING_PROVIDER,
  type EmbeddingProvider,
  type EmbeddingSpace,
  type TokenOffsets,
} from './embedding-provider';
export { EmbeddingsModule } from './embeddings.module';
export { ModelFilesError } from './local/model-files';
export { EmbeddingEndpointError } from './remote/learned-dimension';
