import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { VERSION } from '@vectorlane/health';
import { cutText, redact } from '@vectorlane/errors';
import { kindOf, runbookOf } from './error-kinds';
import type { ErrorExample } from './error-tally';
import { WINDOW_MS } from './window/alert-rules';
import type { Decision } from './window/alert-window';

export type AlertEvent = 'alert' | 'escalation' | 'resolved' | 'test';

/** One message, before a channel gives it its shape. Texts from inside are redacted and cut already. */
export interface Alert {
  /** The same on every try, for receivers that want each message once. */
  readonly id: string;
  readonly event: AlertEvent;
  /** The cool-down is over and errors still come. */
  readonly repeated: boolean;
  readonly errorType: string;
  readonly title: string;
  readonly meaning: string;
  readonly action: string;
  readonly runbook: string;
  /** Errors in the window. */
  readonly count: number;
  /** Errors since the window was last empty. */
  readonly incidentCount: number;
  readonly threshold: number;
  readonly windowSeconds: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
  readonly service: string;
  readonly version: string;
  readonly host: string;
  readonly sentAt: Date;
  readonly example?: ErrorExample;
}

const SERVICE = 'vectorlane';
const MESSAGE_CHARACTERS = 1_500;
const ID_CHARACTERS = 200;
const number = new Intl.NumberFormat('en-US');

/** @param secrets texts that no message may hold, such as the webhook's own address */
export function alertOf(decision: Decision, threshold: number, secrets: readonly string[], sentAt: Date): Alert {
  const { outcome, errorType, count, incident, firstAt, lastAt, example } = decision;
  return {
    ...envelope(errorType, threshold, sentAt),
    event: outcome === 'reminder' ? 'alert' : outcome,
    repeated: outcome === 'reminder',
    title: titleOf(decision, threshold),
    count,
    incidentCount: incident,
    firstAt: new Date(firstAt),
    lastAt: new Date(lastAt),
    ...(example !== undefined && outcome !== 'resolved' && { example: shown(example, secrets) }),
  };
}

export function testAlert(threshold: number, sentAt: Date): Alert {
  return {
    ...envelope('TEST', threshold, sentAt),
    event: 'test',
    repeated: false,
    title: 'Test alert: this is what an alert looks like',
    count: 0,
    incidentCount: 0,
    firstAt: sentAt,
    lastAt: sentAt,
    example: { message: 'Nothing happened. Somebody asked for a test alert.' },
  };
}

type Envelope = Pick<
  Alert,
  | 'id'
  | 'errorType'
  | 'meaning'
  | 'action'
  | 'runbook'
  | 'threshold'
  | 'windowSeconds'
  | 'service'
  | 'version'
  | 'host'
  | 'sentAt'
>;

function envelope(errorType: string, threshold: number, sentAt: Date): Envelope {
  return {
    id: randomUUID(),
    errorType,
    ...kindOf(errorType),
    runbook: runbookOf(errorType),
    threshold,
    windowSeconds: WINDOW_MS / 1_000,
    service: SERVICE,
    version: VERSION,
    host: hostname(),
    sentAt,
  };
}

function titleOf({ outcome, errorType, count, incident }: Decision, threshold: number): string {
  const errors = `${number.format(count)} ${count === 1 ? 'error' : 'errors'}`;
  switch (outcome) {
    case 'alert':
      return `${errorType}: ${errors} within an hour`;
    case 'reminder':
      return `${errorType}: still failing, ${errors} within the last hour`;
    case 'escalation':
      return `${errorType}: escalating, ${errors} within an hour (the first alert came at ${number.format(threshold)})`;
    case 'resolved':
      return `${errorType}: resolved, none for an hour (${number.format(incident)} in all)`;
  }
}

function shown(example: ErrorExample, secrets: readonly string[]): ErrorExample {
  const { message, ...ids } = example;
  return {
    message: cutText(redact(message, secrets), MESSAGE_CHARACTERS),
    ...Object.fromEntries(
      Object.entries(ids).map(([name, value]) => [name, cutText(redact(value, secrets), ID_CHARACTERS)]),
    ),
  };
}
