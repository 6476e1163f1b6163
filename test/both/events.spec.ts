import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadConfig } from '@vectorlane/config';
import { type DocumentEvent, EventLogRepository } from '@vectorlane/events';
import { DeliveriesRepository } from '@vectorlane/webhooks';
import { Webhook } from 'standardwebhooks';
import { DataSource } from 'typeorm';
import { systemClock } from '../../apps/cli/src/terminal';
import { runCli } from '../embedded/cli/run-cli';
import { EventReader } from '../support/event-reader';
import { eventually } from '../support/eventually';
import { answers, type ReceivedPost, StandInWebhook } from '../support/stand-in-webhook';
import { TestApp, type Untyped } from '../support/test-app';

let service: TestApp;
beforeAll(async () => {
  service = await TestApp.start({ WEBHOOK_ALLOW_PRIVATE: 'true' });
}, 60_000);
afterAll(() => service?.stop(), 60_000);

const put = async (text: string, externalId?: string): Promise<Untyped> =>
  (await service.json('/api/documents/text', { text, filename: 'a.txt', ...(externalId && { externalId }) })).body;

const isAscending = (numbers: readonly number[]): boolean =>
  numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0));

describe('the stream of one document', () => {
  it('begins with what is kept of it, goes on with what happens, and resumes after any event', async () => {
    const { id } = await put('The lighthouse was built in 1812.', 'light');
    const reader = await EventReader.open(service, `/api/documents/${id}/events`);
    const completed = await reader.until(({ type }) => type === 'document.completed');
    expect(completed.data).toEqual({
      documentId: id,
      collection: 'default',
      externalId: 'light',
      filename: 'a.txt',
      revision: 1,
      status: 'completed',
      stage: 'completed',
      percent: 100,
      chunkCount: 1,
      coverage: { pages: null, pagesWithoutText: [], notes: [] },
      at: expect.stringMatching(/^\d{4}-/),
    });
    expect(reader.types[0]).toBe('document.accepted');
    expect(reader.types).toContain('document.progress');
    const percents = reader.events.map(({ data }) => data.percent as number);
    expect(percents).toEqual(percents.toSorted((a, b) => a - b));

    await put('The lighthouse was built in 1813.', 'light');
    const revised = await reader.until(({ type }) => type === 'revision.completed');
    expect(revised.data).toMatchObject({ documentId: id, externalId: 'light', revision: 2, status: 'completed' });
    expect(reader.events.find(({ type, data }) => type === 'document.accepted' && data.revision === 2)).toBeDefined();
    await service.fetch(`/api/documents/${id}`, { method: 'DELETE' });
    await reader.until(({ type }) => type === 'document.deleted');
    reader.close();
    expect(isAscending(reader.events.map(({ id: number }) => number))).toBe(true);

    // The document is gone, what happened to it is not: from any event on it is told again, in the same words.
    for (const [index, { id: lastEventId }] of reader.events.entries()) {
      const again = await EventReader.open(service, `/api/events?documentId=${id}`, { lastEventId });
      await eventually(() => again.events.length >= reader.events.length - index - 1);
      expect(again.events).toEqual(reader.events.slice(index + 1));
      again.close();
    }
  });

  it('says how much there is to do, how much is done, and how long the rest will take', async () => {
    const { embeddings } = service;
    let release = (): void => undefined;
    embeddings?.behaveAlways({ kind: 'held', until: new Promise<void>((resolve) => (release = resolve)) });
    embeddings?.behave({ kind: 'well' }, { kind: 'well' }, { kind: 'well' });
    const paragraphs = Array.from({ length: 60 }, (_, index) => `Pier ${index}. ${'Salt water and rope. '.repeat(40)}`);
    const { id } = await put(paragraphs.join('\n\n'));
    const inWork = service
      .reached(id, (document) => typeof document.progress?.etaMs === 'number')
      .finally(() => {
        embeddings?.behaveAlways({ kind: 'well' });
        release();
      });
    const { progress } = await inWork;
    const number = expect.any(Number) as number;
    expect(progress).toEqual({ pages: null, chunks: number, chunksDone: number, etaMs: number });
    const { chunkCount, ...ended } = await service.finished(id);
    expect(ended).not.toHaveProperty('progress');
    expect(progress.chunks).toBe(chunkCount);

    const reader = await EventReader.open(service, `/api/documents/${id}/events`);
    await reader.until(({ type }) => type === 'document.completed');
    reader.close();
    const told = reader.events.flatMap(({ data }) => (data.progress === undefined ? [] : [data.progress]));
    expect(told.at(0)).toEqual({ pages: null, chunks: null, chunksDone: 0, etaMs: null });
    expect(told.at(-1)).toMatchObject({
      chunks: chunkCount,
      chunksDone: expect.any(Number),
      etaMs: expect.any(Number),
    });
    const done = told.map(({ chunksDone }) => chunksDone as number);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
    expect(new Set(done).size).toBeGreaterThan(3);
  });

  it('tells of a failure, of a failed revision, and of another try', async () => {
    const failed = await service.ingest('broken.pdf', '%PDF-1.7 and nothing else');
    const reader = await EventReader.open(service, `/api/documents/${failed.id}/events`);
    const { data } = await reader.until(({ type }) => type === 'document.failed');
    expect(data).toMatchObject({ status: 'failed', failure: failed.failure });
    await service.json(`/api/documents/${failed.id}/retry`, {});
    await eventually(() => reader.types.filter((type) => type === 'document.failed').length === 2);
    reader.close();

    const { id } = await put('A text.', 'later-broken');
    await service.finished(id);
    const form = new FormData();
    form.set('externalId', 'later-broken');
    form.set('file', new Blob(['%PDF-1.7 and nothing more']), 'broken.pdf');
    await service.fetch('/api/documents', { method: 'POST', body: form });
    const ofRevision = await EventReader.open(service, `/api/documents/${id}/events?types=revision.failed`);
    const told = await ofRevision.until(({ type }) => type === 'revision.failed');
    expect(told.data).toMatchObject({ documentId: id, revision: 2, filename: 'broken.pdf', failure: failed.failure });
    ofRevision.close();
  });
});

