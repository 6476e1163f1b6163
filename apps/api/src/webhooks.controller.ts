import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { Config } from '@vectorlane/config';
import { CollectionsRepository } from '@vectorlane/documents';
import { CollectionName, DeliveryStatus, EventType } from '@vectorlane/domain';
import { Problem } from '@vectorlane/errors';
import { EventLogRepository } from '@vectorlane/events';
import {
  checkedUrl,
  DeliveriesRepository,
  type Delivery,
  type Webhook,
  type WebhookChange,
  WebhookSecrets,
  WebhooksRepository,
} from '@vectorlane/webhooks';
import type { Response } from 'express';
import { z } from 'zod';
import { list, type PageQuery, pageQuerySchema } from './documents.schemas';
import { ApiProblems } from './problem-responses';
import { RequiresScope } from './scope.guard';
import { atMost, storableText } from './storable-text';

const timestamp = z.string().meta({ format: 'date-time' });
const url = atMost(2_048, storableText()).meta({
  // Of the form alone; where it leads is checked besides.
  pattern: '^[Hh][Tt][Tt][Pp][Ss]?://[^\\u0000]+$',
  description: 'Where events are posted to: a public address.',
});
const description = atMost(1_000, storableText());
const types = z
  .array(EventType)
  .min(1)
  .max(EventType.options.length)
  .nullable()
  .meta({ description: '`null`: all but `document.progress`.' });
const collections = z.array(CollectionName).min(1).max(100).nullable().meta({ description: '`null`: all.' });
const collectionsLeft = z
  .array(CollectionName)
  .nullable()
  .meta({ description: '`null`: all. A collection that was deleted is not listed.' });

export const createSchema = z
  .strictObject({
    url,
    description: description.exactOptional(),
    types: types.exactOptional(),
    collections: collections.exactOptional(),
  })
  .meta({ example: { url: 'https://example.org/hooks/documents', collections: ['handbooks'] } });

export const changeSchema = z
  .strictObject({
    url: url.exactOptional(),
    description: description.nullable().exactOptional(),
    types: types.exactOptional(),
    collections: collections.exactOptional(),
    enabled: z.boolean().exactOptional().meta({ description: 'It is told of what happens from then on.' }),
    rotateSecret: z.literal(true).exactOptional().meta({
      description: 'Makes a new secret; for a day deliveries are signed with the one before, too.',
    }),
  })
  .meta({ example: { enabled: true } });

export const webhookSchema = z.object({
  id: z.string(),
  url: z.string(),
  description: z.string().nullable(),
  types,
  collections: collectionsLeft,
  enabled: z.boolean(),
  disabledReason: z.string().nullable(),
  failingSince: timestamp.nullable().meta({ description: 'Since when nothing has got through.' }),
  createdAt: timestamp,
  updatedAt: timestamp,
  secret: z
    .string()
    .exactOptional()
    .meta({ description: 'Shown when it is made, and when it is rotated; never again.', example: 'whsec_…' }),
});
export const pageSchema = z.object({ items: z.array(webhookSchema), nextCursor: z.string().nullable() });

export const deliverySchema = z.object({
  id: z.string().meta({ description: 'Sent as `webhook-id`, the same at every try.' }),
  type: z.string(),
  status: DeliveryStatus,
  attempts: z.int(),
  lastStatus: z.int().nullable().meta({ description: 'Of the latest answer; `null` where there was none.' }),
  lastError: z.string().nullable(),
  nextAttemptAt: timestamp.exactOptional().meta({ description: 'Of a pending one.' }),
  createdAt: timestamp,
  endedAt: timestamp.nullable(),
  body: z.record(z.string(), z.unknown()).meta({ description: 'What is sent.' }),
});
export const deliveryPageSchema = z.object({ items: z.array(deliverySchema), nextCursor: z.string().nullable() });
const deliveriesQuerySchema = pageQuerySchema.extend({ status: list(DeliveryStatus).exactOptional() });

/** What cannot be an id names nothing: the same 404 as for an unknown one. */
function webhookId(value: string): string {
  if (!/^wh_[\w-]{16}$/.test(value)) throw new Problem('WEBHOOK_NOT_FOUND', 'There is no such webhook.');
  return value;
}

type WebhookBody = z.output<typeof webhookSchema>;
type DeliveryBody = z.output<typeof deliverySchema>;

