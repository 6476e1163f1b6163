import { writeFileSync } from 'node:fs';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiClient } from '../../../apps/cli/src/api-client';
import {
  ApiProblem,
  RequestTimedOut,
  ServerUnreachable,
  UnexpectedAnswer,
  UnreadableFile,
} from '../../../apps/cli/src/api-errors';
import { DEFAULT_RETRY_POLICY } from '../../../apps/cli/src/retry-policy';
import { STAND_IN_KEY, StandInApi } from '../../support/stand-in-api';
import { jumpingClock } from './run-cli';

describe('ApiClient', () => {
  let api: StandInApi;
  let folder: string;
  const signal = new AbortController().signal;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vectorlane-client-'));
    api = await StandInApi.start();
  });
  afterEach(async () => {
    await api.close();
    await rm(folder, { recursive: true, force: true });
  });

  const client = (changes: { url?: string; requestTimeoutMs?: number; waits?: number[] } = {}) =>
    new ApiClient({
      url: changes.url ?? api.url,
      apiKey: STAND_IN_KEY,
      policy: DEFAULT_RETRY_POLICY,
      clock: jumpingClock(changes.waits),
      random: () => 0,
      requestTimeoutMs: changes.requestTimeoutMs ?? 10_000,
    });
  const request = { query: 'bees', topK: 5, mode: 'hybrid' } as const;

  it('gives up on a server that never answers, after a second try', async () => {
    api.misbehave('POST', /search/, { kind: 'hang' }, 2);
    await expect(client({ requestTimeoutMs: 50 }).search(request, signal)).rejects.toBeInstanceOf(RequestTimedOut);
    expect(api.count('POST', /search/)).toBe(2);
  });

  it('ends at once when it is interrupted', async () => {
    api.misbehave('POST', /search/, { kind: 'hang' });
    const controller = new AbortController();
    const answer = client().search(request, controller.signal);
    await api.next('POST', /search/);
    controller.abort(new Error('enough'));
    await expect(answer).rejects.toThrow('enough');
  });

  it('lets nothing out while the server asks for a pause', async () => {
    const waits: number[] = [];
    const subject = client({ waits });
    api.misbehave('POST', /search/, { kind: 'problem', status: 429, code: 'RATE_LIMITED', retryAfter: '9' });
    await subject.search(request, signal);
    expect(waits).toEqual([9_000]);
    api.misbehave('POST', /search/, { kind: 'problem', status: 429, code: 'RATE_LIMITED', retryAfter: '999' });
    await expect(subject.search(request, signal)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  });

  it('comes through a restart of the server', async () => {
    const subject = client();
    await subject.search(request, signal);
    const { port } = api;
    await api.close();
    await expect(subject.search(request, signal)).rejects.toBeInstanceOf(ServerUnreachable);
    api = await StandInApi.start({}, port);
    await expect(subject.search(request, signal)).resolves.toMatchObject({ results: [] });
  });

  it('makes a key once, whatever becomes of the answer', async () => {
    api.misbehave('POST', /keys/, { kind: 'drop-midway' });
    await expect(client().createKey({ name: 'n', scopes: ['read'] }, signal)).rejects.toBeInstanceOf(ServerUnreachable);
    expect(api.count('POST', /keys/)).toBe(1);
  });

  it.each([
    ['{"results":[{}],"tookMs":1}', 'field results.0.documentId'],
    ['{"results":[', 'no JSON'],
    ['', 'the whole'],
  ])('refuses an answer it does not know: %s', async (body, what) => {
    api.misbehave('POST', /search/, { kind: 'answer', status: 200, body });
    const answer = client().search(request, signal);
    await expect(answer).rejects.toBeInstanceOf(UnexpectedAnswer);
    await expect(answer).rejects.toThrow(what);
  });

  it('shows a refusal that is no problem document by its status', async () => {
    api.misbehave('POST', /search/, { kind: 'answer', status: 418, body: '<html>', headers: { 'x-request-id': 'r7' } });
    await expect(client().search(request, signal)).rejects.toMatchObject({
      status: 418,
      code: 'HTTP_418',
      requestId: 'r7',
    });
    api.misbehave('POST', /search/, { kind: 'answer', status: 404, body: 'Cannot POST /api/search' });
    await expect(client().search(request, signal)).rejects.toBeInstanceOf(UnexpectedAnswer);
  });

  it('keeps a path in the address', async () => {
    const refused = client({ url: `${api.url}/lane` }).getDocument('a/b', signal);
    await expect(refused).rejects.toBeInstanceOf(ApiProblem);
    expect(api.requests[0]?.path).toBe('/lane/api/documents/a%2Fb');
  });

  it('tells why a file cannot be sent', async () => {
    const gone = client().uploadDocument(join(folder, 'gone.txt'), 'gone.txt', {}, signal);
    await expect(gone).rejects.toMatchObject({ name: 'UnreadableFile', code: 'ENOENT' });
    expect(api.requests).toHaveLength(0);
  });

  it('does not send half a file that changed on the way', async () => {
    const path = join(folder, 'growing.txt');
    await writeFile(path, 'first');
    // Between opening it and reading it, which is when a log or a download grows.
    const opened = jest.spyOn(Blob.prototype, 'stream').mockImplementationOnce(function (this: Blob) {
      writeFileSync(path, 'second, and longer');
      return this.stream();
    });
    try {
      const upload = client().uploadDocument(path, 'growing.txt', {}, signal);
      await expect(upload).rejects.toBeInstanceOf(UnreadableFile);
      expect(api.documents.size).toBe(0);
    } finally {
      opened.mockRestore();
    }
  });

  it('streams a large file without holding it in memory', async () => {
    const path = join(folder, 'large.txt');
    const sizeBytes = 384 * 1024 * 1024;
    await writeFile(path, '');
    await truncate(path, sizeBytes);
    const before = process.memoryUsage().arrayBuffers;
    let peak = 0;
    const sampling = setInterval(() => (peak = Math.max(peak, process.memoryUsage().arrayBuffers)), 10);
    try {
      await client().uploadDocument(path, 'large.txt', {}, signal);
    } finally {
      clearInterval(sampling);
    }
    const [stored] = api.documents.values();
    expect(stored?.sizeBytes).toBe(sizeBytes);
    expect(api.requests[0]?.contentLength).toBeGreaterThan(sizeBytes);
    expect(peak).toBeGreaterThan(0);
    // Both ends run in this process; a client that keeps what it sent holds all 384 MiB.
    expect(peak - before).toBeLessThan(192 * 1024 * 1024);
  }, 60_000);
});
