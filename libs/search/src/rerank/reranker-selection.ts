import type { Config } from '@vectorlane/config';
import type { ShutdownSequence } from '@vectorlane/shutdown';
import { RerankEndpoint, type RerankEndpointOptions } from './rerank-endpoint';
import { NO_RERANKER, type Reranker } from './reranker';

/** Decides, from the settings alone, who reranks: the endpoint that is named, or the AI worker where it can. */
export function selectReranker(config: Config, shutdown: ShutdownSequence): Reranker {
  const options = endpointOf(config);
  if (options === undefined) return NO_RERANKER;
  const endpoint = new RerankEndpoint(options);
  shutdown.add('engines', 'reranker', () => Promise.resolve(endpoint.close()));
  return endpoint;
}

function endpointOf(config: Config): RerankEndpointOptions | undefined {
  const { RERANK_API_URL: url, RERANK_API_KEY: token, RERANK_API_MODEL: model } = config;
  const { AI_WORKER_URL: aiWorker, AI_WORKER_TOKEN: aiWorkerToken } = config;
  const { RERANK_API_KIND: kind, RERANK_TIMEOUT_MS: timeoutMs } = config;
  if (url !== undefined) return { url, token, model, kind, timeoutMs };
  if (aiWorker === undefined) return undefined;
  const address = `${aiWorker.replace(/\/+$/, '')}/v1/rerank`;
  return { url: address, token: aiWorkerToken, kind: 'cohere', timeoutMs, isOptional: true };
}
