import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { type ApiKeyListing, ApiKeysService } from '@vectorlane/auth';
import { CollectionsRepository } from '@vectorlane/documents';
import { CollectionName, Scope } from '@vectorlane/domain';
import { Problem } from '@vectorlane/errors';
import { z } from 'zod';
import { type PageQuery, pageQuerySchema } from './documents.schemas';
import { ApiProblems } from './problem-responses';
import { RequiresScope } from './scope.guard';
import { isStorable, someText } from './storable-text';

const MOST_PER_MINUTE = 1_000_000_000;

const rateLimit = z
  .union([z.int().min(1).max(MOST_PER_MINUTE), z.literal('none')], {
    error: `must be a whole number from 1 to ${MOST_PER_MINUTE}, or "none"`,
  })
  .nullable();

export const createSchema = z
  .strictObject({
    name: someText(200),
    scopes: z.array(Scope).min(1).max(Scope.options.length),
    expiresAt: z.iso.datetime({ offset: true }).optional(),
    collections: z.array(CollectionName).min(1).max(100).exactOptional().meta({
      description: 'All that the key may see and change; each has to be there. Left out: everything.',
    }),
    rateLimitPerMinute: rateLimit.default(null).meta({
      description:
        'Requests a minute that this key may make wherever they come from, or `none` for as many as it likes. ' +
        'Left out: its requests count with those of the address they come from.',
    }),
  })
  .refine(({ scopes, collections }) => collections === undefined || !scopes.includes('admin'), {
    path: ['collections'],
    error: 'do not go with the scope admin, which reaches beyond them',
  })
  .meta({
    not: { required: ['collections'], properties: { collections: {}, scopes: { contains: { enum: ['admin'] } } } },
    example: { name: 'nightly import', scopes: ['write'] },
  });

const timestamp = z.string().meta({ format: 'date-time' });

export const keySchema = z.object({
  id: z.string(),
  name: z.string(),
  scopes: z.array(Scope),
  createdAt: timestamp,
  expiresAt: timestamp.nullable(),
  lastUsedAt: timestamp.nullable(),
  revokedAt: timestamp.nullable(),
  collections: z
    .array(CollectionName)
    .nullable()
    .meta({ description: 'All that it may see; `null`: everything. A collection that was deleted is not listed.' }),
  rateLimitPerMinute: rateLimit.meta({ description: '`null`: counted with the address the requests come from.' }),
});
export const createdSchema = keySchema.extend({ key: z.string().meta({ description: 'Shown this once.' }) });
export const keysSchema = z.object({ items: z.array(keySchema), nextCursor: z.string().nullable() });

@ApiTags('administration')
@ApiSecurity('apiKey')
@ApiSecurity('bearer')
@RequiresScope('admin', 'outside-collections')
@Controller('api/admin/keys')
export class ApiKeysController {
  constructor(
    private readonly keys: ApiKeysService,
    private readonly collections: CollectionsRepository,
  ) {}

  @Post()
  @HttpCode(201)
  @ApiOperation({
    operationId: 'createApiKey',
    summary: 'Make an API key',
    description: 'The key itself is shown this once.',
  })
  @ApiResponse({ status: 201, description: 'The new key.', standardSchema: createdSchema })
  @ApiProblems('INVALID_REQUEST', 'INVALID_JSON', 'COLLECTION_NOT_FOUND')
  async create(
    @Body({ schema: createSchema }) request: z.output<typeof createSchema>,
  ): Promise<z.output<typeof createdSchema>> {
    const { name, scopes, expiresAt, rateLimitPerMinute, collections } = request;
    const { apiKey, key } = await this.keys.create({
      name,
      scopes: [...new Set(scopes)],
      rateLimitPerMinute,
      ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt) }),
      ...(collections && { collections: await this.collections.keysOf([...new Set(collections)]) }),
    });
    const [made] = await this.listed([apiKey]);
    if (made === undefined) throw new Error('The new key is not listed.');
    return { ...made, key };
  }

  @Get()
  @ApiOperation({ operationId: 'listApiKeys', summary: 'List API keys' })
  @ApiResponse({
    status: 200,
    description: 'One page, newest first; never the keys themselves.',
    standardSchema: keysSchema,
  })
  @ApiProblems('INVALID_REQUEST', 'INVALID_CURSOR')
  async list(@Query({ schema: pageQuerySchema }) { limit, cursor }: PageQuery): Promise<z.output<typeof keysSchema>> {
    const { items, nextCursor } = await this.keys.list(limit, cursor);
    return { items: await this.listed(items), nextCursor };
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ operationId: 'revokeApiKey', summary: 'Revoke an API key' })
  @ApiResponse({ status: 204, description: 'It opens nothing any more.' })
  @ApiProblems('NOT_FOUND')
  async revoke(@Param('id') id: string): Promise<void> {
    if (!isStorable(id)) throw new Problem('NOT_FOUND', 'There is no such API key.');
    await this.keys.revoke(id);
  }

  private async listed(keys: readonly ApiKeyListing[]): Promise<z.output<typeof keySchema>[]> {
    const names = await this.collections.namesOf(keys.flatMap(({ collections }) => collections ?? []));
    return keys.map((key) => ({
      id: key.id,
      name: key.name,
      scopes: [...key.scopes],
      createdAt: key.createdAt.toISOString(),
      expiresAt: key.expiresAt?.toISOString() ?? null,
      lastUsedAt: key.lastUsedAt?.toISOString() ?? null,
      revokedAt: key.revokedAt?.toISOString() ?? null,
      collections: key.collections?.flatMap((collection) => names.get(collection) ?? []) ?? null,
      rateLimitPerMinute: key.rateLimitPerMinute,
    }));
  }
}
