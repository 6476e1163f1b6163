import type { Config } from '@vectorlane/config';
import type { ShutdownSequence } from '@vectorlane/shutdown';
import { RerankEndpoint } from './rerank-endpoint';
import { NO_RERANKER, type Reranker } from './reranker';

/** Decides, from the settings alone, who reranks. */
export function selectReranker(config: Config, shutdown: ShutdownSequence): Reranker {
  const { RERANK_API_URL: url, RERANK_API_KEY: token, RERANK_API_MODEL: model } = config;
  if (url === undefined) return NO_RERANKER;
  const { RERANK_API_KIND: kind, RERANK_TIMEOUT_MS: timeoutMs } = config;
  const endpoint = new RerankEndpoint({ url, token, model, kind, timeoutMs });
  shutdown.add('engines', 'reranker', () => Promise.resolve(endpoint.close()));
  return endpoint;
}
