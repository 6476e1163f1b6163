import type { Config } from '@vectorlane/config';
import type { ShutdownSequence } from '@vectorlane/shutdown';
import { join } from 'node:path';
import type { EmbeddingProvider } from './embedding-provider';
import { LocalEmbeddingProvider, type LoadableWeights } from './local/local-embedding.provider';
import { describeDefaultModel, locateModel, readModelFiles, type ModelFiles } from './local/model-files';
import { quantisedWeights } from './quantise/quantised-weights';
import { RemoteEmbeddingProvider, type RemoteEmbeddingOptions } from './remote/remote-embedding.provider';

/**
 * Decides, from the settings alone, where vectors come from: an endpoint or a local model that is named, else the AI
 * worker where there is one, else the local default. The one place to change for a further provider.
 * @throws ModelFilesError when the configured local model cannot be used
 */
export async function selectProvider(config: Config, shutdown: ShutdownSequence): Promise<EmbeddingProvider> {
  const remote = await remoteOptions(config);
  if (remote !== undefined) {
    const provider = new RemoteEmbeddingProvider(remote);
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

async function remoteOptions(config: Config): Promise<RemoteEmbeddingOptions | undefined> {
  const { EMBEDDING_API_URL: endpoint, EMBEDDING_API_MODEL: model, AI_WORKER_URL: aiWorker } = config;
  const bounds = {
    chunkTokens: config.CHUNK_TOKENS,
    batchTexts: config.EMBEDDING_API_BATCH_TEXTS,
    batchTokens: config.EMBEDDING_API_BATCH_TOKENS,
    concurrency: config.EMBEDDING_API_CONCURRENCY,
    requestTimeoutMs: config.EMBEDDING_API_TIMEOUT_MS,
    timeoutMs: config.EMBEDDING_TIMEOUT_MS,
  };
  if (endpoint !== undefined && model !== undefined) {
    return {
      baseUrl: endpoint,
      token: config.EMBEDDING_API_KEY,
      model,
      revision: config.EMBEDDING_API_REVISION,
      dimension: config.EMBEDDING_API_DIMENSIONS,
      queryPrefix: config.EMBEDDING_QUERY_PREFIX,
      passagePrefix: config.EMBEDDING_PASSAGE_PREFIX,
      windowTokens: config.EMBEDDING_API_WINDOW_TOKENS,
      ...bounds,
    };
  }
  if (aiWorker === undefined || config.EMBEDDING_MODEL_PATH !== undefined) return undefined;
  const knownModel = await describeDefaultModel();
  return {
    baseUrl: `${aiWorker.replace(/\/+$/, '')}/v1`,
    token: config.AI_WORKER_TOKEN,
    model: knownModel.name,
    dimension: knownModel.dimension,
    windowTokens: knownModel.windowTokens,
    knownModel,
    ...bounds,
  };
}

async function loadableWeights(config: Config, files: ModelFiles): Promise<LoadableWeights> {
  if (config.EMBEDDING_NUMBER_TYPE === 'fp32') return { numberType: 'fp32', weights: files.weightsPath };
  return { numberType: 'int8', weights: await quantisedWeights(files, join(config.DATA_DIR, 'models')) };
}