/** Who is told of events by a request of ours (docs/guides/webhooks.md). */
@ApiTags('webhooks')
@ApiSecurity('apiKey')
@ApiSecurity('bearer')
@RequiresScope('admin', 'outside-collections')
@Controller('api/webhooks')
export class WebhooksController {
  constructor(
    private readonly config: Config,
    private readonly webhooks: WebhooksRepository,
    private readonly deliveries: DeliveriesRepository,
    private readonly secrets: WebhookSecrets,
    private readonly log: EventLogRepository,
    private readonly collections: CollectionsRepository,
  ) {}

  @Post()
  @HttpCode(201)
  @ApiOperation({
    operationId: 'createWebhook',
    summary: 'Make a webhook',
    description: 'Told of what happens from now on, by Standard Webhooks 1.0. The secret is shown this once.',
  })
  @ApiResponse({ status: 201, description: 'The new webhook.', standardSchema: webhookSchema })
  @ApiProblems('INVALID_REQUEST', 'INVALID_JSON', 'WEBHOOK_URL_REFUSED', 'COLLECTION_NOT_FOUND', 'TOO_MANY_WEBHOOKS')
  async create(
    @Body({ schema: createSchema }) request: z.output<typeof createSchema>,
    @Res({ passthrough: true }) response: Response,
  ): Promise<WebhookBody> {
    const change = await this.changeOf(request);
    const { last } = await this.log.bounds();
    const webhook = await this.webhooks.create(request.url, change, last);
    response.setHeader('Location', `/api/webhooks/${webhook.id}`);
    return { ...(await this.bodyOf(webhook)), secret: await this.secrets.show(webhook.id, webhook.secretVersion) };
  }

  @Get()
  @ApiOperation({ operationId: 'listWebhooks', summary: 'List webhooks' })
  @ApiResponse({ status: 200, description: 'One page, oldest first.', standardSchema: pageSchema })
  @ApiProblems('INVALID_REQUEST', 'INVALID_CURSOR')
  async list(@Query({ schema: pageQuerySchema }) { limit, cursor }: PageQuery): Promise<z.output<typeof pageSchema>> {
    const { items, nextCursor } = await this.webhooks.list(limit, cursor);
    return { items: await Promise.all(items.map((webhook) => this.bodyOf(webhook))), nextCursor };
  }

  @Get(':id')
  @ApiParam({ name: 'id' })
  @ApiOperation({ operationId: 'getWebhook', summary: 'Get a webhook' })
  @ApiResponse({ status: 200, description: 'The webhook.', standardSchema: webhookSchema })
  @ApiProblems('WEBHOOK_NOT_FOUND')
  async get(@Param('id') id: string): Promise<WebhookBody> {
    return this.bodyOf(await this.webhooks.find(webhookId(id)));
  }

