import { Body, Controller, HttpCode, Param, Patch, Post } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { Principal } from '@vectorlane/auth';
import { CollectionsRepository, type SearchFilter } from '@vectorlane/documents';
import { CollectionName, DocumentCondition } from '@vectorlane/domain';
import { IngestionService, type Removed, type Reprocessed, type Retried } from '@vectorlane/ingestion';
import { z } from 'zod';
import { Caller } from './caller';
import { type DocumentBody, documentBody, documentSchema, metadataSchema } from './documents.schemas';
import { ApiProblems } from './problem-responses';
import { RequiresScope } from './scope.guard';
import { atMost, storableText } from './storable-text';
import { documentId, invalidRequest } from './validation';

const again = 'Less than `matched`: ask again for the rest.';
const matched = z.int().meta({ description: 'How many there were when it began.' });

/** What no filter and no collection narrows down. */
const ALL_OF_EVERYTHING = {
  properties: { filter: { maxProperties: 0 } },
  not: { required: ['collection'], properties: { collection: {} } },
};

export const changeSchema = z
  .strictObject({
    filename: atMost(1_024, storableText().min(1)).exactOptional(),
    metadata: metadataSchema.exactOptional(),
  })
  .meta({ example: { metadata: { team: 'legal', draft: null } } });

export const retrySchema = z
  .strictObject({
    collection: CollectionName.exactOptional(),
    filter: DocumentCondition.exactOptional().meta({ description: 'Which of them; left out: all of them.' }),
  })
  .meta({ example: { filter: { format: ['pdf'] } } });

export const retriedSchema = z.object({
  matched,
  retried: z.int().meta({ description: `How many of them are pending now. ${again}` }),
}) satisfies z.ZodType<Retried>;

export const reprocessOneSchema = z
  .strictObject({
    format: atMost(32, storableText().min(1)).exactOptional().meta({
      description: 'Read as this format, for a file that was once taken for another; left out: as before.',
    }),
  })
  .optional()
  .meta({ example: { format: 'md' } });

export const reprocessSchema = z
  .strictObject({
    collection: CollectionName.exactOptional(),
    filter: DocumentCondition.meta({ description: 'Which of them. `{}` is all of a collection, which is named then.' }),
  })
  .refine(({ filter, collection }) => collection !== undefined || Object.keys(filter).length > 0, {
    path: ['filter'],
    error: 'must hold a condition, or the collection has to be named',
  })
  .meta({ not: ALL_OF_EVERYTHING, example: { filter: { format: ['pdf'] } } });

export const reprocessedSchema = z.object({
  matched,
  reprocessed: z.int().meta({ description: `How many of them are pending now. ${again}` }),
}) satisfies z.ZodType<Reprocessed>;

export const deleteSchema = z
  .strictObject({
    collection: CollectionName.exactOptional(),
    filter: DocumentCondition.meta({ description: 'Which of them. `{}` is all of a collection, which is named then.' }),
    dryRun: z.boolean().default(false).meta({ description: 'Only counts them.' }),
  })
  .refine(({ filter, collection }) => collection !== undefined || Object.keys(filter).length > 0, {
    path: ['filter'],
    error: 'must hold a condition, or the collection has to be named',
  })
  .meta({ not: ALL_OF_EVERYTHING, example: { filter: { metadata: { year: { gte: 2020 } } }, dryRun: true } });

export const deletedSchema = z.object({
  matched,
  deleted: z.int().meta({ description: `How many of them are gone. ${again}` }),
}) satisfies z.ZodType<Removed>;

/** What changes documents that are there, one or many. */
@ApiTags('documents')
@ApiSecurity('apiKey')
@ApiSecurity('bearer')
@Controller('api/documents')
export class DocumentChangesController {
  constructor(
    private readonly ingestion: IngestionService,
    private readonly collections: CollectionsRepository,
  ) {}

  @Patch(':id')
  @RequiresScope('write', 'within-collections')
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOperation({
    operationId: 'changeDocument',
    summary: 'Change the name or the metadata of a document',
    description:
      'A merge patch (RFC 7396): what is left out stays, null removes. Filters see it at once; nothing is embedded again.',
  })
  @ApiResponse({ status: 200, description: 'The document as it is now.', standardSchema: documentSchema })
  @ApiProblems('INVALID_REQUEST', 'INVALID_JSON', 'DOCUMENT_NOT_FOUND')
  async change(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Body({ schema: changeSchema }) patch: z.output<typeof changeSchema>,
  ): Promise<DocumentBody> {
    const scope = await this.collections.scopeOf(caller);
    return documentBody(await this.ingestion.change(scope, documentId(id), patch, requireMetadata));
  }

