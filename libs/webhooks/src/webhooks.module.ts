import { type DynamicModule, Module } from '@nestjs/common';
import { DeliveriesRepository } from './deliveries.repository';
import { DeliveryGauge } from './delivery-gauge';
import { WebhookSecrets } from './webhook-secrets';
import { WebhookSender } from './webhook-sender';
import { WebhooksRepository } from './webhooks.repository';

@Module({})
export class WebhooksModule {
  /** @param sends whether this process calls receivers, or only administers webhooks */
  static register({ sends }: { readonly sends: boolean }): DynamicModule {
    return {
      module: WebhooksModule,
      providers: [
        WebhooksRepository,
        DeliveriesRepository,
        WebhookSecrets,
        ...(sends ? [WebhookSender, DeliveryGauge] : []),
      ],
      exports: [WebhooksRepository, DeliveriesRepository, WebhookSecrets],
    };
  }
}
