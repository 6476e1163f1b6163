// Our API as it is, with its own modules, controllers and pipeline, on stand-ins for what lies behind: a data source
// that answers with one key and one document, and a search that answers with a constant.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from '../../scripts/bootstrap.mjs';
import { answerAs } from '../support/contender.mjs';
import { DOCUMENT, HITS, KEY_ID, LIMIT, ORIGIN, SECRET_SHA256 } from './fixtures.mjs';

const require = createRequire(import.meta.url);
/** @param {string} path */
const built = (path) => require(join(ROOT, 'dist', `${path}.js`));
require('reflect-metadata');
const { Module } = require('@nestjs/common');
const { Test } = require('@nestjs/testing');
const { DataSource } = require('typeorm');
const { AppModule } = built('apps/api/src/app.module');
const { mountRequestPipeline } = built('apps/api/src/request-pipeline');
const { mountOpenApi } = built('apps/api/src/openapi/openapi');
const { AuthModule } = built('libs/auth/src/index');
const { ConfigModule, loadConfig } = built('libs/config/src/index');
const { DocumentsModule } = built('libs/documents/src/index');
const { HealthModule } = built('libs/health/src/index');
const { closeHttpServer, HttpAdapter } = built('libs/http/src/index');
const { LoggingModule, ServiceLogger } = built('libs/logging/src/index');
const { MetricsModule } = built('libs/metrics/src/index');
const { RateLimitModule } = built('apps/api/src/rate-limit/rate-limit.module');
const { RedisConnections } = built('libs/redis/src/index');
const { SearchService } = built('libs/search/src/index');
const { ShutdownModule, ShutdownSequence } = built('libs/shutdown/src/index');

const now = new Date();
const API_KEY = {
  id: KEY_ID,
  name: 'bench',
  secretSha256: SECRET_SHA256,
  scopes: ['read'],
  createdAt: now,
  expiresAt: null,
  lastUsedAt: now,
  revokedAt: null,
  rateLimitPerMinute: null,
  collections: null,
};
/** The row of the database behind it. */
const ROW = {
  ...DOCUMENT,
  externalId: null,
  pendingRevision: null,
  reusedChunks: null,
  contentId: DOCUMENT.id,
  mediaType: 'text/markdown',
  workCounts: null,
  etaMs: null,
  visibleGeneration: 1,
  delivery: 1,
  failureCode: null,
  failureMessage: null,
  failureRetryable: null,
  waitingFor: null,
  waitingSince: null,
  coverage: null,
  chunking: null,
  createdAt: new Date(DOCUMENT.createdAt),
  updatedAt: new Date(DOCUMENT.updatedAt),
};

/** One key, one document, no deleted collections. */
const dataSource = {
  /** @param {string} sql */
  query: (sql) => Promise.resolve(/FROM api_keys/.test(sql) ? [API_KEY] : /FROM documents/.test(sql) ? [ROW] : []),
};
const search = { search: () => Promise.resolve({ hits: HITS, degraded: [] }) };

const STAND_INS = [
  { provide: DataSource, useValue: dataSource },
  { provide: RedisConnections, useValue: {} },
  { provide: SearchService, useValue: search },
];
class StandIns {}
Module({ providers: STAND_INS, exports: STAND_INS.map(({ provide }) => provide) })(StandIns);

/** Of the application's modules those which answer a request; what opens connections is stood in for. */
const KEPT = new Set([
  ...[ConfigModule, LoggingModule, ShutdownModule, MetricsModule, HealthModule],
  ...[AuthModule, DocumentsModule, RateLimitModule],
]);

const config = loadConfig({
  NODE_ENV: 'production',
  LOG_LEVEL: 'info',
  LOG_FORMAT: 'json',
  PORT: '0',
  TRUST_PROXY: '1',
  CORS_ORIGIN: ORIGIN,
  RATE_LIMIT_PER_MINUTE: String(LIMIT),
});
const shutdown = new ShutdownSequence();
const { imports, controllers, providers } = AppModule.register(config, shutdown);
const kept = imports.filter((/** @type {any} */ one) => KEPT.has(one.module ?? one));
const testing = await Test.createTestingModule({
  controllers,
  providers,
  imports: [...kept, { module: StandIns, global: true }],
})
  .useMocker(() => ({ onChange: () => undefined }))
  .compile();
const service = testing.createNestApplication(new HttpAdapter(), { bodyParser: false, abortOnError: false });
service.useLogger(service.get(ServiceLogger));
mountRequestPipeline(service);
mountOpenApi(service);
await service.init();
closeHttpServer(service, shutdown, config);
await service.listen(0, '127.0.0.1');
answerAs(service.getHttpServer().address().port);
