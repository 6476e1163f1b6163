export {
  EMBEDDING_PROVIDER,
  type EmbeddingProvider,
  type EmbeddingSpace,
  type TokenOffsets,
} from './embedding-provider';
export { EmbeddingsModule } from './embeddings.module';
export { ModelFilesError } from './model-files';
export { EmbeddingEndpointError } from './learned-dimension';