  @Patch(':id')
  @ApiParam({ name: 'id' })
  @ApiOperation({
    operationId: 'changeWebhook',
    summary: 'Change a webhook, switch it on or off, or rotate its secret',
  })
  @ApiResponse({ status: 200, description: 'The webhook as it is now.', standardSchema: webhookSchema })
  @ApiProblems('INVALID_REQUEST', 'INVALID_JSON', 'WEBHOOK_URL_REFUSED', 'COLLECTION_NOT_FOUND', 'WEBHOOK_NOT_FOUND')
  async change(
    @Param('id') id: string,
    @Body({ schema: changeSchema }) request: z.output<typeof changeSchema>,
  ): Promise<WebhookBody> {
    const change = await this.changeOf(request);
    const { last } = await this.log.bounds();
    const webhook = await this.webhooks.change(webhookId(id), change, last);
    const body = await this.bodyOf(webhook);
    if (request.rotateSecret === undefined) return body;
    return { ...body, secret: await this.secrets.show(webhook.id, webhook.secretVersion) };
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiParam({ name: 'id' })
  @ApiOperation({ operationId: 'deleteWebhook', summary: 'Delete a webhook and its deliveries' })
  @ApiResponse({ status: 204, description: 'Gone.' })
  @ApiProblems('WEBHOOK_NOT_FOUND')
  async remove(@Param('id') id: string): Promise<void> {
    await this.webhooks.remove(webhookId(id));
  }

  @Post(':id/test')
  @HttpCode(202)
  @ApiParam({ name: 'id' })
  @ApiOperation({ operationId: 'testWebhook', summary: 'Send a test', description: 'An event `webhook.test`.' })
  @ApiResponse({ status: 202, description: 'The delivery, about to be sent.', standardSchema: deliverySchema })
  @ApiProblems('WEBHOOK_NOT_FOUND')
  async test(@Param('id') id: string): Promise<DeliveryBody> {
    const webhook = await this.webhooks.find(webhookId(id));
    return deliveryBody(await this.deliveries.addTest(webhook.id));
  }

  @Get(':id/deliveries')
  @ApiParam({ name: 'id' })
  @ApiOperation({ operationId: 'listDeliveries', summary: 'List deliveries', description: 'Kept for three days.' })
  @ApiResponse({ status: 200, description: 'One page, newest first.', standardSchema: deliveryPageSchema })
  @ApiProblems('INVALID_REQUEST', 'INVALID_CURSOR', 'WEBHOOK_NOT_FOUND')
  async listDeliveries(
    @Param('id') id: string,
    @Query({ schema: deliveriesQuerySchema }) query: z.output<typeof deliveriesQuerySchema>,
  ): Promise<z.output<typeof deliveryPageSchema>> {
    const webhook = await this.webhooks.find(webhookId(id));
    const { items, nextCursor } = await this.deliveries.list(webhook.id, query.status, query.limit, query.cursor);
    return { items: items.map(deliveryBody), nextCursor };
  }

  @Post(':id/deliveries/:deliveryId/retry')
  @HttpCode(202)
  @ApiParam({ name: 'id' })
  @ApiParam({ name: 'deliveryId' })
  @ApiOperation({ operationId: 'retryDelivery', summary: 'Send a delivery again, whatever became of it' })
  @ApiResponse({ status: 202, description: 'The delivery, about to be sent.', standardSchema: deliverySchema })
  @ApiProblems('WEBHOOK_NOT_FOUND', 'DELIVERY_NOT_FOUND')
  async retry(@Param('id') id: string, @Param('deliveryId') deliveryId: string): Promise<DeliveryBody> {
    const webhook = await this.webhooks.find(webhookId(id));
    if (!/^msg_[0-9a-f]{32}$/.test(deliveryId)) {
      throw new Problem('DELIVERY_NOT_FOUND', 'There is no such delivery.');
    }
    return deliveryBody(await this.deliveries.again(webhook.id, deliveryId));
  }

  /** @throws Problem `WEBHOOK_URL_REFUSED`, `COLLECTION_NOT_FOUND` */
  private async changeOf(request: z.output<typeof changeSchema>): Promise<WebhookChange> {
    const { url: address, collections: names, ...rest } = request;
    if (address !== undefined) checkedUrl(address, this.config.WEBHOOK_ALLOW_PRIVATE);
    return {
      ...rest,
      ...(address !== undefined && { url: address }),
      ...(names !== undefined && { collections: names && (await this.collections.keysOf([...new Set(names)])) }),
    };
  }

  private async bodyOf(webhook: Webhook): Promise<WebhookBody> {
    const names = await this.collections.namesOf(webhook.collections ?? []);
    return {
      id: webhook.id,
      url: webhook.url,
      description: webhook.description,
      types: webhook.types && [...webhook.types],
      collections: webhook.collections && webhook.collections.flatMap((key) => names.get(key) ?? []),
      enabled: webhook.enabled,
      disabledReason: webhook.disabledReason,
      failingSince: webhook.failingSince?.toISOString() ?? null,
      createdAt: webhook.createdAt.toISOString(),
      updatedAt: webhook.updatedAt.toISOString(),
    };
  }
}

function deliveryBody(delivery: Delivery): DeliveryBody {
  return {
    id: delivery.id,
    type: delivery.type,
    status: delivery.status,
    attempts: delivery.attempts,
    lastStatus: delivery.lastStatus,
    lastError: delivery.lastError,
    ...(delivery.status === 'pending' && { nextAttemptAt: delivery.nextAttemptAt.toISOString() }),
    createdAt: delivery.createdAt.toISOString(),
    endedAt: delivery.endedAt?.toISOString() ?? null,
    body: delivery.body,
  };
}
