import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { Principal } from '@vectorlane/auth';
import { type Collection, CollectionsRepository } from '@vectorlane/documents';
import { CollectionName } from '@vectorlane/domain';
import { Problem } from '@vectorlane/errors';
import type { Response } from 'express';
import { z } from 'zod';
import { Caller } from './caller';
import { metadataSchema, type PageQuery, pageQuerySchema } from './documents.schemas';
import { ApiProblems } from './problem-responses';
import { RequiresScope } from './scope.guard';
import { atMost, storableText } from './storable-text';

const timestamp = z.string().meta({ format: 'date-time' });
const description = atMost(1_000, storableText());

export const createSchema = z
  .strictObject({
    name: CollectionName,
    description: description.exactOptional(),
    metadata: metadataSchema.exactOptional(),
  })
  .meta({ example: { name: 'handbooks', description: 'What new colleagues read first.' } });

export const changeSchema = z
  .strictObject({ description: description.nullable().exactOptional(), metadata: metadataSchema.exactOptional() })
  .meta({ example: { description: 'What everybody reads.', metadata: { team: 'people', draft: null } } });

export const collectionSchema = z.object({
  name: CollectionName,
  description: z.string().nullable(),
  metadata: z.record(z.string(), z.unknown()),
  documents: z.int(),
  chunks: z.int().meta({ description: 'Of completed documents.' }),
  bytes: z.int().meta({ description: 'Of the original files.' }),
  createdAt: timestamp,
  updatedAt: timestamp,
});
export const pageSchema = z.object({ items: z.array(collectionSchema), nextCursor: z.string().nullable() });

type CollectionBody = z.output<typeof collectionSchema>;

@ApiTags('collections')
@ApiSecurity('apiKey')
@ApiSecurity('bearer')
@Controller('api/collections')
export class CollectionsController {
  constructor(private readonly collections: CollectionsRepository) {}

  @Post()
  @HttpCode(201)
  @RequiresScope('write', 'outside-collections')
  @ApiOperation({
    operationId: 'createCollection',
    summary: 'Make a collection',
    description: 'An upload into one that is not there makes it too.',
  })
  @ApiResponse({ status: 201, description: 'The new collection.', standardSchema: collectionSchema })
  @ApiProblems('INVALID_REQUEST', 'INVALID_JSON', 'COLLECTION_EXISTS')
  async create(
    @Body({ schema: createSchema }) { name, ...rest }: z.output<typeof createSchema>,
    @Res({ passthrough: true }) response: Response,
  ): Promise<CollectionBody> {
    const collection = await this.collections.create(name, rest);
    response.setHeader('Location', `/api/collections/${name}`);
    return bodyOf(collection);
  }

  @Get()
  @RequiresScope('read', 'within-collections')
  @ApiOperation({ operationId: 'listCollections', summary: 'List collections by name' })
  @ApiResponse({ status: 200, description: 'One page.', standardSchema: pageSchema })
  @ApiProblems('INVALID_REQUEST', 'INVALID_CURSOR')
  async list(
    @Caller() caller: Principal,
    @Query({ schema: pageQuerySchema }) { limit, cursor }: PageQuery,
  ): Promise<z.output<typeof pageSchema>> {
    const page = await this.collections.list(await this.collections.scopeOf(caller), limit, cursor);
    return { items: page.items.map(bodyOf), nextCursor: page.nextCursor };
  }

  @Get(':name')
  @RequiresScope('read', 'within-collections')
  @ApiParam({ name: 'name' })
  @ApiOperation({ operationId: 'getCollection', summary: 'Get a collection and what it holds' })
  @ApiResponse({ status: 200, description: 'The collection.', standardSchema: collectionSchema })
  @ApiProblems('COLLECTION_NOT_FOUND')
  async get(@Caller() caller: Principal, @Param('name') name: string): Promise<CollectionBody> {
    return bodyOf(await this.collections.find(await this.collections.scopeOf(caller), known(name)));
  }

  @Patch(':name')
  @RequiresScope('write', 'within-collections')
  @ApiParam({ name: 'name' })
  @ApiOperation({
    operationId: 'changeCollection',
    summary: 'Change the description or the metadata of a collection',
    description: 'A merge patch (RFC 7396): what is left out stays, null removes.',
  })
  @ApiResponse({ status: 200, description: 'The collection as it is now.', standardSchema: collectionSchema })
  @ApiProblems('INVALID_REQUEST', 'INVALID_JSON', 'COLLECTION_NOT_FOUND')
  async change(
    @Caller() caller: Principal,
    @Param('name') name: string,
    @Body({ schema: changeSchema }) change: z.output<typeof changeSchema>,
  ): Promise<CollectionBody> {
    return bodyOf(await this.collections.change(await this.collections.scopeOf(caller), known(name), change));
  }

  @Delete(':name')
  @HttpCode(204)
  @RequiresScope('write', 'within-collections')
  @ApiParam({ name: 'name' })
  @ApiOperation({
    operationId: 'deleteCollection',
    summary: 'Delete a collection with all documents in it',
    description: 'Nobody sees any of it from that moment; what it held is taken away in the background.',
  })
  @ApiResponse({ status: 204, description: 'Gone.' })
  @ApiProblems('COLLECTION_NOT_FOUND', 'DEFAULT_COLLECTION')
  async remove(@Caller() caller: Principal, @Param('name') name: string): Promise<void> {
    await this.collections.remove(await this.collections.scopeOf(caller), known(name));
  }
}

/** What cannot be a name names nothing: the same 404 as an unknown one. */
function known(name: string): string {
  if (!CollectionName.safeParse(name).success)
    throw new Problem('COLLECTION_NOT_FOUND', 'There is no such collection.');
  return name;
}

function bodyOf({ createdAt, updatedAt, ...rest }: Collection): CollectionBody {
  return { ...rest, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
}
