import { Body, Controller, HttpCode, Post, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { SearchMode } from '@vectorlane/domain';
import { Problem } from '@vectorlane/errors';
import { SearchService } from '@vectorlane/search';
import type { Response } from 'express';
import { z } from 'zod';
import { ApiProblems } from './problem-responses';
import { RequiresScope } from './scope.guard';
import { isStorable, storableText, UNSTORABLE } from './storable-text';

const scalar = z.union([storableText().max(1_024), z.number(), z.boolean(), z.null()]);
const ordered = z.union([storableText().max(1_024), z.number()]);

/** A bare value means equality. */
const condition = z.union([
  scalar.transform((eq) => ({ eq })),
  z
    .strictObject({
      eq: scalar.exactOptional(),
      in: z.array(scalar).max(100).exactOptional(),
      gt: ordered.exactOptional(),
      gte: ordered.exactOptional(),
      lt: ordered.exactOptional(),
      lte: ordered.exactOptional(),
    })
    .refine((value) => Object.keys(value).length > 0, { error: 'name at least one of eq, in, gt, gte, lt, lte' }),
]);

const searchSchema = z
  .strictObject({
    query: z
      .string()
      .trim()
      .min(1)
      .max(4_096)
      .refine(isStorable, { error: UNSTORABLE })
      .meta({ description: 'A question or words, in any language.' }),
    topK: z.int().min(1).max(100).default(5),
    mode: SearchMode.default('hybrid'),
    filter: z
      .strictObject({
        format: z.array(storableText().max(32)).max(50).exactOptional(),
        documentId: z.array(z.uuid()).max(1_000).exactOptional(),
        metadata: z
          .record(storableText().min(1).max(128), condition)
          .refine((value) => Object.keys(value).length <= 20, { error: 'at most 20 keys' })
          .exactOptional(),
      })
      .exactOptional(),
  })
  .meta({
    example: {
      query: 'How do bees survive the winter?',
      topK: 3,
      filter: { format: ['md'], metadata: { year: { gte: 2020 } } },
    },
  });

const hitSchema = z.object({
  documentId: z.string().meta({ format: 'uuid' }),
  chunkId: z.string().meta({ format: 'uuid' }),
  content: z.string(),
  score: z.number().min(0).max(1).meta({ description: 'Higher is better; compares within one answer only.' }),
  metadata: z.object({
    filename: z.string(),
    format: z.string(),
    charStart: z.number().int().meta({ description: 'UTF-16 code units of the text that `/text` serves, inclusive.' }),
    charEnd: z.number().int(),
    page: z.number().int().exactOptional(),
    heading: z.string().exactOptional(),
    row: z.number().int().exactOptional(),
    jsonPath: z.string().exactOptional(),
    document: z.record(z.string(), z.unknown()).meta({ description: 'The metadata its uploader gave.' }),
  }),
});

const answerSchema = z.object({ results: z.array(hitSchema), tookMs: z.number() }).meta({
  example: {
    results: [
      {
        documentId: '5a3c0d4e-6f0b-4b8c-9d53-0f3f6c9f0b11',
        chunkId: '0b8f7f0e-93f1-4f6c-8b43-4f5a2f8f2c77',
        content: 'In the cold months the colony forms a cluster around the queen and shivers to keep warm.',
        score: 0.98,
        metadata: {
          filename: 'bees.md',
          format: 'md',
          charStart: 120,
          charEnd: 207,
          heading: 'Bees > Winter',
          document: {},
        },
      },
    ],
    tookMs: 31,
  },
});

@ApiTags('search')
@ApiSecurity('apiKey')
@ApiSecurity('bearer')
@Controller('api/search')
export class SearchController {
  constructor(private readonly searchService: SearchService) {}

  @Post()
  @HttpCode(200)
  @RequiresScope('read')
  @ApiOperation({
    operationId: 'search',
    summary: 'Find passages',
    description: '`vector` by meaning, `keyword` by words (any of them may match, the best first), `hybrid` by both.',
  })
  @ApiResponse({ status: 200, description: 'Ranked passages, best first.', standardSchema: answerSchema })
  @ApiProblems('INVALID_REQUEST', 'INVALID_JSON', 'EMBEDDING_UNAVAILABLE')
  async search(
    @Body({ schema: searchSchema }) { query, topK, mode, filter }: z.output<typeof searchSchema>,
    @Res({ passthrough: true }) response: Response,
  ): Promise<z.output<typeof answerSchema>> {
    const startedAt = performance.now();
    const results = await this.searchService.search(
      { query, topK, mode, ...(filter && { filter }) },
      callerGone(response),
    );
    return { results, tookMs: Math.round((performance.now() - startedAt) * 10) / 10 };
  }
}

/** Aborted when the client leaves before it has its answer: nothing more is computed for it. */
function callerGone(response: Response): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableEnded) gone.abort(new Problem('INVALID_REQUEST', 'The client left before the answer.'));
  });
  return gone.signal;
}