  @Post('retry')
  @HttpCode(200)
  @RequiresScope('write', 'within-collections')
  @ApiOperation({
    operationId: 'retryDocuments',
    summary: 'Try failed documents again, all that a retry may help',
    description: 'In short steps, for ten seconds at most; where `retried` is less than `matched`, ask again.',
  })
  @ApiResponse({ status: 200, description: 'What was done.', standardSchema: retriedSchema })
  @ApiProblems('INVALID_REQUEST', 'INVALID_JSON', 'COLLECTION_NOT_FOUND')
  async retryMatching(
    @Caller() caller: Principal,
    @Body({ schema: retrySchema }) request: z.output<typeof retrySchema>,
  ): Promise<z.output<typeof retriedSchema>> {
    return this.ingestion.retryMatching(await this.filterOf(caller, request));
  }

  @Post(':id/reprocess')
  @HttpCode(202)
  @RequiresScope('write', 'within-collections')
  @ApiParam({ name: 'id', format: 'uuid' })
  @ApiOperation({
    operationId: 'reprocessDocument',
    summary: 'Read the kept bytes of a document again',
    description:
      'For a better reader, another size of chunks, or a format that was taken wrongly. Readers see what they saw until ' +
      'it is complete, and for good where it fails. Chunks that come out as before keep their vectors.',
  })
  @ApiResponse({ status: 202, description: 'Queued.', standardSchema: documentSchema })
  @ApiProblems('INVALID_REQUEST', 'INVALID_JSON', 'DOCUMENT_NOT_FOUND', 'NOT_FINISHED', 'UNSUPPORTED_FORMAT')
  async reprocess(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Body({ schema: reprocessOneSchema }) request: z.output<typeof reprocessOneSchema>,
  ): Promise<DocumentBody> {
    const scope = await this.collections.scopeOf(caller);
    return documentBody(await this.ingestion.reprocess(scope, documentId(id), request?.format));
  }

  @Post('reprocess')
  @HttpCode(200)
  @RequiresScope('write', 'within-collections')
  @ApiOperation({
    operationId: 'reprocessDocuments',
    summary: 'Read documents again by filter',
    description: 'In short steps, for ten seconds at most; where `reprocessed` is less than `matched`, ask again.',
  })
  @ApiResponse({ status: 200, description: 'What was done.', standardSchema: reprocessedSchema })
  @ApiProblems('INVALID_REQUEST', 'INVALID_JSON', 'COLLECTION_NOT_FOUND')
  async reprocessMatching(
    @Caller() caller: Principal,
    @Body({ schema: reprocessSchema }) request: z.output<typeof reprocessSchema>,
  ): Promise<z.output<typeof reprocessedSchema>> {
    return this.ingestion.reprocessMatching(await this.filterOf(caller, request));
  }

  @Post('delete')
  @HttpCode(200)
  @RequiresScope('write', 'within-collections')
  @ApiOperation({
    operationId: 'deleteDocuments',
    summary: 'Delete documents by filter',
    description: 'In short steps, for ten seconds at most; where `deleted` is less than `matched`, ask again.',
  })
  @ApiResponse({ status: 200, description: 'What was done.', standardSchema: deletedSchema })
  @ApiProblems('INVALID_REQUEST', 'INVALID_JSON', 'COLLECTION_NOT_FOUND')
  async removeMatching(
    @Caller() caller: Principal,
    @Body({ schema: deleteSchema }) { dryRun, ...request }: z.output<typeof deleteSchema>,
  ): Promise<z.output<typeof deletedSchema>> {
    return this.ingestion.removeMatching(await this.filterOf(caller, request), dryRun);
  }

  private async filterOf(
    caller: Principal,
    { filter, collection }: { readonly filter?: DocumentCondition; readonly collection?: string },
  ): Promise<SearchFilter> {
    const scope = await this.collections.scopeOf(caller, collection === undefined ? undefined : [collection]);
    return { ...filter, scope };
  }
}

/** What a patch makes of the metadata is bound by the same rules as an upload's. */
function requireMetadata(metadata: Readonly<Record<string, unknown>>): void {
  const checked = metadataSchema.safeParse(metadata);
  if (!checked.success) throw invalidRequest(checked.error.issues, 'metadata');
}
