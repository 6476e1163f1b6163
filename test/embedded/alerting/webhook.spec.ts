import { alertOf, testAlert, type Alert } from '../../../libs/alerting/src/alert';
import { DiscordChannel } from '../../../libs/alerting/src/channels/discord.channel';
import { JsonChannel } from '../../../libs/alerting/src/channels/json.channel';
import { SlackChannel } from '../../../libs/alerting/src/channels/slack.channel';
import {
  type DeliveryOutcome,
  QUEUED_AT_MOST,
  RETRY_AFTER_AT_MOST_MS,
  TRIES_AT_MOST,
  WebhookSender,
} from '../../../libs/alerting/src/webhook/webhook-sender';
import { webhookTarget } from '../../../libs/alerting/src/webhook/webhook-target';
import { answers, StandInWebhook, type WebhookAnswer } from '../../support/stand-in-webhook';
import { recordLog } from '../../support/test-redis';
import { Stopwatch } from '../../support/stopwatch';

const CHANNELS = [new SlackChannel(), new DiscordChannel(), new JsonChannel()];
const SECRET = 'hunter2hunter2';

let log: ReturnType<typeof recordLog>;
let waits: number[];
let outcomes: DeliveryOutcome[];
const opened: StandInWebhook[] = [];

beforeEach(() => {
  log = recordLog();
  [waits, outcomes] = [[], []];
});
afterEach(async () => {
  for (const webhook of opened.splice(0)) await webhook.close();
  log.stop();
  // Whatever happened: the address is a secret.
  expect(log.lines.join('\n')).not.toContain(SECRET);
});

const receiver = async (...script: WebhookAnswer[]): Promise<StandInWebhook> => {
  const webhook = await StandInWebhook.start(...script);
  opened.push(webhook);
  return webhook;
};

/** A sender whose pauses are written down and not waited for. */
const senderTo = (address: string, options: { timeoutMs?: number; kind?: string } = {}): WebhookSender =>
  new WebhookSender({
    target: webhookTarget(address, options.kind ?? 'auto', CHANNELS),
    timeoutMs: options.timeoutMs ?? 10_000,
    onOutcome: (outcome) => outcomes.push(outcome),
    timing: { wait: (milliseconds) => Promise.resolve(waits.push(milliseconds)), random: () => 1 },
  });

const alert = (errorType = 'HTTP_INTERNAL_ERROR'): Alert =>
  alertOf(
    { outcome: 'alert', errorType, count: 5, incident: 5, firstAt: 1, lastAt: 2, example: { message: 'boom' } },
    5,
    [],
    new Date(),
  );

const deliver = async (webhook: StandInWebhook, timeoutMs?: number): Promise<WebhookSender> => {
  const sender = senderTo(webhook.url, timeoutMs === undefined ? {} : { timeoutMs });
  sender.enqueue(alert());
  await sender.idle();
  return sender;
};

