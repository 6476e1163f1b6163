import { ERROR_TRACKER, type ErrorTracker, Problem } from '@vectorlane/errors';
import { ReadinessRegistry } from '@vectorlane/health';
import { Metrics } from '@vectorlane/metrics';
import { SearchService } from '@vectorlane/search';
import { answers, StandInWebhook } from '../support/stand-in-webhook';
import { TestApp } from '../support/test-app';
import { eventually } from '../support/eventually';
import { runCli } from './cli/run-cli';

let webhook: StandInWebhook;
let service: TestApp;
beforeAll(async () => {
  webhook = await StandInWebhook.start();
  // Longer than a busy machine takes for what is asked while an alert hangs.
  service = await TestApp.start({ ALERT_WEBHOOK_URL: webhook.url, ALERT_TIMEOUT_MS: '60000' });
}, 60_000);
afterAll(async () => {
  await service?.stop();
  await webhook?.close();
}, 60_000);
afterEach(() => jest.restoreAllMocks());

const tracked = async (type: string): Promise<number> => {
  const text = await service.app.get(Metrics).scrape();
  return Number(new RegExp(`^errors_tracked_total\\{type="${type}"\\} (\\d+)`, 'm').exec(text)?.[1] ?? 0);
};

const alertsSent = async (): Promise<number> =>
  Number(/^alerts_total\{outcome="sent"\} (\d+)$/m.exec(await service.app.get(Metrics).scrape())?.[1]);

const failSearchWith = (error: Error): void => {
  jest.spyOn(service.app.get(SearchService), 'search').mockImplementation(() => Promise.reject(error));
};

const search = (): Promise<{ status: number; body: { code: string; requestId: string } }> =>
  service.json('/api/search', { query: 'anything' });

describe('POST /api/admin/alerts/test', () => {
  it('sends an alert now and tells what the receiver said', async () => {
    webhook.answerWith(answers.status(200, 'thank you'));
    const before = webhook.posts.length;
    const { status, body } = await service.json('/api/admin/alerts/test', {});
    expect([status, body]).toEqual([
      200,
      {
        ...{ delivered: true, channel: 'json', host: new URL(webhook.url).host, status: 200, detail: 'thank you' },
        latencyMs: expect.any(Number),
      },
    ]);
    expect(webhook.posts).toHaveLength(before + 1);
    expect(webhook.bodies.at(-1)).toMatchObject({ event: 'test', errorType: 'TEST', service: 'vectorlane' });
  });

  it('tells of a refusal, without the address', async () => {
    webhook.answerWith((response, request) => void response.writeHead(403).end(`no ${request.url}`));
    const { status, body } = await service.json('/api/admin/alerts/test', {});
    expect(status).toBe(200);
    expect(body).toMatchObject({ delivered: false, status: 403, detail: 'no [hidden]' });
  });

  it('needs a key with the scope admin', async () => {
    const { body } = await service.json('/api/admin/keys', { name: 'w', scopes: ['read', 'write'] });
    const before = webhook.posts.length;
    const refused = await service.json('/api/admin/alerts/test', {}, { key: body.key as string });
    expect([refused.status, refused.body.code]).toEqual([403, 'INSUFFICIENT_SCOPE']);
    expect((await service.json('/api/admin/alerts/test', {}, { key: null })).status).toBe(401);
    expect(webhook.posts).toHaveLength(before);
  });

  it('is what `npm run alerts -- test` calls', async () => {
    webhook.answerWith(answers.status(200, 'ok'));
    const environment = { VECTORLANE_URL: service.url, VECTORLANE_API_KEY: service.key };
    const run = await runCli(['alerts', 'test'], { environment });
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(run.stdout).toMatch(
      /^The test alert was taken\. 127\.0\.0\.1:\d+ \(json\) answered 200 after \d+ ms: ok\n$/,
    );
  });
});

