import type { OpenAPIObject } from '@nestjs/swagger';

/** What machines ask, which needs no key: served by libraries that know nothing of OpenAPI. */

const CHECK = {
  type: 'object',
  required: ['status'],
  properties: { status: { type: 'string', enum: ['up', 'down'] }, latencyMs: { type: 'number' } },
};

export const PROBE_SCHEMAS = {
  Health: { type: 'object', required: ['status'], properties: { status: { type: 'string', enum: ['ok'] } } },
  Liveness: { type: 'object', required: ['alive'], properties: { alive: { type: 'boolean' } } },
  Readiness: {
    type: 'object',
    required: ['status', 'checks', 'version', 'uptime'],
    properties: {
      status: { type: 'string', enum: ['ok', 'error', 'shutting_down'] },
      checks: { type: 'object', additionalProperties: CHECK },
      version: { type: 'string' },
      uptime: { type: 'number', description: 'Seconds since the start.' },
    },
  },
};

const json = (name: keyof typeof PROBE_SCHEMAS, description: string): object => ({
  description,
  content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } },
});
const probe = (operationId: string, summary: string, responses: Record<string, object>): object => ({
  get: { operationId, summary, tags: ['operation'], security: [], parameters: [], responses },
});

export const PROBES = {
  '/health': probe('getHealth', 'Whether the process answers', { 200: json('Health', 'It does.') }),
  '/live': probe('getLiveness', 'Whether the process should be left alone', {
    200: json('Liveness', 'It should; also while it shuts down.'),
  }),
  '/ready': probe('getReadiness', 'Whether requests may be sent here', {
    200: json('Readiness', 'They may.'),
    503: json('Readiness', 'They may not: a dependency does not answer, or the process shuts down.'),
  }),
  '/metrics': probe('getMetrics', 'Metrics for Prometheus', {
    200: { description: 'In its text format.', content: { 'text/plain': { schema: { type: 'string' } } } },
    401: {
      description: 'The token of `METRICS_TOKEN` is missing or wrong.',
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  }),
} as unknown as OpenAPIObject['paths'];