describe('a receiver that says', () => {
  it.each([200, 204])('%i has it', async (status) => {
    const webhook = await receiver(answers.status(status));
    await deliver(webhook);
    expect(outcomes).toEqual(['sent']);
    expect(webhook.posts).toHaveLength(1);
    expect(webhook.posts[0]?.headers).toMatchObject({ 'content-type': 'application/json' });
    expect(webhook.posts[0]?.headers['user-agent']).toMatch(/^Vectorlane\//);
    expect(webhook.bodies[0]).toMatchObject({ schema: 'vectorlane.alert.v1', event: 'alert', count: 5 });
  });

  it.each([
    ['seconds', '7', 8_000],
    ['a fraction of a second', '0.5', 1_500],
    ['nothing', undefined, 1_000],
    ['nonsense', 'soon', 1_000],
    ['an absurd number', '86400000', RETRY_AFTER_AT_MOST_MS],
  ])('429 with %s is waited for, within reason', async (_, retryAfter, waitMs) => {
    const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
    const webhook = await receiver(answers.status(429, 'slow down', headers), answers.status(200));
    await deliver(webhook);
    expect(outcomes).toEqual(['sent']);
    expect(waits).toEqual([waitMs]);
    // Twice the same message, so that a receiver can tell.
    expect(new Set(webhook.bodies.map(({ id }) => id)).size).toBe(1);
  });

  it('429 with a date is waited for until then', async () => {
    const until = new Date(Date.now() + 40_000).toUTCString();
    const webhook = await receiver(answers.status(429, '', { 'retry-after': until }), answers.status(200));
    await deliver(webhook);
    expect(waits).toHaveLength(1);
    expect(waits[0]).toBeGreaterThan(20_000);
    expect(waits[0]).toBeLessThanOrEqual(41_000);
  });

  it('500 and then ok has it', async () => {
    const webhook = await receiver(answers.status(500), answers.status(503), answers.status(200));
    await deliver(webhook);
    expect([outcomes, waits, webhook.posts.length]).toEqual([['sent'], [1_000, 2_000], 3]);
  });

  it('500 for ever is given up, with a growing pause between the tries and one word to the log', async () => {
    const webhook = await receiver(answers.status(500, `no luck at /hooks/${SECRET}`));
    await deliver(webhook);
    expect([outcomes, webhook.posts.length]).toEqual([['failed'], TRIES_AT_MOST]);
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000]);
    expect(log.lines.filter((line) => line.includes('given up'))).toHaveLength(1);
    expect(log.lines.join()).toContain('no luck at [hidden]');
  });

  it.each([400, 401, 403, 404, 410, 418])('%i is not asked again', async (status) => {
    const webhook = await receiver(answers.status(status, 'invalid_payload'));
    await deliver(webhook);
    expect([outcomes, waits, webhook.posts.length]).toEqual([['failed'], [], 1]);
    expect(log.lines.join()).toContain('invalid_payload');
  });

  it.each([301, 302, 303, 307, 308])('%i is not followed', async (status) => {
    const elsewhere = await receiver();
    const webhook = await receiver(answers.status(status, '', { location: elsewhere.url }));
    await deliver(webhook);
    expect([outcomes, webhook.posts.length]).toEqual([['failed'], 1]);
    expect([elsewhere.connections, elsewhere.posts]).toEqual([0, []]);
  });
});

describe('a receiver that', () => {
  it('hangs is given up on after the timeout, each time', async () => {
    const webhook = await receiver(answers.hang);
    const watch = Stopwatch.start();
    await deliver(webhook, 100);
    expect(watch.stop()).toBeLessThan(10_000);
    expect([outcomes, webhook.posts.length]).toEqual([['failed'], TRIES_AT_MOST]);
    expect(log.lines.join()).toContain('No answer within 100 ms.');
  });

  it('drops the connection is tried again', async () => {
    const webhook = await receiver(answers.drop, answers.status(200));
    await deliver(webhook);
    expect([outcomes, webhook.posts.length]).toEqual([['sent'], 2]);
  });

  it('does not exist is named by its host and nothing else', async () => {
    const sender = senderTo(`https://alerts.invalid/hooks/${SECRET}?token=${SECRET}`);
    sender.enqueue(alert());
    await sender.idle();
    expect(outcomes).toEqual(['failed']);
    expect(log.lines.at(-1)).toContain('alerts.invalid');
    expect(log.lines.at(-1)).toMatch(/No connection \((ENOTFOUND|EAI_AGAIN)\)/);
  });

  it('refuses connections is tried again', async () => {
    const webhook = await receiver();
    const { url } = webhook;
    await webhook.close();
    opened.pop();
    const sender = senderTo(url);
    sender.enqueue(alert());
    await sender.idle();
    expect([outcomes, waits.length]).toEqual([['failed'], TRIES_AT_MOST - 1]);
    expect(log.lines.at(-1)).toContain('No connection (ECONNREFUSED)');
  });

  it.each([
    ['never ends its body', answers.slowBody(200, 'ok')],
    ['sends a body without an end', answers.endlessBody(200)],
  ])('%s has it, and is not waited for', async (_, answer) => {
    const webhook = await receiver(answer);
    const before = process.memoryUsage().rss;
    await deliver(webhook);
    expect(outcomes).toEqual(['sent']);
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
  });

  it('explains a refusal slowly or at length is quoted with its beginning', async () => {
    const slow = await receiver(answers.slowBody(400, 'invalid_blocks'));
    expect(await senderTo(slow.url).try(alert())).toMatchObject({ status: 400, detail: 'invalid_blocks' });
    const long = await receiver(answers.endlessBody(400));
    const { detail } = await senderTo(long.url).try(alert());
    expect(detail).toBe(`${'x'.repeat(299)}…`);
  });
});

