import type { Alert } from '../alert';
import type { AlertChannel, WebhookMessage } from './alert-channel';

/** Any other receiver: a flat, documented, stable shape (docs/alerting.md). Fields are added, never renamed. */
export class JsonChannel implements AlertChannel {
  readonly kind = 'json';

  recognises(): boolean {
    return true;
  }

  message(alert: Alert, webhook: URL): WebhookMessage {
    const { id, event, repeated, errorType, title, meaning, action, runbook, count, incidentCount, example } = alert;
    return {
      url: webhook,
      body: {
        schema: 'vectorlane.alert.v1',
        ...{ id, event, repeated, errorType, title, meaning, action, runbook, count, incidentCount },
        threshold: alert.threshold,
        windowSeconds: alert.windowSeconds,
        firstAt: alert.firstAt.toISOString(),
        lastAt: alert.lastAt.toISOString(),
        sentAt: alert.sentAt.toISOString(),
        service: alert.service,
        version: alert.version,
        host: alert.host,
        example: example ?? null,
      },
    };
  }
}