describe('errors', () => {
  it('that are refusals are not tracked', async () => {
    const before = await tracked('HTTP_INTERNAL_ERROR');
    failSearchWith(new Problem('DEPENDENCY_UNAVAILABLE', 'Not now.'));
    expect((await search()).status).toBe(503);
    failSearchWith(new Problem('EMBEDDING_UNAVAILABLE', 'Not now.'));
    expect((await search()).status).toBe(503);
    expect((await service.fetch('/api/nothing')).status).toBe(404);
    expect((await service.fetch('/api/search', { method: 'POST', key: null })).status).toBe(401);
    expect(await tracked('HTTP_INTERNAL_ERROR')).toBe(before);
  });

  it('in a storm slow no request down while the webhook hangs, and give one alert', async () => {
    const before = {
      posts: webhook.posts.length,
      tracked: await tracked('HTTP_INTERNAL_ERROR'),
      sent: await alertsSent(),
    };
    let release: () => void = () => undefined;
    webhook.answerWith((response) => {
      release = () => void response.writeHead(200).end('ok');
    });
    failSearchWith(new Error('planted: redis://:hunter2@box and @everyone'));
    const first = await Promise.all(Array.from({ length: 20 }, search));
    await webhook.received(before.posts + 1);
    // The receiver holds the alert from here on; requests are answered all the same, and it is still the same alert.
    const later = [];
    for (let round = 0; round < 20; round += 1) later.push(...(await Promise.all(Array.from({ length: 10 }, search))));
    expect(webhook.posts).toHaveLength(before.posts + 1);
    const all = [...first, ...later];
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set([500]));
    expect(await tracked('HTTP_INTERNAL_ERROR')).toBe(before.tracked + all.length);

    const alert = webhook.bodies.at(-1) as { example: { message: string; requestId: string; route: string } };
    expect(alert).toMatchObject({ event: 'alert', errorType: 'HTTP_INTERNAL_ERROR' });
    expect(alert.example.route).toBe('POST /api/search');
    expect(alert.example.message).toContain('planted: redis://[hidden]@box');
    expect(first.map(({ body }) => body.requestId)).toContain(alert.example.requestId);
    expect(JSON.stringify(all.map(({ body }) => body))).not.toContain('planted');

    webhook.answerWith(answers.status(200, 'ok'));
    release();
    await webhook.received(before.posts + 2);
    expect(webhook.bodies.at(-1)).toMatchObject({ event: 'escalation' });
    await eventually(async () => (await alertsSent()) === before.sent + 2);
  }, 90_000);
});

describe('a dependency that is lost', () => {
  it('under probes gives one alert, and none for the probes', async () => {
    webhook.answerWith(answers.status(200, 'ok'));
    const before = { posts: webhook.posts.length, tracked: await tracked('HTTP_INTERNAL_ERROR') };
    let [up, checks] = [true, 0];
    service.app.get(ReadinessRegistry).register({
      name: 'stand-in',
      check: () => {
        checks += 1;
        return up ? Promise.resolve() : Promise.reject(new Error('stand-in is gone'));
      },
    });
    const probe = async (): Promise<number> => (await service.fetch('/ready', { key: null })).status;
    await eventually(async () => (await probe()) === 200 && checks > 0);
    up = false;
    await eventually(async () => (await probe()) === 503);
    const lost = checks;
    await eventually(async () => (await probe()) === 503 && checks >= lost + 3);
    await webhook.received(before.posts + 1);
    expect(webhook.bodies.at(-1)).toMatchObject({
      ...{ event: 'alert', errorType: 'DEPENDENCY_STAND_IN', count: 1, threshold: 1 },
      example: { message: 'stand-in is gone' },
    });
    expect(webhook.posts).toHaveLength(before.posts + 1);
    expect(await tracked('DEPENDENCY_STAND_IN')).toBe(1);
    expect(await tracked('HTTP_INTERNAL_ERROR')).toBe(before.tracked);
    up = true;
    await eventually(async () => (await probe()) === 200);
  }, 60_000);
});

describe('the shutdown', () => {
  it('lets alerts about itself out', async () => {
    webhook.answerWith(answers.status(200, 'ok'));
    const errors = service.app.get<ErrorTracker>(ERROR_TRACKER);
    for (let index = 0; index < 5; index += 1) errors.trackError('SHUTDOWN_ERROR', { stage: 'http: http server' });
    await service.app.close();
    expect(webhook.bodies.at(-1)).toMatchObject({
      event: 'alert',
      errorType: 'SHUTDOWN_ERROR',
      example: { stage: 'http: http server' },
    });
  }, 60_000);
});
