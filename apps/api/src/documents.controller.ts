import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiProduces, ApiResponse, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { Principal } from '@vectorlane/auth';
import {
  ChunksRepository,
  CollectionsRepository,
  ContentsRepository,
  type Document,
  DocumentListRepository,
  DocumentsRepository,
  ManifestRepository,
} from '@vectorlane/documents';
import { Problem } from '@vectorlane/errors';
import { IngestionService } from '@vectorlane/ingestion';
import type { Response } from 'express';
import type { z } from 'zod';
import { Caller } from './caller';
import {
  chunkPageSchema,
  type DocumentBody,
  documentBody,
  documentPageSchema,
  documentSchema,
  type ListQuery,
  listQuerySchema,
  manifestAnswerSchema,
  manifestSchema,
  orderOf,
  type PageQuery,
  pageQuerySchema,
} from './documents.schemas';
import { sendContent } from './content-response';
import { LOCATION } from './documents.openapi';
import { ApiProblems } from './problem-responses';
import { RequiresScope } from './scope.guard';
import { documentId } from './validation';

const BYTES = { schema: { type: 'string', format: 'binary' } } as const;

@ApiTags('documents')
@ApiSecurity('apiKey')
@ApiSecurity('bearer')
@Controller('api/documents')
export class DocumentsController {
  constructor(
    private readonly ingestion: IngestionService,
    private readonly documents: DocumentsRepository,
    private readonly lists: DocumentListRepository,
    private readonly collections: CollectionsRepository,
    private readonly contents: ContentsRepository,
    private readonly chunks: ChunksRepository,
    private readonly manifests: ManifestRepository,
  ) {}

  @Get()
  @RequiresScope('read', 'within-collections')
  @ApiOperation({ operationId: 'listDocuments', summary: 'List documents' })
  @ApiResponse({ status: 200, description: 'One page.', standardSchema: documentPageSchema })
  @ApiProblems('INVALID_REQUEST', 'INVALID_CURSOR', 'COLLECTION_NOT_FOUND')
  async list(
    @Caller() caller: Principal,
    @Query({ schema: listQuerySchema }) query: ListQuery,
  ): Promise<z.output<typeof documentPageSchema>> {
    const { cursor, limit, collection, count, sort, ...conditions } = query;
    const filter = { ...conditions, scope: await this.collections.scopeOf(caller, collection) };
    const page = await this.lists.list(filter, orderOf(sort), limit, cursor);
    const total = count ? await this.lists.count(filter) : undefined;
    return {
      items: page.items.map(documentBody),
      nextCursor: page.nextCursor,
      ...(total && { total: total.total, ...(total.isEstimate && { totalIsEstimate: true as const }) }),
    };
  }

  @Post('status')
  @HttpCode(200)
  @RequiresScope('read', 'within-collections')
  @ApiOperation({
    operationId: 'compareManifest',
    summary: 'Ask which files have to be sent',
    description:
      'A manifest of up to 1,000 files, each by its `externalId` and the SHA-256 of its bytes, in one cheap request. ' +
      'What is `current` is here or on its way; sending it again would change nothing.',
  })
  @ApiResponse({ status: 200, description: 'In the order of the items.', standardSchema: manifestAnswerSchema })
  @ApiProblems('INVALID_REQUEST', 'INVALID_JSON', 'COLLECTION_NOT_FOUND')
  async compare(
    @Caller() caller: Principal,
    @Body({ schema: manifestSchema }) { collection: name, items }: z.output<typeof manifestSchema>,
  ): Promise<z.output<typeof manifestAnswerSchema>> {
    const readings = await this.manifests.compare(await this.collections.keyOfKnown(caller, name), items);
    return {
      items: readings.map(({ externalId, state, documentId: id, status }) => ({
        externalId,
        state,
        ...(id !== null && { documentId: id }),
        ...(status !== null && { status }),
      })),
    };
  }

  @Get(':id')
  @RequiresScope('read', 'within-collections')
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOperation({ operationId: 'getDocument', summary: 'Get a document and where it stands' })
  @ApiResponse({ status: 200, description: 'The document.', standardSchema: documentSchema })
  @ApiProblems('DOCUMENT_NOT_FOUND')
  async get(@Caller() caller: Principal, @Param('id') id: string): Promise<DocumentBody> {
    return documentBody(await this.find(caller, id));
  }

