export { AlertingModule } from './alerting.module';
export { AlertingService, type AlertingOptions, type TestReport } from './alerting.service';
export { ALERT_CHANNELS, type AlertChannel, type WebhookMessage } from './channels/alert-channel';
