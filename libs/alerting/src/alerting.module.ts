import { Global, Inject, Module, type OnModuleInit } from '@nestjs/common';
import { Config } from '@vectorlane/config';
import { ERROR_TRACKER } from '@vectorlane/errors';
import { Metrics } from '@vectorlane/metrics';
import { RedisConnections } from '@vectorlane/redis';
import { ShutdownSequence } from '@vectorlane/shutdown';
import { AlertingService, CLOSE_WITHIN_MS } from './alerting.service';
import { ALERT_CHANNELS, type AlertChannel } from './channels/alert-channel';
import { DiscordChannel } from './channels/discord.channel';
import { JsonChannel } from './channels/json.channel';
import { SlackChannel } from './channels/slack.channel';
import { thresholdOf } from './error-kinds';
import { ErrorTally, systemClock } from './error-tally';
import { WebhookSender } from './webhook/webhook-sender';
import { webhookTarget } from './webhook/webhook-target';
import { AlertWindow } from './window/alert-window';
import { SharedWindow } from './window/shared-window';

/**
 * Global: every library is given `ERROR_TRACKER`. That is the tally, which depends on nothing; the service behind it
 * stands on Redis and the shutdown, which may then track errors themselves.
 */
@Global()
@Module({
  providers: [
    ErrorTally,
    { provide: ERROR_TRACKER, useExisting: ErrorTally },
    {
      provide: ALERT_CHANNELS,
      // Asked in order; the last takes any address.
      useFactory: (): readonly AlertChannel[] => [new SlackChannel(), new DiscordChannel(), new JsonChannel()],
    },
    {
      provide: AlertingService,
      inject: [Config, ErrorTally, ALERT_CHANNELS, RedisConnections, Metrics, ShutdownSequence],
      useFactory: openAlerting,
    },
  ],
  exports: [ERROR_TRACKER, AlertingService],
})
export class AlertingModule implements OnModuleInit {
  constructor(@Inject(AlertingService) private readonly alerting: AlertingService) {}

  onModuleInit(): void {
    this.alerting.start();
  }
}

function openAlerting(
  config: Config,
  tally: ErrorTally,
  channels: readonly AlertChannel[],
  redis: RedisConnections,
  metrics: Metrics,
  shutdown: ShutdownSequence,
): AlertingService {
  const { ALERT_THRESHOLD: threshold, ALERT_WEBHOOK_URL: address } = config;
  const target = address === undefined ? undefined : webhookTarget(address, config.ALERT_WEBHOOK_KIND, channels);
  const alerting = new AlertingService({
    ...{ tally, threshold, now: systemClock },
    window: new AlertWindow(new SharedWindow(redis.shared), {
      thresholdOf: (errorType) => thresholdOf(errorType, threshold),
      now: systemClock,
    }),
    webhook: target && {
      target,
      sender: new WebhookSender({
        target,
        timeoutMs: config.ALERT_TIMEOUT_MS,
        onOutcome: (outcome) => metrics.alerts.inc({ outcome }),
      }),
    },
    onTracked: (type, count) => metrics.errorsTracked.inc({ type }, count),
  });
  // Nothing adds errors any more but the release of the connections themselves, and Redis is still there.
  shutdown.add('producers', 'alerts', () => alerting.close(), CLOSE_WITHIN_MS);
  return alerting;
}