describe('the queue', () => {
  it('keeps the order, one after the other', async () => {
    const webhook = await receiver(answers.status(500), answers.status(200));
    const sender = senderTo(webhook.url);
    for (const type of ['HTTP_INTERNAL_ERROR', 'SHUTDOWN_ERROR', 'INGESTION_TIMEOUT']) sender.enqueue(alert(type));
    await sender.idle();
    const types = webhook.bodies.map(({ errorType }) => errorType);
    expect(types).toEqual(['HTTP_INTERNAL_ERROR', 'HTTP_INTERNAL_ERROR', 'SHUTDOWN_ERROR', 'INGESTION_TIMEOUT']);
  });

  it('is bounded: the oldest goes, with a log line and a count', async () => {
    const webhook = await receiver(answers.hang);
    const sender = senderTo(webhook.url, { timeoutMs: 60_000 });
    sender.enqueue(alert());
    await webhook.received(1);
    for (let index = 0; index < QUEUED_AT_MOST + 4; index += 1) sender.enqueue(alert());
    expect(outcomes).toEqual(Array.from({ length: 5 }, () => 'dropped'));
    expect(log.lines.filter((line) => line.includes('alert dropped'))).toHaveLength(5);
    const closing = sender.close(50);
    await closing;
    expect(outcomes).toHaveLength(QUEUED_AT_MOST + 5);
  });

  it('gives what waits a last chance at the end, and waits for no pause', async () => {
    const webhook = await receiver(answers.status(500), answers.status(500), answers.status(200));
    let pausing: () => void = () => undefined;
    const paused = new Promise<void>((resolve) => (pausing = resolve));
    const sender = new WebhookSender({
      target: webhookTarget(webhook.url, 'auto', CHANNELS),
      timeoutMs: 10_000,
      onOutcome: (outcome) => outcomes.push(outcome),
      timing: {
        random: () => 1,
        wait: (_, signal) =>
          new Promise((_resolve, reject) => {
            signal?.addEventListener('abort', () => reject(new Error('aborted')));
            pausing();
          }),
      },
    });
    sender.enqueue(alert());
    sender.enqueue(alert('SHUTDOWN_ERROR'));
    await paused;
    await sender.close(10_000);
    expect(outcomes).toEqual(['failed', 'sent']);
    expect(webhook.bodies.at(-1)).toMatchObject({ errorType: 'SHUTDOWN_ERROR' });
  });

  it('ends within its bound while the receiver hangs', async () => {
    const webhook = await receiver(answers.hang);
    const sender = senderTo(webhook.url, { timeoutMs: 60_000 });
    sender.enqueue(alert());
    await webhook.received(1);
    const watch = Stopwatch.start();
    await sender.close(100);
    expect(watch.stop()).toBeLessThan(5_000);
    expect(outcomes).toEqual(['dropped']);
  });
});

describe('the address', () => {
  it('with a password becomes basic authentication', async () => {
    const webhook = await receiver();
    const url = new URL(webhook.url);
    [url.username, url.password] = ['ops', 's3cret p@ss'];
    expect(await senderTo(url.href).try(testAlert(5, new Date()))).toMatchObject({ delivered: true, status: 200 });
    const basic = Buffer.from('ops:s3cret p@ss').toString('base64');
    expect(webhook.posts[0]?.headers.authorization).toBe(`Basic ${basic}`);
  });

  it('may be a relay for a kind that is named', async () => {
    const webhook = await receiver(answers.status(204));
    await senderTo(webhook.url, { kind: 'slack' }).try(alert());
    await senderTo(webhook.url, { kind: 'discord' }).try(alert());
    expect(webhook.bodies[0]).toHaveProperty('blocks');
    expect(webhook.bodies[1]).toHaveProperty('embeds');
    expect(webhook.posts[1]?.path).toBe(`/hooks/${SECRET}?wait=true`);
  });

  it('is never shown, even when the receiver repeats it', async () => {
    const webhook = await receiver((response, request) => void response.writeHead(400).end(`no ${request.url}`));
    const receipt = await senderTo(webhook.url).try(alert());
    expect(receipt.detail).toBe('no [hidden]');
  });
});
