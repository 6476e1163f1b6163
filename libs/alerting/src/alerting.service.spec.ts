import { Logger } from '@nestjs/common';
import { type Alert } from './alert';
import { AlertingService } from './alerting.service';
import { JsonChannel } from './channels/json.channel';
import { ErrorTally } from './error-tally';
import type { Receipt } from './webhook/webhook-call';
import type { WebhookSender } from './webhook/webhook-sender';
import { webhookTarget } from './webhook/webhook-target';
import { AlertWindow } from './window/alert-window';

const NOW = 1_700_000_000_000;

const lines: string[] = [];
beforeEach(() => {
  lines.length = 0;
  const write = (...parts: unknown[]): number => lines.push(JSON.stringify(parts));
  Logger.overrideLogger({ log: write, error: write, warn: write, fatal: write });
});
afterEach(() => Logger.overrideLogger(false));

/** No Redis at all: the rules run in memory. */
const noRedis = { exchange: () => Promise.reject(new Error('away')) };

class RecordingSender {
  readonly alerts: Alert[] = [];
  closedAfter: number | undefined;
  tries = 0;
  answer: () => Promise<Receipt> = () =>
    Promise.resolve({ delivered: true, status: 200, latencyMs: 3, detail: 'ok', transient: false });

  enqueue(alert: Alert): void {
    this.alerts.push(alert);
  }

  try(): Promise<Receipt> {
    this.tries += 1;
    return this.answer();
  }

  close(): Promise<void> {
    this.closedAfter = this.alerts.length;
    return Promise.resolve();
  }
}

const serviceOn = (
  sender: RecordingSender | undefined,
  window: Pick<AlertWindow, 'advance' | 'record'> = new AlertWindow(noRedis, { thresholdOf: () => 5, now: () => NOW }),
): { service: AlertingService; tally: ErrorTally; tracked: [string, number][] } => {
  const tally = ErrorTally.on(() => NOW);
  const tracked: [string, number][] = [];
  const service = new AlertingService({
    ...{ tally, threshold: 5, now: () => NOW },
    window: window as AlertWindow,
    webhook: sender && {
      target: webhookTarget('https://ops.example/hooks/hunter2hunter2', 'auto', [new JsonChannel()]),
      sender: sender as unknown as WebhookSender,
    },
    onTracked: (type, count) => tracked.push([type, count]),
  });
  return { service, tally, tracked };
};

describe('AlertingService', () => {
  it('takes errors to the sender in one batch, with the example, redacted', async () => {
    const sender = new RecordingSender();
    const { service, tally, tracked } = serviceOn(sender);
    tally.trackError('SHUTDOWN_ERROR');
    service.start();
    for (let index = 0; index < 10_000; index += 1) {
      tally.trackError('HTTP_INTERNAL_ERROR', {
        message: `${index}: POST https://ops.example/hooks/hunter2hunter2 failed`,
        requestId: `r-${index}`,
      });
    }
    await service.decide();
    expect(sender.alerts.map(({ event, count }) => [event, count])).toEqual([
      ['alert', 10_000],
      ['escalation', 10_000],
    ]);
    expect(sender.alerts[0]?.example).toEqual({ message: '9999: POST [hidden] failed', requestId: 'r-9999' });
    expect(tracked).toHaveLength(10_001);
    await service.close();
  });

  it('logs an alert once, at level error, when there is no webhook', async () => {
    const { service, tally } = serviceOn(undefined);
    service.start();
    for (let round = 0; round < 3; round += 1) {
      for (let index = 0; index < 5; index += 1) tally.trackError('HTTP_INTERNAL_ERROR', { message: 'boom' });
      await service.decide();
    }
    expect(lines.filter((line) => line.includes('no webhook configured'))).toHaveLength(1);
    expect(lines.join()).toContain('HTTP_INTERNAL_ERROR: 5 errors within an hour');
    await service.close();
  });

  it('counts what was tracked up to its close, and sends it before the sender closes', async () => {
    const sender = new RecordingSender();
    const { service, tally } = serviceOn(sender);
    service.start();
    for (let index = 0; index < 5; index += 1) tally.trackError('SHUTDOWN_ERROR', { stage: 'http: http server' });
    await service.close();
    expect(sender.closedAfter).toBe(1);
    tally.trackError('SHUTDOWN_ERROR'); // nobody listens any more, and nothing breaks
  });

  it('survives a bug in the window, and says so', async () => {
    let broken = true;
    const { service, tally } = serviceOn(new RecordingSender(), {
      record: () => undefined,
      advance: () => (broken ? Promise.reject(new Error('bug')) : Promise.resolve([])),
    });
    service.start();
    tally.trackError('HTTP_INTERNAL_ERROR');
    await service.decide();
    expect(lines.join()).toContain('alerting failed');
    broken = false;
    await service.decide();
    await service.close();
  });

  it('sends one test alert for callers at the same time', async () => {
    const sender = new RecordingSender();
    const { service } = serviceOn(sender);
    const [first, second] = await Promise.all([service.test(), service.test()]);
    expect(first).toEqual({
      ...{ delivered: true, channel: 'json', host: 'ops.example', status: 200, latencyMs: 3, detail: 'ok' },
    });
    expect(second).toBe(first);
    expect(sender.tries).toBe(1);
    sender.answer = () => Promise.resolve({ delivered: false, latencyMs: 9, detail: 'No answer.', transient: true });
    expect(await service.test()).toMatchObject({ delivered: false, status: null, detail: 'No answer.' });
  });

  it('says that there is no webhook to test', async () => {
    expect(await serviceOn(undefined).service.test()).toMatchObject({
      ...{ delivered: false, channel: null, host: null, status: null },
      detail: expect.stringContaining('ALERT_WEBHOOK_URL'),
    });
  });
});
