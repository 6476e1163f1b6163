import { Body, Controller, HttpCode, Post, Res } from '@nestjs/common';
import { Config } from '@vectorlane/config';
import { ApiOperation, ApiResponse, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { CollectionName, Degradation, DocumentCondition, Place, SearchMode } from '@vectorlane/domain';
import type { Principal } from '@vectorlane/auth';
import { CollectionsRepository } from '@vectorlane/documents';
import { type SearchHit, SearchService } from '@vectorlane/search';
import type { Response } from 'express';
import { z } from 'zod';
import { Caller } from './caller';
import { callerGone } from './caller-gone';
import { ApiProblems } from './problem-responses';
import { RequiresScope } from './scope.guard';
import { someText } from './storable-text';

const collectionsSchema = z
  .union([CollectionName, z.array(CollectionName).min(1).max(100)])
  .meta({ description: 'One or several collections. Left out: all that the key may see.' });

/** Pages of results end here. */
const MOST_RANKED = 1_000;

export const searchSchema = z
  .strictObject({
    query: someText(4_096).meta({
      description: 'A question or words, in any language. `"an exact phrase"` must occur, `-word` must not.',
    }),
    topK: z.int().min(1).max(100).default(5),
    mode: SearchMode.default('hybrid'),
    filter: DocumentCondition.exactOptional(),
    collection: collectionsSchema.exactOptional(),
    offset: z
      .int()
      .min(0)
      .max(MOST_RANKED - 1)
      .default(0)
      .meta({ description: 'How many of the best are passed over; the best 1,000 can be reached.' }),
    minScore: z.number().min(0).max(1).exactOptional().meta({ description: 'Least score of a result.' }),
    groupBy: z.literal('document').exactOptional().meta({ description: 'The best passage of each document alone.' }),
    context: z
      .int()
      .min(0)
      .max(5)
      .default(0)
      .meta({ description: 'How many chunks of the same document come along `before` and `after` each passage.' }),
    highlights: z
      .boolean()
      .default(false)
      .meta({ description: 'Whether each passage says where the words of the question stand in it.' }),
    rerank: z.boolean().exactOptional().meta({
      description:
        'Whether a reranker, where the service has one, puts the first 50 in a better order: slower. Default: `RERANK_DEFAULT`.',
    }),
  })
  .meta({
    example: {
      query: 'how do I start it?',
      topK: 3,
      filter: { format: ['md'] },
    },
  });

export const neighbouringSchema = z.object({
  chunkId: z.string().meta({ format: 'uuid' }),
  content: z.string(),
  charStart: z.number().int(),
  charEnd: z.number().int(),
});

export const hitSchema = z.object({
  documentId: z.string().meta({ format: 'uuid' }),
  chunkId: z.string().meta({ format: 'uuid' }),
  content: z.string(),
  score: z.number().min(0).max(1).meta({ description: 'Higher is better; compares within one answer only.' }),
  place: Place,
  metadata: z.object({
    filename: z.string(),
    format: z.string(),
    charStart: z.number().int().meta({ description: 'UTF-16 code units of the text that `/text` serves, inclusive.' }),
    charEnd: z.number().int(),
    document: z.record(z.string(), z.unknown()).meta({ description: 'The metadata its uploader gave.' }),
  }),
  before: z.array(neighbouringSchema).exactOptional().meta({ description: 'Chunks before it, in order.' }),
  after: z.array(neighbouringSchema).exactOptional().meta({ description: 'Chunks after it, in order.' }),
  highlights: z
    .array(z.object({ start: z.number().int(), end: z.number().int() }))
    .exactOptional()
    .meta({ description: 'UTF-16 code units of `content`, in order, end exclusive.' }),
});

export const answerSchema = z
  .object({
    results: z.array(hitSchema),
    tookMs: z.number(),
    reranked: z.boolean().exactOptional().meta({
      description: 'Where `rerank` was asked for: whether the order is the reranker’s. Scores are its own then.',
    }),
    degraded: z.array(Degradation).exactOptional().meta({
      description:
        'What did not take part though the mode asks for it: `vector`, the words answered alone; `language` with it where the model does not read the question, and not where it does not answer.',
    }),
  })
  .meta({
    example: {
      results: [
        {
          documentId: '5a3c0d4e-6f0b-4b8c-9d53-0f3f6c9f0b11',
          chunkId: '0b8f7f0e-93f1-4f6c-8b43-4f5a2f8f2c77',
          content: 'In the cold months the colony forms a cluster around the queen and shivers to keep warm.',
          score: 0.98,
          place: { heading: 'Bees > Winter' },
          metadata: {
            filename: 'bees.md',
            format: 'md',
            charStart: 120,
            charEnd: 207,
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
  constructor(
    private readonly searchService: SearchService,
    private readonly collections: CollectionsRepository,
    private readonly config: Config,
  ) {}

  @Post()
  @HttpCode(200)
  @RequiresScope('read', 'within-collections')
  @ApiOperation({
    operationId: 'search',
    summary: 'Find passages',
    description: '`vector` by meaning, `keyword` by words (any of them may match, the best first), `hybrid` by both.',
  })
  @ApiResponse({ status: 200, description: 'Ranked passages, best first.', standardSchema: answerSchema })
  @ApiProblems('INVALID_REQUEST', 'INVALID_JSON', 'COLLECTION_NOT_FOUND', 'EMBEDDING_UNAVAILABLE')
  async search(
    @Caller() caller: Principal,
    @Body({ schema: searchSchema })
    { collection, filter, rerank = this.config.RERANK_DEFAULT, ...request }: z.output<typeof searchSchema>,
    @Res({ passthrough: true }) response: Response,
  ): Promise<z.output<typeof answerSchema>> {
    const startedAt = performance.now();
    const gone = callerGone(response);
    const scope = await this.collections.scopeOf(caller, collection === undefined ? undefined : [collection].flat());
    const { hits, degraded, reranked } = await this.searchService.search(
      { ...request, topK: Math.min(request.topK, MOST_RANKED - request.offset), rerank, filter: { ...filter, scope } },
      gone,
    );
    return {
      results: hits.map(toResult),
      tookMs: Math.round((performance.now() - startedAt) * 10) / 10,
      ...(reranked !== undefined && { reranked }),
      ...(degraded.length > 0 && { degraded: [...degraded] }),
    };
  }
}

function toResult({ before, after, highlights, ...hit }: SearchHit): z.output<typeof hitSchema> {
  return {
    ...hit,
    ...(before && { before: [...before] }),
    ...(after && { after: [...after] }),
    ...(highlights && { highlights: [...highlights] }),
  };
}
