import type { Alert } from '../alert';

/** One POST with a JSON body. */
export interface WebhookMessage {
  readonly url: URL;
  readonly body: unknown;
}

/**
 * One kind of receiver. It knows the receiver's shape and limits and nothing of sending; a further one is one class and
 * one line in `ALERT_CHANNELS`' list (docs/alerting.md).
 */
export interface AlertChannel {
  /** Value of `ALERT_WEBHOOK_KIND`. */
  readonly kind: string;
  /** Whether `ALERT_WEBHOOK_KIND=auto` picks it for this address. */
  recognises(webhook: URL): boolean;
  message(alert: Alert, webhook: URL): WebhookMessage;
}

/** Inject the list of {@link AlertChannel}s by this token: asked in order, the last one takes any address. */
export const ALERT_CHANNELS = Symbol('ALERT_CHANNELS');

/** `2026-11-24T03:55:00Z`: seconds are enough for people. */
export function timestamp(at: Date): string {
  return at.toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** The facts in the order a reader wants them; a channel decides how a pair is shown. */
export function factsOf(alert: Alert): readonly (readonly [name: string, value: string])[] {
  const { event, errorType, count, incidentCount, firstAt, lastAt, service, version, host, example } = alert;
  const counted: [string, string][] =
    event === 'test'
      ? []
      : [
          ['Errors within the hour', String(count)],
          ['Errors in all', String(incidentCount)],
          ['First', timestamp(firstAt)],
          ['Latest', timestamp(lastAt)],
        ];
  const ids: [string, string | undefined][] = [
    ['Request', example?.requestId],
    ['Route', example?.route],
    ['Document', example?.documentId],
    ['Job', example?.jobId],
    ['Stage', example?.stage],
  ];
  return [
    ['Type', errorType],
    ...counted,
    ['Service', `${service} ${version}`],
    ['Host', host],
    ...ids.filter((pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== ''),
  ];
}
