import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { type ProblemCode, PROBLEMS, problemType } from '@vectorlane/errors';
import { z } from 'zod';

export const problemCodeSchema = z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]);

/** The body of every refusal (RFC 9457). */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  code: problemCodeSchema.meta({ description: 'Stable; decide by this, show `detail`.' }),
  requestId: z.string(),
  retryable: z.boolean().optional(),
});

const EVERYWHERE: readonly ProblemCode[] = [
  'INVALID_REQUEST',
  'MISSING_API_KEY',
  'INVALID_API_KEY',
  'INSUFFICIENT_SCOPE',
  'RATE_LIMITED',
  'DEPENDENCY_UNAVAILABLE',
  'INTERNAL_ERROR',
];

/** Wherever a JSON body is read. */
const OF_BODIES: readonly ProblemCode[] = ['TOO_LARGE', 'UNSUPPORTED_FORMAT', 'BODY_TOO_SLOW'];

/** Documents the refusals of a route below `/api`: those named and the ones every such route has. */
export function ApiProblems(...codes: readonly ProblemCode[]): MethodDecorator & ClassDecorator {
  const byStatus = new Map<number, ProblemCode[]>();
  const ofBody = codes.includes('INVALID_JSON') ? OF_BODIES : [];
  for (const code of new Set([...codes, ...ofBody, ...EVERYWHERE])) {
    const { status } = PROBLEMS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return applyDecorators(
    ...[...byStatus].map(([status, listed]) =>
      ApiResponse({
        status,
        description: listed.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join(' '),
        content: {
          'application/problem+json': {
            schema: { $ref: '#/components/schemas/Problem' },
            examples: Object.fromEntries(listed.map((code) => [code, { value: exampleOf(code) }])),
          },
        },
      }),
    ),
    ApiResponse({
      status: HEADERS_TOO_LARGE,
      description: '`INVALID_REQUEST`: The headers, the query among them, are too large.',
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    }),
  );
}

/** Told by the parser of HTTP, before there is a route. */
const HEADERS_TOO_LARGE = 431;

function exampleOf(code: ProblemCode): z.output<typeof problemSchema> {
  const definition: { status: number; title: string; retryable?: boolean } = PROBLEMS[code];
  return {
    type: problemType(code),
    title: definition.title,
    status: definition.status,
    detail: `${definition.title}.`,
    code,
    requestId: '0f4cb6de-8f1c-4a57-9a6f-6f2c8f0f7a11',
    ...(definition.retryable && { retryable: true }),
  };
}
