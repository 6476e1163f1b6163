import { randomUUID } from 'node:crypto';
import { type DocumentEvent, EventLogRepository } from '@vectorlane/events';
import { DataSource } from 'typeorm';
import { EventReader } from '../support/event-reader';
import { eventually } from '../support/eventually';
import { TestApp, type Untyped } from '../support/test-app';

let service: TestApp;
beforeAll(async () => {
  service = await TestApp.start();
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
