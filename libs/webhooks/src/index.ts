export { DeliveriesRepository } from './deliveries.repository';
export { type Delivery, type Webhook, type WebhookChange } from './webhook';
export { checkedUrl, isPublic } from './webhook-address';
export { WebhookSecrets } from './webhook-secrets';
export { WebhooksModule } from './webhooks.module';
export { WebhooksRepository } from './webhooks.repository';
