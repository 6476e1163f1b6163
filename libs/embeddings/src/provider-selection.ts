import type { Config } from '@vectorlane/config';
import type { ShutdownSequence } from '@vectorlane/shutdown';
import { join } from 'node:path';
import type { EmbeddingProvider } from './embedding-provider';
import { LocalEmbeddingProvider, type LoadableWeights } from './local-embedding.provider';
import { locateModel, readModelFiles, type ModelFiles } from './model-files';
import { quantisedWeights } from './quantised-weights';
import { RemoteEmbeddingProvider, type RemoteEmbeddingOptions } from './remote-embedding.provider';

/**
 * Decides, from the settings alone, where vectors come from. The one place to change for a further provider.
 * @throws ModelFilesError when the configured local model cannot be used
 */
export async function selectProvider(config: Config, shutdown: ShutdownSequence): Promise<EmbeddingProvider> {
  const { EMBEDDING_API_URL: baseUrl, EMBEDDING_API_MODEL: model } = config;
  if (baseUrl !== undefined && model !== undefined) {
    const provider = new RemoteEmbeddingProvider(remoteOptions(config, baseUrl, model));
    shutdown.add('engines', 'embedding endpoint', () => provider.close());
    return provider;
  }
  const files = await readModelFiles(locateModel(config.EMBEDDING_MODEL_PATH));
  const provider = new LocalEmbeddingProvider(files, await loadableWeights(config, files), {
    threads: config.EMBEDDING_THREADS,
    timeoutMs: config.EMBEDDING_TIMEOUT_MS,
  });
  shutdown.add('engines', 'embedding threads', () => provider.close());
  return provider;
}

function remoteOptions(config: Config, baseUrl: string, model: string): RemoteEmbeddingOptions {
  return {
    baseUrl,
    token: config.EMBEDDING_API_KEY,
    model,
    revision: config.EMBEDDING_API_REVISION,
    dimension: config.EMBEDDING_API_DIMENSIONS,
    queryPrefix: config.EMBEDDING_QUERY_PREFIX,
    passagePrefix: config.EMBEDDING_PASSAGE_PREFIX,
    windowTokens: config.EMBEDDING_API_WINDOW_TOKENS,
    chunkTokens: config.CHUNK_TOKENS,
    batchTexts: config.EMBEDDING_API_BATCH_TEXTS,
    batchTokens: config.EMBEDDING_API_BATCH_TOKENS,
    concurrency: config.EMBEDDING_API_CONCURRENCY,
    requestTimeoutMs: config.EMBEDDING_API_TIMEOUT_MS,
    timeoutMs: config.EMBEDDING_TIMEOUT_MS,
  };
}

async function loadableWeights(config: Config, files: ModelFiles): Promise<LoadableWeights> {
  if (config.EMBEDDING_NUMBER_TYPE === 'fp32') return { numberType: 'fp32', weights: files.weightsPath };
  return { numberType: 'int8', weights: await quantisedWeights(files, join(config.DATA_DIR, 'models')) };
}
