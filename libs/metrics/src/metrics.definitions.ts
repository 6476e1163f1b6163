import {
  Dependency,
  ExhaustedLimit,
  FinalStatus,
  JobState,
  Lane,
  SearchMode,
  Degradation,
  UnfinishedStatus,
  WorkStage,
} from '@vectorlane/domain';
import type { MetricDefinition } from './metric-definition';

/**
 * Every metric of the program, on one page. The first five are the contract: name, labels and buckets are what
 * dashboards and alert rules out there are built on. `docs/metrics.md` is generated from here; what Node.js itself is
 * asked for is in `process-metrics.ts`.
 */

/** Any other method is counted as `other`: a client could make up as many as it likes. */
export const HTTP_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'other'] as const;

const HTTP_LABELS = {
  method: HTTP_METHODS,
  path: 'the route’s template, as in `/api/documents/:id`, or `unmatched`',
  status: 'HTTP status code',
} as const;

export const METRICS = {
  httpRequests: {
    name: 'http_requests_total',
    type: 'counter',
    help: 'Requests answered, refused and unmatched ones among them; counted once, when the response has ended.',
    labels: HTTP_LABELS,
  },
  httpRequestDuration: {
    name: 'http_request_duration_seconds',
    type: 'histogram',
    help: 'From the request’s arrival to the end of its response.',
    labels: HTTP_LABELS,
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 2, 5],
  },
  documentsProcessed: {
    name: 'documents_processed_total',
    type: 'counter',
    help: 'Documents that came to their end, once each, after the commit; a retried one that ends again counts again.',
    labels: { status: FinalStatus.options, format: 'the registered formats', lane: Lane.options },
  },
  queueSize: {
    name: 'processing_queue_size',
    type: 'gauge',
    help: 'Jobs in the queue, both lanes together. Of completed and failed ones the last 1000 per lane are retained and counted. Absent while the queue cannot be read.',
    labels: { status: JobState.options },
  },
  embeddingGenerationDuration: {
    name: 'embedding_generation_duration_seconds',
    type: 'histogram',
    help: 'The embedding stage of one document, from its first batch to its last.',
    buckets: [0.1, 0.5, 1, 2, 5, 10],
  },

  queueUp: {
    name: 'processing_queue_up',
    type: 'gauge',
    help: 'Whether this scrape could read the queue: 1 or 0. At 0 the other gauges of the queue are absent.',
  },
  oldestWaitingJobAge: {
    name: 'processing_queue_oldest_waiting_job_age_seconds',
    type: 'gauge',
    help: 'How long the oldest of the jobs that are next in line, the first of each key among them, has been waiting to be picked up; 0 when none waits.',
    labels: { lane: Lane.options },
  },
  jobsStalled: {
    name: 'processing_queue_jobs_stalled_total',
    type: 'counter',
    help: 'Jobs whose worker gave no sign any more and that were delivered again, as seen by this process.',
    labels: { lane: Lane.options },
  },

  ingestionDuration: {
    name: 'ingestion_duration_seconds',
    type: 'histogram',
    help: 'The run that completed a document, from the claim to its commit; time in the queue is not in it.',
    buckets: [0.05, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 300],
  },
  ingestionStageDuration: {
    name: 'ingestion_stage_duration_seconds',
    type: 'histogram',
    help: 'One stage of one document’s ingestion, where the stage came to its end.',
    labels: { stage: WorkStage.options },
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 300],
  },
  chunksStored: {
    name: 'ingestion_chunks_stored_total',
    type: 'counter',
    help: 'Chunks of documents that completed.',
  },
  chunksReused: {
    name: 'ingestion_chunks_reused_total',
    type: 'counter',
    help: 'Chunks of revisions whose vectors were those of the content before.',
  },
  attemptsRetried: {
    name: 'ingestion_attempts_retried_total',
    type: 'counter',
    help: 'Attempts that ended in an error that may pass and were put back for another one.',
  },
  documentsUnfinished: {
    name: 'documents_unfinished',
    type: 'gauge',
    help: 'Documents that are neither completed nor failed, by PostgreSQL: whatever the queue says. Absent while it cannot be read.',
    labels: { status: UnfinishedStatus.options },
  },
  oldestUnfinishedAge: {
    name: 'documents_oldest_unfinished_age_seconds',
    type: 'gauge',
    help: 'How long ago the oldest unfinished document was accepted, or retried, by PostgreSQL; 0 where there is none. Absent while it cannot be read.',
  },
  failingKeys: {
    name: 'documents_failing_keys',
    type: 'gauge',
    help: 'Keys with documents that have failed in the last 15 minutes, by PostgreSQL; the log names them. Absent while it cannot be read.',
  },
  queueErrors: {
    name: 'processing_queue_errors_total',
    type: 'counter',
    help: 'Refusals of Redis that a lane’s consumer met: full, read-only, or not permitted.',
    labels: { lane: Lane.options },
  },
  dependencyWaits: {
    name: 'ingestion_dependency_waits_total',
    type: 'counter',
    help: 'Times that a document was put aside because something it depends on had failed. It costs the document nothing.',
    labels: { dependency: Dependency.options },
  },
  interruptions: {
    name: 'ingestion_interruptions_total',
    type: 'counter',
    help: 'Documents taken over from a worker whose lease had lapsed: it crashed, or was cut off.',
  },
  documentsDead: {
    name: 'ingestion_documents_dead_total',
    type: 'counter',
    help: 'Documents given up although their bytes may be good; each waits for a person to look and to retry it.',
    labels: { reason: ExhaustedLimit.options },
  },
  pagesWithoutText: {
    name: 'extraction_pages_without_text_total',
    type: 'counter',
    help: 'Pages of completed documents that show something of which no text was read, at most 100 of each document.',
  },
  parserDeaths: {
    name: 'extraction_parser_deaths_total',
    type: 'counter',
    help: 'Parsers that died or were ended over a document.',
  },

  searchDuration: {
    name: 'search_duration_seconds',
    type: 'histogram',
    help: 'Searches that were answered, from the question to the passages, the embedding of the question included.',
    labels: { mode: SearchMode.options },
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  },
  searchesDegraded: {
    name: 'search_degraded_total',
    type: 'counter',
    help: 'Searches that were answered by words alone (`vector`), for their question could not be embedded in time or is in letters that the model does not read (`language` as well).',
    labels: { missing: Degradation.options },
  },
  questionVectors: {
    name: 'search_question_vectors_total',
    type: 'counter',
    help: 'Vectors of questions, by where they came from: the embedding model, or the latest 1,000 questions.',
    labels: { source: ['model', 'memory'] },
  },
  searchesReranked: {
    name: 'search_reranked_total',
    type: 'counter',
    help: 'Searches that asked for a reranker, by whether it gave the order or could not be used.',
    labels: { outcome: ['reranked', 'not_reranked'] },
  },
  searchRecall: {
    name: 'search_recall_ratio',
    type: 'histogram',
    help: 'Share of the ten nearest vectors, by reading every one of them, that a live search had found; of one search in `SEARCH_RECALL_PROBE_ONE_IN`.',
    labels: { filtered: ['yes', 'no'] },
    buckets: [0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 1],
  },
  searchEmptyResults: {
    name: 'search_empty_results_total',
    type: 'counter',
    help: 'Searches that were answered with no passage at all.',
    labels: { mode: SearchMode.options },
  },

  databasePoolConnections: {
    name: 'database_pool_connections',
    type: 'gauge',
    help: 'Connections to the database. The embedded one is one session and has one connection.',
    labels: { state: ['in_use', 'idle'] },
  },
  databasePoolWaiting: {
    name: 'database_pool_waiting_requests',
    type: 'gauge',
    help: 'Queries and transactions that wait for a connection of the pool.',
  },
  dependencyUp: {
    name: 'dependency_up',
    type: 'gauge',
    help: 'Whether the dependency passed its latest readiness check: 1 or 0.',
    labels: { dependency: 'the registered readiness indicators' },
  },

  webhookDeliveries: {
    name: 'webhook_deliveries_total',
    type: 'counter',
    help: 'Calls of webhook receivers by what became of them: taken, to be tried again, or given up after a day or a 410.',
    labels: { outcome: ['delivered', 'put_back', 'given_up'] },
  },
  webhookDeliveriesPending: {
    name: 'webhook_deliveries_pending',
    type: 'gauge',
    help: 'Events that webhooks have not been told yet. Absent while it cannot be read.',
  },
  eventStreamsOpen: {
    name: 'event_streams_open',
    type: 'gauge',
    help: 'Event streams that this process serves. They are counted as requests when they end, and are in no histogram of durations.',
  },
  rateLimited: {
    name: 'http_requests_rate_limited_total',
    type: 'counter',
    help: 'Requests refused because their client had used up its share of the minute.',
  },
  uploadsRefused: {
    name: 'uploads_refused_total',
    type: 'counter',
    help: 'Uploads refused because too many were under way, of all keys together or of one, because too many documents wait, or because they came too slowly.',
    labels: { reason: ['busy', 'key', 'backlog', 'slow'] },
  },
  errorsTracked: {
    name: 'errors_tracked_total',
    type: 'counter',
    help: 'Errors of ours as they were reported for alerting.',
    labels: { type: 'the error types of the code' },
  },
  alerts: {
    name: 'alerts_total',
    type: 'counter',
    help: 'Alerts by what became of them: taken by the receiver, given up after the last try, or dropped from a full queue.',
    labels: { outcome: ['sent', 'failed', 'dropped'] },
  },

  buildInfo: {
    name: 'vectorlane_build_info',
    type: 'gauge',
    help: 'Always 1; what runs here is in the labels.',
    labels: {
      version: 'one value per process',
      node_version: 'one value per process',
      profile: ['embedded', 'server'],
      role: 'all, api or worker',
    },
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

export type MetricKey = keyof typeof METRICS;
