export { Vectorlane, type UploadOptions } from './client.ts';
export {
  ApiError,
  ConnectionFailed,
  DocumentFailed,
  hasCode,
  TimedOut,
  VectorlaneError,
  WebhookRefused,
} from './errors.ts';
export type { DocumentEvent, EventsOptions } from './follow.ts';
export type { RetryOptions } from './retry.ts';
export type { ClientOptions } from './transport.ts';
export type * from './types.ts';
export type { Reopenable, UploadSource } from './upload-body.ts';
export type { Progress, WaitOptions } from './wait.ts';
export { verifyWebhook, type VerifyOptions, type WebhookEvent } from './webhook.ts';
