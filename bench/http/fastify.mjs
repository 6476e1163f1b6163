// The same service on Fastify with its official plugins, prom-client, pino and zod, written as their pages show it.
import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { answerAs } from '../support/contender.mjs';
import { BUCKETS, DOCUMENT, HITS, KEY_ID, LIMIT, MODES, ORIGIN, SECRET_SHA256 } from './fixtures.mjs';

/** @type {any} of a folder that compilers do not look into */
const packages = createRequire(join(process.argv[2] ?? '', 'package.json'));
const fastify = packages('fastify');
const { Counter, Histogram, Registry } = packages('prom-client');
const { z } = packages('zod');

/** @typedef {(error?: Error) => void} Done */

const searchSchema = z.strictObject({
  query: z.string().trim().min(1).max(4_096),
  topK: z.int().min(1).max(100).default(5),
  mode: z.enum(MODES).default('hybrid'),
  filter: z.strictObject({ format: z.array(z.string()).exactOptional() }).exactOptional(),
  collection: z.union([z.string(), z.array(z.string()).min(1).max(100)]).exactOptional(),
  offset: z.int().min(0).max(999).default(0),
  minScore: z.number().min(0).max(1).exactOptional(),
  groupBy: z.literal('document').exactOptional(),
  context: z.int().min(0).max(5).default(0),
  highlights: z.boolean().default(false),
  rerank: z.boolean().exactOptional(),
});
const documentSchema = z.object({ id: z.uuid() });

const registry = new Registry();
const labelNames = ['method', 'path', 'status'];
const requests = new Counter({ name: 'http_requests_total', help: 'Requests.', labelNames, registers: [registry] });
const durations = new Histogram({
  name: 'http_request_duration_seconds',
  help: 'Durations.',
  labelNames,
  buckets: BUCKETS,
  registers: [registry],
});

const app = fastify({
  logController: new fastify.LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
  logger: {
    base: { service: 'vectorlane' },
    formatters: { level: (/** @type {string} */ label) => ({ level: label }) },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    redact: ['req.headers.authorization', 'req.headers["x-api-key"]', 'req.headers.cookie'],
  },
  trustProxy: 1,
  genReqId: (/** @type {any} */ request) => request.headers['x-request-id'] ?? randomUUID(),
});
app.setValidatorCompiler((/** @type {any} */ { schema }) => (/** @type {unknown} */ data) => {
  const result = schema.safeParse(data);
  return result.success ? { value: result.data } : { error: result.error };
});
/** What is polled gets a line when it fails. @type {ReadonlySet<string>} */
const POLLED = new Set(['/health', '/api/documents/:id']);
app.addHook('onRequest', (/** @type {any} */ request, /** @type {any} */ reply, /** @type {Done} */ done) => {
  reply.header('X-Request-ID', request.id);
  reply.header('Cache-Control', 'no-store');
  done();
});
await app.register(packages('@fastify/helmet'), {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"], frameAncestors: ["'none'"] },
  },
});
await app.register(packages('@fastify/cors'), { origin: [ORIGIN] });
await app.register(packages('@fastify/rate-limit'), { max: LIMIT, timeWindow: 60_000, enableDraftSpec: true });
app.decorateRequest('keyId', '');
app.addHook('onRequest', (/** @type {any} */ request, /** @type {any} */ reply, /** @type {Done} */ done) => {
  if (!request.url.startsWith('/api/')) {
    done();
    return;
  }
  const given = /^vl_([A-Za-z0-9]{12})_([A-Za-z0-9_-]{43})$/.exec(request.headers['x-api-key'] ?? '');
  const digest = createHash('sha256')
    .update(given?.[2] ?? '')
    .digest();
  if (given?.[1] !== KEY_ID || !timingSafeEqual(digest, SECRET_SHA256)) {
    reply.code(401);
    done(new Error('The API key is unknown, expired or revoked.'));
    return;
  }
  request.keyId = KEY_ID;
  done();
});
app.addHook('onResponse', (/** @type {any} */ request, /** @type {any} */ reply, /** @type {Done} */ done) => {
  const path = request.routeOptions.url ?? 'unmatched';
  const labels = { method: request.method, path, status: String(reply.statusCode) };
  requests.inc(labels);
  durations.observe(labels, reply.elapsedTime / 1_000);
  const line = {
    method: request.method,
    route: path,
    status: reply.statusCode,
    durationMs: Math.round(reply.elapsedTime * 10) / 10,
    keyId: request.keyId,
  };
  if (POLLED.has(path) && reply.statusCode < 400) request.log.debug(line, 'request');
  else request.log.info(line, 'request');
  done();
});
app.get('/health', { config: { rateLimit: false } }, () => ({ status: 'ok' }));
app.get('/metrics', { config: { rateLimit: false } }, (/** @type {any} */ _request, /** @type {any} */ reply) => {
  reply.type(registry.contentType);
  return registry.metrics();
});
app.get('/api/documents/:id', { schema: { params: documentSchema } }, () => DOCUMENT);
app.post('/api/search', { schema: { body: searchSchema } }, () => {
  const startedAt = performance.now();
  return { results: HITS, tookMs: Math.round((performance.now() - startedAt) * 10) / 10 };
});
await app.listen({ port: 0, host: '127.0.0.1' });
answerAs(app.server.address().port);
