import { Controller, Get, Headers, Param, Query, Req, Res } from '@nestjs/common';
import {
  ApiHeader,
  ApiOperation,
  ApiParam,
  ApiProduces,
  ApiResponse,
  ApiSecurity,
  ApiTags,
  type ApiResponseOptions,
} from '@nestjs/swagger';
import type { Principal } from '@vectorlane/auth';
import { CollectionsRepository, DocumentsRepository } from '@vectorlane/documents';
import { CollectionName, EventType } from '@vectorlane/domain';
import { Problem } from '@vectorlane/errors';
import { EventBody, EventFeed, type EventFilter } from '@vectorlane/events';
import { markStream, proveAgain } from '@vectorlane/http';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { Caller } from './caller';
import { list } from './documents.schemas';
import { ApiProblems } from './problem-responses';
import { RequiresScope } from './scope.guard';
import { documentId } from './validation';

/** How soon a stream ends whose key has been revoked. */
const CHECK_KEY_EVERY_MS = 15_000;

const types = list(EventType).exactOptional().meta({ description: 'Left out: all of them.' });

const eventsQuerySchema = z.strictObject({
  collection: list(CollectionName).exactOptional().meta({ description: 'Left out: all that the key may see.' }),
  documentId: z.uuid().exactOptional(),
  types,
});
const documentEventsQuerySchema = z.strictObject({ types });

/** Number of the last event that a client has: what it cannot be is none of ours. */
function lastEventNumber(header: string | undefined): number | undefined {
  if (header === undefined || header === '') return undefined;
  const number = /^\d{1,15}$/.test(header) ? Number(header) : undefined;
  if (number === undefined) {
    throw new Problem('INVALID_REQUEST', 'Last-Event-ID: must be the id of an event of this stream.');
  }
  return number;
}

/** What a stream says of a document. */
export const eventBodySchema = EventBody.extend({
  documentId: z.string().meta({ format: 'uuid' }),
  collection: z.string().nullable().meta({ description: '`null` where it had been deleted before.' }),
  revision: z.int().meta({ description: 'Of the content that it is about.' }),
  at: z.string().meta({ format: 'date-time' }),
});

const LAST_EVENT_ID = {
  name: 'Last-Event-ID',
  required: false,
  schema: { type: 'string', pattern: '^[0-9]{0,15}$' },
  description: 'The id of the last event that you have: what came after it is sent first, by any replica.',
} as const;

const STREAM: ApiResponseOptions = {
  status: 200,
  description:
    'Events as they happen, each with `id:`, `event:` and a line of JSON in `data:`; a comment every 15 seconds.',
  content: {
    'text/event-stream': {
      schema: { $ref: '#/components/schemas/Event' },
      example: {
        id: '42',
        event: 'document.completed',
        data:
          '{"documentId":"0f4cb6de-8f1c-4a57-9a6f-6f2c8f0f7a11","collection":"default","externalId":null,' +
          '"filename":"bees.md","revision":1,"status":"completed","stage":"completed","percent":100,"chunkCount":3,' +
          '"at":"2026-11-24T09:30:00.000Z"}',
      },
    },
  },
};

/** What happens to documents, as it happens (docs/guides/events.md). */
@ApiTags('events')
@ApiSecurity('apiKey')
@ApiSecurity('bearer')
@Controller('api')
export class EventsController {
  constructor(
    private readonly feed: EventFeed,
    private readonly collections: CollectionsRepository,
    private readonly documents: DocumentsRepository,
  ) {}

  @Get('events')
  @RequiresScope('read', 'within-collections')
  @ApiOperation({
    operationId: 'followEvents',
    summary: 'Follow what happens to documents',
    description:
      'Server-Sent Events, kept for 24 hours. Without `Last-Event-ID` it begins with what happens from now on. A ' +
      'stream counts as one request. It ends when the service restarts: connect again with the last id.',
  })
  @ApiHeader(LAST_EVENT_ID)
  @ApiProduces('text/event-stream')
  @ApiResponse(STREAM)
  @ApiProblems('INVALID_REQUEST', 'COLLECTION_NOT_FOUND', 'EVENTS_GONE', 'STREAMS_BUSY')
  async follow(
    @Caller() caller: Principal,
    @Query({ schema: eventsQuerySchema }) query: z.output<typeof eventsQuerySchema>,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const { collection, ...rest } = query;
    const collections = await this.collections.visibleKeys(caller, collection);
    await this.open(request, response, { ...rest, collections }, lastEventId, false);
  }

  @Get('documents/:id/events')
  @RequiresScope('read', 'within-collections')
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOperation({
    operationId: 'followDocument',
    summary: 'Follow one document',
    description:
      'As `GET /api/events`, for one document; without `Last-Event-ID` it begins with all that is kept of it.',
  })
  @ApiHeader(LAST_EVENT_ID)
  @ApiProduces('text/event-stream')
  @ApiResponse(STREAM)
  @ApiProblems('INVALID_REQUEST', 'DOCUMENT_NOT_FOUND', 'EVENTS_GONE', 'STREAMS_BUSY')
  async followDocument(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Query({ schema: documentEventsQuerySchema }) query: z.output<typeof documentEventsQuerySchema>,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const document = await this.documents.findById(await this.collections.scopeOf(caller), documentId(id));
    if (document === null) throw new Problem('DOCUMENT_NOT_FOUND', `There is no document ${id}.`);
    await this.open(request, response, { ...query, documentId: document.id }, lastEventId, true);
  }

  private async open(
    request: Request,
    response: Response,
    filter: EventFilter,
    lastEventId: string | undefined,
    fromStart: boolean,
  ): Promise<void> {
    const after = lastEventNumber(lastEventId);
    const begin = (): void => {
      markStream(response);
      response.status(200).set({
        'Content-Type': 'text/event-stream; charset=utf-8',
        'Cache-Control': 'no-store',
        // A proxy that gathers an answer would hold the events back.
        'X-Accel-Buffering': 'no',
      });
      response.flushHeaders();
    };
    if (request.method === 'HEAD') {
      begin();
      response.end();
      return;
    }
    const stream = await this.feed.open(response, filter, after, { fromStart, begin });
    const check = setInterval(() => {
      proveAgain(response).catch((error: unknown) => {
        // A database that is away says nothing against the key.
        if (error instanceof Problem) stream.end(': the key is no longer valid\n\n');
      });
    }, CHECK_KEY_EVERY_MS).unref();
    response.once('close', () => clearInterval(check));
  }
}