describe('the stream of all', () => {
  it('begins now, and picks types', async () => {
    await service.finished((await put(`Before. ${randomUUID()}`)).id);
    const reader = await EventReader.open(service, '/api/events?types=document.completed,document.deleted');
    const { id } = await put(`After. ${randomUUID()}`);
    await reader.until(({ data }) => data.documentId === id);
    expect(reader.events.map(({ type, data }) => [type, data.documentId])).toEqual([['document.completed', id]]);
    reader.close();
  });

  it('is one request, in no histogram of durations, and gauged while it is open', async () => {
    const metrics = async (): Promise<string> => (await service.fetch('/metrics')).text();
    const streams = async (): Promise<number> => Number(/^event_streams_open (\d+)$/m.exec(await metrics())?.[1]);
    await eventually(async () => (await streams()) === 0);
    const reader = await EventReader.open(service, '/api/events');
    expect(await streams()).toBe(1);
    reader.close();
    await eventually(async () => (await streams()) === 0);
    const text = await metrics();
    expect(text).toMatch(/^http_requests_total\{method="GET",path="\/api\/events",status="200"\} [1-9]/m);
    expect(text).not.toMatch(/^http_request_duration_seconds_count\{method="GET",path="\/api\/events",status="200"\}/m);
  });

  it('refuses what it cannot go on from, and says where to begin', async () => {
    const ask = async (path: string, lastEventId?: string): Promise<Untyped> =>
      (
        await service.json(path, undefined, {
          ...(lastEventId !== undefined && { headers: { 'Last-Event-ID': lastEventId } }),
        })
      ).body;
    expect((await ask('/api/events', 'one')).code).toBe('INVALID_REQUEST');
    expect((await ask('/api/events?types=document.read')).code).toBe('INVALID_REQUEST');
    expect((await ask('/api/events?collection=nobodys')).code).toBe('COLLECTION_NOT_FOUND');
    expect((await ask(`/api/documents/${randomUUID()}/events`)).code).toBe('DOCUMENT_NOT_FOUND');
    const beyond = await ask('/api/events', '999999999');
    expect([beyond.status, beyond.code]).toEqual([410, 'EVENTS_GONE']);

    const log = service.app.get(EventLogRepository);
    const dataSource = service.app.get(DataSource);
    await log.number();
    const [oldest] = await dataSource.query<{ number: string }[]>(
      'SELECT number FROM document_events ORDER BY number LIMIT 1',
    );
    await dataSource.query(`UPDATE document_events SET at = now() - interval '25 hours' WHERE number = $1`, [
      oldest?.number,
    ]);
    expect(await log.prune(100)).toBe(1);
    expect(await log.prune(100)).toBe(0);
    const gone = await ask('/api/events', '0');
    expect([gone.status, gone.code, gone.detail]).toEqual([
      410,
      'EVENTS_GONE',
      expect.stringContaining(`Last-Event-ID: ${oldest?.number}`),
    ]);
    const reader = await EventReader.open(service, '/api/events', { lastEventId: Number(oldest?.number) });
    await reader.until(({ id }) => id === Number(oldest?.number) + 1);
    reader.close();
  });

  it('answers HEAD with the head of it', async () => {
    const response = await service.fetch('/api/events', { method: 'HEAD' });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
  });
});

