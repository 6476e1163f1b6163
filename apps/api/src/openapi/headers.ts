import type { OpenAPIObject } from '@nestjs/swagger';

type Json = Record<string, unknown>;
type Answers = Record<string, Json & { headers?: Json }>;

const text = (description: string, example: string): Json => ({ description, schema: { type: 'string' }, example });

const HEADERS = {
  RequestId: text(
    'Id of the request, for the log and for reports: the one that was sent, where it is well-formed.',
    '0f4cb6de-8f1c-4a57-9a6f-6f2c8f0f7a11',
  ),
  RateLimit: text('What is left in the window and the seconds until it ends (IETF draft).', '"default";r=99;t=60'),
  RateLimitPolicy: text('Requests that the window allows and its seconds.', '"default";q=100;w=60'),
  RetryAfter: { description: 'Seconds after which to try again.', schema: { type: 'integer' }, example: 5 },
};

const ref = (name: keyof typeof HEADERS): Json => ({ $ref: `#/components/headers/${name}` });
const RETRIED = new Set(['408', '429', '503']);

/** Headers that the request pipeline sets on answers, whatever the handler. */
export function describeHeaders(document: OpenAPIObject): OpenAPIObject {
  for (const [path, operations] of Object.entries(document.paths)) {
    const isLimited = path.startsWith('/api/');
    for (const operation of Object.values(operations as Record<string, { responses?: Answers }>)) {
      for (const [status, answer] of Object.entries(operation.responses ?? {})) {
        answer.headers = {
          ...answer.headers,
          'X-Request-ID': ref('RequestId'),
          ...(isLimited && { RateLimit: ref('RateLimit'), 'RateLimit-Policy': ref('RateLimitPolicy') }),
          ...(isLimited && RETRIED.has(status) && { 'Retry-After': ref('RetryAfter') }),
        };
      }
    }
  }
  return { ...document, components: { ...document.components, headers: HEADERS } };
}
