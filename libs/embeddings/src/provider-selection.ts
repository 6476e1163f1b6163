import type { Config } from '@vectorlane/config';
import type { ShutdownSequence } from '@vectorlane/shutdown';
import { join } from 'node:path';
import type { EmbeddingProvider } from './embedding-provider';
import { LocalEmbeddingProvider, type LoadableWeights } from './local-embedding.provider';
import { locateModel, readModelFiles, type ModelFiles } from './model-files';
import { quantisedWeights } from './quantised-weights';

/**
 * Decides, from the settings alone, where vectors come from. The one place to change for a further provider.
 * @throws ModelFilesError when the configured model cannot be used
 */
export async function selectProvider(config: Config, shutdown: ShutdownSequence): Promise<EmbeddingProvider> {
  const files = await readModelFiles(locateModel(config.EMBEDDING_MODEL_PATH));
  const provider = new LocalEmbeddingProvider(files, await loadableWeights(config, files), {
    threads: config.EMBEDDING_THREADS,
    timeoutMs: config.EMBEDDING_TIMEOUT_MS,
  });
  shutdown.add('engines', 'embedding threads', () => provider.close());
  return provider;
}

async function loadableWeights(config: Config, files: ModelFiles): Promise<LoadableWeights> {
  if (config.EMBEDDING_NUMBER_TYPE === 'fp32') return { numberType: 'fp32', weights: files.weightsPath };
  return { numberType: 'int8', weights: await quantisedWeights(files, join(config.DATA_DIR, 'models')) };
}