  @Get(':id/text')
  @RequiresScope('read', 'within-collections')
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOperation({
    operationId: 'getDocumentText',
    summary: 'Get the extracted text',
    description: 'NFC, `\\n` line ends. All positions count UTF-16 code units of it.',
  })
  @ApiProduces('text/plain')
  @ApiResponse({ status: 200, description: 'The text.', content: { 'text/plain': { schema: { type: 'string' } } } })
  @ApiProblems('DOCUMENT_NOT_FOUND', 'TEXT_NOT_AVAILABLE')
  async text(@Caller() caller: Principal, @Param('id') id: string, @Res() response: Response): Promise<void> {
    const document = await this.find(caller, id);
    const text = await this.chunks.visibleText(document.id);
    if (text === null) {
      throw new Problem(
        'TEXT_NOT_AVAILABLE',
        `The document is ${document.status}; its text is there once it has completed.`,
      );
    }
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.type('text/plain; charset=utf-8').send(text);
  }

  @Get(':id/chunks')
  @RequiresScope('read', 'within-collections')
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOperation({ operationId: 'listDocumentChunks', summary: 'List the chunks in order' })
  @ApiResponse({
    status: 200,
    description: 'One page; empty until the document has completed.',
    standardSchema: chunkPageSchema,
  })
  @ApiProblems('INVALID_REQUEST', 'INVALID_CURSOR', 'DOCUMENT_NOT_FOUND')
  async listChunks(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Query({ schema: pageQuerySchema }) query: PageQuery,
  ): Promise<z.output<typeof chunkPageSchema>> {
    const document = await this.find(caller, id);
    const page = await this.chunks.list(document.id, query.limit, query.cursor);
    return { items: [...page.items], nextCursor: page.nextCursor };
  }

  @Get(':id/content')
  @RequiresScope('read', 'within-collections')
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOperation({ operationId: 'getDocumentContent', summary: 'Download the original bytes' })
  @ApiProduces('application/octet-stream')
  @ApiResponse({
    status: 200,
    description: 'The bytes as they were uploaded.',
    // As what it was uploaded, which may be anything; generators want a type that they know.
    content: { 'application/octet-stream': BYTES, '*/*': BYTES },
  })
  @ApiProblems('DOCUMENT_NOT_FOUND')
  async content(@Caller() caller: Principal, @Param('id') id: string, @Res() response: Response): Promise<void> {
    const document = await this.find(caller, id);
    await sendContent(response, this.contents.read(document.contentId, document.sizeBytes), document);
  }

  @Post(':id/retry')
  @HttpCode(202)
  @RequiresScope('write', 'within-collections')
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOperation({ operationId: 'retryDocument', summary: 'Try a failed document again' })
  @ApiResponse({ status: 202, description: 'Queued again.', standardSchema: documentSchema, headers: LOCATION })
  @ApiProblems('DOCUMENT_NOT_FOUND', 'NOT_FAILED')
  async retry(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<DocumentBody> {
    const document = await this.ingestion.retry(await this.collections.scopeOf(caller), documentId(id));
    response.setHeader('Location', `/api/documents/${document.id}`);
    return documentBody(document);
  }

  @Delete(':id')
  @HttpCode(204)
  @RequiresScope('write', 'within-collections')
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOperation({
    operationId: 'deleteDocument',
    summary: 'Delete a document in any state',
    description: 'Gone with its chunks, and from search at once.',
  })
  @ApiResponse({ status: 204, description: 'Gone.' })
  @ApiProblems('DOCUMENT_NOT_FOUND')
  async remove(@Caller() caller: Principal, @Param('id') id: string): Promise<void> {
    await this.ingestion.remove(await this.collections.scopeOf(caller), documentId(id));
  }

  private async find(caller: Principal, id: string): Promise<Document> {
    const document = await this.documents.findById(await this.collections.scopeOf(caller), documentId(id));
    if (document === null) throw notFound(id);
    return document;
  }
}

function notFound(id: string): Problem {
  return new Problem('DOCUMENT_NOT_FOUND', `There is no document ${id}.`);
}