describe('the numbers of the log', () => {
  it('leave no gap that a reader could miss, by several hands and in whatever order transactions end', async () => {
    const dataSource = service.app.get(DataSource);
    const ids = await Promise.all(Array.from({ length: 6 }, async () => (await put(`Log ${randomUUID()}`)).id));
    for (const id of ids) await service.finished(id);
    const readers = Array.from({ length: 3 }, () => new EventLogRepository(dataSource));
    const from = (await (readers[0] as EventLogRepository).bounds()).last;
    const writers = ids.map(async (id, writer) => {
      for (let round = 0; round < 12; round += 1) {
        await dataSource.transaction(async (manager) => {
          await manager.query('UPDATE documents SET percent = $2 WHERE id = $1', [id, (round % 2) * 50]);
          // Some end long after others that began later.
          if ((round + writer) % 4 === 0) await manager.query('SELECT pg_sleep(0.02)');
        });
      }
    });
    let isWritten = false;
    const seen = readers.map(async (log): Promise<DocumentEvent[]> => {
      const events: DocumentEvent[] = [];
      for (let after = from, last = false; ; last = isWritten) {
        await log.number();
        const page = await log.read(after, Number.MAX_SAFE_INTEGER);
        events.push(...page.events);
        after = page.events.at(-1)?.number ?? after;
        if (last && page.events.length === 0) return events;
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    await Promise.all(writers);
    isWritten = true;
    const [first = [], ...others] = await Promise.all(seen);
    expect(first.map(({ number }) => number - from)).toEqual(Array.from(first, (_, index) => index + 1));
    for (const other of others) expect(other).toEqual(first);
    for (const id of ids) {
      const percents = first.filter(({ documentId }) => documentId === id).map(({ body }) => body.percent);
      expect(percents).toEqual(Array.from({ length: 12 }, (_, round) => (round % 2) * 50));
    }
  });
});

describe('a webhook', () => {
  const receivers: StandInWebhook[] = [];
  afterAll(() => Promise.all(receivers.map((receiver) => receiver.close())));

  const receiver = async (...script: Parameters<typeof StandInWebhook.start>): Promise<StandInWebhook> => {
    const started = await StandInWebhook.start(...script);
    receivers.push(started);
    return started;
  };
  const make = async (url: string, more: object = {}): Promise<Untyped> => {
    const { status, body } = await service.json('/api/webhooks', { url, ...more });
    expect(status).toBe(201);
    return body;
  };
  const remove = async (id: string): Promise<void> => {
    const { status, body } = await service.json(`/api/webhooks/${id}`, undefined, { method: 'DELETE' });
    expect({ status, body }).toEqual({ status: 204, body: undefined });
  };
  const told = (posts: readonly ReceivedPost[], documentId: string): string[] =>
    posts.map(({ text }) => JSON.parse(text)).flatMap(({ type, data }) => (data.documentId === documentId ? type : []));
  const verified = ({ text, headers }: ReceivedPost, secret: string): Untyped =>
    new Webhook(secret).verify(text, headers as Record<string, string>);
  /** As if the time had come. */
  const hurry = () =>
    service.app.get(DataSource).query(`UPDATE webhook_deliveries SET next_attempt_at = now() WHERE status = 'pending'`);

  it('is told of each document in order, signed, and verified by the package of the standard', async () => {
    const target = await receiver();
    const { id, secret } = await make(target.url);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const documents = await Promise.all(Array.from({ length: 4 }, () => put(`Hook ${randomUUID()}`)));
    const inOrder = ['document.accepted', 'document.completed'];
    for (const { id: documentId } of documents) {
      await eventually(() => told(target.posts, documentId).length >= 2, 60_000);
      expect(told(target.posts, documentId)).toEqual(inOrder);
    }
    for (const post of target.posts) {
      expect(verified(post, secret)).toMatchObject({ type: expect.any(String), timestamp: expect.any(String) });
      expect(() => verified({ ...post, text: `${post.text} ` }, secret)).toThrow();
    }
    const rotated = (await service.json(`/api/webhooks/${id}`, { rotateSecret: true }, { method: 'PATCH' })).body;
    expect((await service.json(`/api/webhooks/${id}/test`, {})).status).toBe(202);
    const isTest = ({ text }: ReceivedPost): boolean => JSON.parse(text).type === 'webhook.test';
    await eventually(() => target.posts.some(isTest), 60_000);
    const test = target.posts.find(isTest) as ReceivedPost;
    for (const key of [secret, rotated.secret]) expect(verified(test, key).type).toBe('webhook.test');
    expect(JSON.stringify((await service.json('/api/webhooks')).body)).not.toContain('whsec_');

    // The receiver has it a moment before its answer is noted.
    let listed: Untyped;
    await eventually(async () => {
      listed = (await service.json(`/api/webhooks/${id}/deliveries?status=delivered&limit=3`)).body;
      return listed.items[0]?.type === 'webhook.test';
    }, 60_000);
    expect(listed.items[0]).toMatchObject({ type: 'webhook.test', attempts: 1, lastStatus: 200, lastError: null });
    expect(listed.nextCursor).toEqual(expect.any(String));
    const again = await service.json(`/api/webhooks/${id}/deliveries/${listed.items[1].id}/retry`, {});
    expect(again.status).toBe(202);
    const ids = () => target.posts.map(({ headers }) => headers['webhook-id']);
    await eventually(() => ids().filter((sent) => sent === listed.items[1].id).length === 2, 60_000);
    await remove(id);
    expect((await service.json(`/api/webhooks/${id}`)).body.code).toBe('WEBHOOK_NOT_FOUND');
  }, 120_000);

  it('hears of a document again until it has answered, and of nothing later before that', async () => {
    const target = await receiver(answers.status(500), answers.drop, answers.status(200));
    const { id } = await make(target.url, { types: ['document.accepted', 'document.completed'] });
    const { id: documentId } = await put(`Patience ${randomUUID()}`);
    await service.finished(documentId);
    await eventually(async () => {
      await hurry();
      return target.posts.length >= 4;
    }, 60_000);
    expect(told(target.posts, documentId)).toEqual([
      ...['document.accepted', 'document.accepted', 'document.accepted', 'document.completed'],
    ]);
    expect(new Set(target.posts.slice(0, 3).map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    await eventually(async () => (await service.json(`/api/webhooks/${id}`)).body.failingSince === null);
    await remove(id);
  }, 120_000);

  it('is switched off by a 410, and by a day of failures, and can be switched on', async () => {
    const target = await receiver(answers.status(410), answers.status(500), answers.status(200));
    const { id } = await make(target.url);
    const isOff = async (): Promise<boolean> => !(await service.json(`/api/webhooks/${id}`)).body.enabled;
    await service.json(`/api/webhooks/${id}/test`, {});
    await eventually(isOff, 60_000);
    const { body } = await service.json(`/api/webhooks/${id}`);
    expect(body.disabledReason).toContain('410');
    const switchOn = () => service.json(`/api/webhooks/${id}`, { enabled: true }, { method: 'PATCH' });
    expect((await switchOn()).body).toMatchObject({ enabled: true, disabledReason: null });
    await service.app
      .get(DataSource)
      .query(`UPDATE webhooks SET failing_since = now() - interval '25 hours' WHERE id = $1`, [id]);
    await service.json(`/api/webhooks/${id}/test`, {});
    await eventually(isOff, 60_000);
    await switchOn();
    await service.json(`/api/webhooks/${id}/test`, {});
    await eventually(() => target.posts.length === 3, 60_000);
    await remove(id);
  }, 120_000);

  it('is told of its collections alone', async () => {
    const target = await receiver();
    for (const name of ['hooked', 'unhooked']) await service.json('/api/collections', { name });
    const { id, collections } = await make(target.url, { collections: ['hooked'], types: ['document.completed'] });
    expect(collections).toEqual(['hooked']);
    for (const collection of ['unhooked', 'hooked']) {
      await service.json('/api/documents/text', { text: `In ${collection} ${randomUUID()}`, collection });
    }
    await eventually(() => target.posts.length > 0, 60_000);
    const { last } = await service.app.get(EventLogRepository).bounds();
    await eventually(async () => !(await service.app.get(DeliveriesRepository).behind(last)).includes(id as string));
    expect(target.posts.map(({ text }) => JSON.parse(text).data.collection)).toEqual(['hooked']);
    await remove(id);
  }, 120_000);

  it('costs a database without webhooks no writing', async () => {
    for (const { id } of (await service.json('/api/webhooks')).body.items) await remove(id as string);
    const leases = (): Promise<unknown[]> =>
      service.app.get(DataSource).query(`SELECT 1 FROM task_leases WHERE task = 'webhooks'`);
    await eventually(async () => (await leases()).length === 0, 60_000);
  }, 120_000);

  it('that a process was calling when it died is called by the next', async () => {
    const deliveries = service.app.get(DeliveriesRepository);
    const target = await receiver();
    const { id } = await make(target.url);
    const dataSource = service.app.get(DataSource);
    const { id: testId } = await deliveries.addTest(id as string);
    // Taken by somebody who never tells what came of it.
    await dataSource.query(
      `UPDATE webhook_deliveries SET lease_expires_at = now() + interval '1 hour', status = 'pending' WHERE id = $1`,
      [testId],
    );
    const posts = target.posts.length;
    await service.json(`/api/webhooks/${id}/test`, {});
    await eventually(() => target.posts.length === posts + 1, 60_000);
    await dataSource.query(`UPDATE webhook_deliveries SET lease_expires_at = now() WHERE id = $1`, [testId]);
    await eventually(() => target.posts.some(({ headers }) => headers['webhook-id'] === testId), 60_000);
    await remove(id);
  }, 120_000);

  it('is refused where it could not be called', async () => {
    const refused = async (request: object): Promise<string> =>
      (await service.json('/api/webhooks', request)).body.code;
    expect(await refused({ url: 'nowhere' })).toBe('WEBHOOK_URL_REFUSED');
    expect(await refused({ url: 'https://example.org', types: ['document.read'] })).toBe('INVALID_REQUEST');
    expect(await refused({ url: 'https://example.org', collections: ['nobodys'] })).toBe('COLLECTION_NOT_FOUND');
    expect((await service.json('/api/webhooks/x%00/deliveries')).body.code).toBe('WEBHOOK_NOT_FOUND');
    const { body } = await service.json('/api/admin/keys', { name: 'writer', scopes: ['read', 'write'] });
    expect((await service.json('/api/webhooks', undefined, { key: body.key as string })).status).toBe(403);
  });
});

const cli = (key: string, ...words: string[]) =>
  runCli(words, { environment: { VECTORLANE_URL: service.url, VECTORLANE_API_KEY: key }, clock: systemClock });

describe('npm run webhooks', () => {
  it('lists webhooks and deliveries, and sends one again', async () => {
    const target = await StandInWebhook.start(answers.status(410), answers.status(200));
    try {
      const { body } = await service.json('/api/webhooks', { url: target.url, types: ['document.completed'] });
      const id = body.id as string;
      const webhooks = (...words: string[]) => cli(service.key, 'webhooks', ...words);
      expect((await webhooks('test', id)).exitCode).toBe(0);
      await eventually(async () => (await webhooks('list')).stdout.includes('off: its receiver answered 410'), 60_000);
      const listed = await webhooks('list');
      expect(listed.stdout).toMatch(new RegExp(`${id} .* all +document.completed +${target.url}`));
      await service.json(`/api/webhooks/${id}`, { enabled: true }, { method: 'PATCH' });
      const failed = await webhooks('deliveries', id, '--status', 'failed', '--json');
      const [{ id: delivery, lastStatus }] = JSON.parse(failed.stdout) as [{ id: string; lastStatus: number }];
      expect(lastStatus).toBe(410);
      expect(await webhooks('send', id, delivery)).toMatchObject({ exitCode: 0, stdout: '1 sent again.\n' });
      await eventually(async () => /delivered +2/.test((await webhooks('deliveries', id)).stdout), 60_000);
      expect(target.posts.map(({ headers }) => headers['webhook-id'])).toEqual([delivery, delivery]);
      expect(await webhooks('send', id)).toMatchObject({ exitCode: 2 });
      expect(await webhooks('deliveries', 'wh_nobodysnobodysno')).toMatchObject({ exitCode: 1 });
      await service.json(`/api/webhooks/${id}`, undefined, { method: 'DELETE' });
    } finally {
      await target.close();
    }
  }, 120_000);
});

describe('npm run ingest -- folder', () => {
  it('follows 60 files by one stream, and does not meet the limit of a key', async () => {
    const folder = join(service.dataDir, 'sixty');
    await mkdir(folder);
    for (let index = 0; index < 60; index += 1)
      await writeFile(join(folder, `${index}.txt`), `Of ${index} ${randomUUID()}`);
    // As the README says, with the limit that an address has where nothing is set.
    const limit = String(loadConfig({ NODE_ENV: 'test' }).RATE_LIMIT_PER_MINUTE);
    const made = ['keys', 'create', '--name', 'importer', '--scopes', 'read,write', '--rate-limit', limit];
    const key = (await cli(service.key, ...made)).stdout.trim();
    const requests = async (): Promise<Record<string, number>> => {
      const lines = (await (await service.fetch('/metrics')).text()).matchAll(/^http_requests_total\{(.*)\} (\d+)$/gm);
      return Object.fromEntries([...lines].map(([, labels, count]) => [labels, Number(count)]));
    };
    const before = await requests();
    const run = await cli(key, 'ingest', folder);
    expect(run).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^60 documents, 60 chunks/) });
    // The stream is counted when the service has seen its end.
    const stream = 'method="GET",path="/api/events",status="200"';
    await eventually(async () => ((await requests())[stream] ?? 0) > (before[stream] ?? 0));
    const grown = Object.entries(await requests()).filter(([labels, count]) => count > (before[labels] ?? 0));
    const asked = grown.map(([labels, count]) => [labels, count - (before[labels] ?? 0)]);
    expect(Object.fromEntries(asked)).toMatchObject({
      'method="POST",path="/api/documents",status="202"': 60,
      [stream]: 1,
    });
    expect(grown.filter(([labels]) => /status="429"|"\/api\/documents\/\{?:?id/.test(labels))).toEqual([]);
  }, 120_000);
});

describe('npm run ingest -- folder --sync', () => {
  it('brings the server up to date, and deletes with --prune what is gone', async () => {
    const folder = join(service.dataDir, 'handbooks');
    await mkdir(join(folder, 'sub'), { recursive: true });
    const write = (path: string, text: string) => writeFile(join(folder, path), text);
    const sync = async (...more: string[]) => {
      const run = await cli(service.key, 'ingest', folder, '--sync', '--collection', 'synced', ...more);
      expect(run).toMatchObject({ exitCode: 0 });
      return run;
    };
    const state = async (): Promise<Untyped> => {
      const { body } = await service.json('/api/documents?collection=synced&limit=100');
      return Object.fromEntries(body.items.map((item: Untyped) => [item.externalId ?? item.filename, item]));
    };
    await write('kept.md', '# Kept');
    await write('edited.md', '# As it was');
    await write('sub/doomed.txt', 'Soon gone.');
    await service.json('/api/documents/text', { text: 'By another way.', filename: 'other.txt', collection: 'synced' });
    expect((await sync()).stdout).toMatch(/^3 documents, /);
    const before = await state();
    expect(Object.keys(before).toSorted()).toEqual([
      ...['handbooks/edited.md', 'handbooks/kept.md', 'handbooks/sub/doomed.txt', 'other.txt'],
    ]);
    const again = await sync();
    expect(again.stdout).toMatch(/^0 documents, .* · 3 unchanged · 0 duplicates/);

    await write('edited.md', '# As it is now');
    await write('new.md', '# New');
    await rm(join(folder, 'sub'), { recursive: true });
    const changed = await sync();
    expect(changed.stdout).toMatch(/^2 documents, .* · 1 unchanged/);
    expect(Object.keys(await state())).toContain('handbooks/sub/doomed.txt');
    const everywhere = await runCli(['ingest', folder, '--sync', '--prune'], { environment: {}, clock: systemClock });
    expect(everywhere).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--prune needs --collection') });
    const pruned = await sync('--prune');
    expect(pruned.stderr).toContain('1 document whose files are gone');
    const after = await state();
    expect(Object.keys(after).toSorted()).toEqual([
      ...['handbooks/edited.md', 'handbooks/kept.md', 'handbooks/new.md', 'other.txt'],
    ]);
    expect(after['handbooks/edited.md']).toMatchObject({ id: before['handbooks/edited.md'].id, revision: 2 });
    expect(after['handbooks/kept.md']).toMatchObject({ id: before['handbooks/kept.md'].id, revision: 1 });
  }, 120_000);
});
