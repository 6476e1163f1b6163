import { ConsoleSessions } from '@vectorlane/auth';
import { TestApp, type Untyped } from '../support/test-app';

let service: TestApp;
beforeAll(async () => {
  service = await TestApp.start();
}, 60_000);
afterAll(() => service?.stop(), 60_000);

const makeKey = async (scopes: string[], extra: object = {}): Promise<{ id: string; key: string }> => {
  const { status, body } = await service.json('/api/admin/keys', { name: `test ${scopes.join()}`, scopes, ...extra });
  expect(status).toBe(201);
  return body;
};

describe('API keys', () => {
  it.each([
    ['GET', '/api/documents'],
    ['POST', '/api/documents'],
    ['POST', '/api/search'],
    ['GET', '/api/admin/keys'],
    ['GET', '/api/no-such-route'],
    ['DELETE', '/api'],
  ])('%s %s answers 401 without one', async (method, path) => {
    const response = await service.fetch(path, { method, key: null });
    expect(response.status).toBe(401);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    const body = await response.json();
    expect(body).toMatchObject({
      code: 'MISSING_API_KEY',
      status: 401,
      requestId: response.headers.get('x-request-id'),
    });
  });

  it.each([
    ['nonsense', 'nonsense'],
    ['of an unknown id', `vl_${'A'.repeat(12)}_${'b'.repeat(43)}`],
  ])('refuses one %s', async (_, key) => {
    const { status, body } = await service.json('/api/documents', undefined, { key });
    expect([status, body.code]).toEqual([401, 'INVALID_API_KEY']);
  });

  it('refuses the right id with a wrong secret', async () => {
    const [, id] = service.key.split('_');
    const { status } = await service.json('/api/documents', undefined, { key: `vl_${id}_${'x'.repeat(43)}` });
    expect(status).toBe(401);
  });

  it('takes a key as a bearer token too', async () => {
    const response = await service.fetch('/api/documents', {
      key: null,
      headers: { Authorization: `Bearer ${service.key}` },
    });
    expect(response.status).toBe(200);
  });

  it('lets a key do what its scopes say and nothing else', async () => {
    const reader = await makeKey(['read']);
    const writer = await makeKey(['write']);
    const search = { query: 'anything' };
    expect((await service.json('/api/search', search, { key: reader.key })).status).toBe(200);
    expect((await service.json('/api/documents/text', { text: 'x' }, { key: reader.key })).body.code).toBe(
      'INSUFFICIENT_SCOPE',
    );
    expect((await service.json('/api/search', search, { key: writer.key })).status).toBe(403);
    expect((await service.json('/api/documents/text', { text: 'written' }, { key: writer.key })).status).toBe(202);
    for (const { key } of [reader, writer]) {
      expect((await service.json('/api/admin/keys', undefined, { key })).status).toBe(403);
      expect((await service.json('/api/admin/keys', { name: 'more', scopes: ['admin'] }, { key })).status).toBe(403);
    }
  });

  it('cannot be got round by another way of writing the path', async () => {
    const reader = await makeKey(['read']);
    for (const path of [
      '/API/admin/keys',
      '/Api/Admin/Keys',
      '/api/ADMIN/keys',
      '/api//admin/keys',
      '/api/admin/keys/',
    ]) {
      const { status } = await service.json(path, { name: 'more', scopes: ['admin'] }, { key: reader.key });
      expect([401, 403, 404]).toContain(status);
      const anonymous = await service.json(path, { name: 'more', scopes: ['admin'] }, { key: null });
      expect([401, 403, 404]).toContain(anonymous.status);
    }
  });

  it('closes a revoked key at once and an expired one by itself', async () => {
    const { id, key } = await makeKey(['read']);
    expect((await service.json('/api/documents', undefined, { key })).status).toBe(200);
    expect((await service.fetch(`/api/admin/keys/${id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await service.json('/api/documents', undefined, { key })).status).toBe(401);
    expect((await service.fetch(`/api/admin/keys/${id}`, { method: 'DELETE' })).status).toBe(204);

    const expired = await makeKey(['read'], { expiresAt: '2020-01-01T00:00:00Z' });
    expect((await service.json('/api/documents', undefined, { key: expired.key })).status).toBe(401);
    expect((await service.json('/api/admin/keys/nobody', undefined, { method: 'DELETE' })).status).toBe(404);
  });

  it('never lists a secret', async () => {
    const { id, key } = await makeKey(['read', 'write']);
    const { body } = await service.json('/api/admin/keys?limit=100');
    const listed = body.items.find((item: { id: string }) => item.id === id);
    expect(listed).toMatchObject({ name: 'test read,write', scopes: ['read', 'write'], revokedAt: null });
    expect(JSON.stringify(body)).not.toContain(key.slice(16));
    expect(JSON.stringify(body)).not.toMatch(/sha256|secret/i);
  });
});

describe('the list of keys', () => {
  const page = (query: string) => service.json(`/api/admin/keys${query}`);

  it('comes in pages, newest first, each key once', async () => {
    const made: string[] = [];
    for (let index = 0; index < 5; index += 1) made.push((await makeKey(['read'])).id);
    const listed: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const { status, body } = await page(`?limit=2${cursor && `&cursor=${cursor}`}`);
      expect(status).toBe(200);
      expect(body.items.length).toBeLessThanOrEqual(2);
      listed.push(...body.items.map(({ id }: { id: string }) => id));
      cursor = body.nextCursor as string | null;
    }
    expect(listed.slice(0, 5)).toEqual(made.reverse());
    expect(new Set(listed).size).toBe(listed.length);
  });

  it.each(['?cursor=x', '?limit=0', '?limit=101', '?page=2'])('refuses %s', async (query) => {
    expect((await page(query)).status).toBe(400);
  });
});

describe('the first key', () => {
  it('is readable by its owner alone', async () => {
    const { stat } = await import('node:fs/promises');
    expect((await stat(`${service.dataDir}/api-key`)).mode & 0o777).toBe(0o600);
  });
});

describe('a session of the console', () => {
  const OURS = { 'X-Vectorlane-Console': '1' };
  const signIn = async (shown: object, headers: Record<string, string> = OURS) => {
    const init = { key: null, headers: { 'Content-Type': 'application/json', ...headers } };
    const response = await service.fetch('/console/session', { ...init, method: 'POST', body: JSON.stringify(shown) });
    const set = response.headers.get('set-cookie') ?? '';
    return { response, set, cookie: set.split(';')[0] ?? '', body: (await response.json()) as Untyped };
  };
  const asSession = (cookie: string, path: string, init: RequestInit = {}) =>
    service.fetch(path, { ...init, key: null, headers: { Cookie: cookie, ...init.headers } });

  it('is what a key is exchanged for, and does what the key may', async () => {
    const { id, key } = await makeKey(['read']);
    const { response, set, cookie, body } = await signIn({ key });
    expect(response.status).toBe(201);
    expect(body).toMatchObject({ keyId: id, scopes: ['read'], collections: null });
    expect(set).toMatch(/; Max-Age=43200; Path=\/; .*HttpOnly; SameSite=Strict$/);
    expect([set, JSON.stringify(body)].join()).not.toContain(key.slice('vl_'.length + id.length + 1));
    expect((await asSession(cookie, '/console/session')).status).toBe(200);
    expect((await asSession(cookie, '/api/documents')).status).toBe(200);
    const refused = await asSession(cookie, '/api/admin/keys');
    expect([refused.status, ((await refused.json()) as Untyped).code]).toEqual([403, 'INSUFFICIENT_SCOPE']);
    // Agents and monitoring know nothing of it.
    expect((await asSession(cookie, '/mcp', { method: 'POST', headers: OURS })).status).toBe(401);
  });

  it('changes nothing, and begins for nobody, without the header that only our page sets', async () => {
    const { key } = await makeKey(['read', 'write']);
    expect((await signIn({ key }, {})).body).toMatchObject({ status: 403, code: 'SESSION_HEADER_MISSING' });
    const { cookie } = await signIn({ key });
    const form = (): FormData => {
      const made = new FormData();
      made.set('file', new Blob(['forged']), 'forged.txt');
      return made;
    };
    const forged = await asSession(cookie, '/api/documents', { method: 'POST', body: form() });
    expect([forged.status, ((await forged.json()) as Untyped).code]).toEqual([403, 'SESSION_HEADER_MISSING']);
    const ours = await asSession(cookie, '/api/documents', { method: 'POST', body: form(), headers: OURS });
    expect(ours.status).toBe(202);
    expect((await asSession(cookie, '/console/session', { method: 'DELETE' })).status).toBe(403);
  });

  it('ends with its key, and when it is signed out', async () => {
    const { id, key } = await makeKey(['read']);
    const [first, second] = [await signIn({ key }), await signIn({ key })];
    const out = await asSession(first.cookie, '/console/session', { method: 'DELETE', headers: OURS });
    expect([out.status, out.headers.get('set-cookie')]).toEqual([204, expect.stringContaining('1970')]);
    expect((await asSession(first.cookie, '/api/documents')).status).toBe(401);
    expect((await asSession(second.cookie, '/api/documents')).status).toBe(200);
    await service.fetch(`/api/admin/keys/${id}`, { method: 'DELETE' });
    expect((await asSession(second.cookie, '/api/documents')).status).toBe(401);
    expect((await asSession(second.cookie, '/console/session')).status).toBe(204);
  });

  it('is opened once by the link of a start', async () => {
    const [, keyId = ''] = service.key.split('_');
    const link = service.app.get(ConsoleSessions).makeLink(keyId);
    expect((await signIn({ link: 'x'.repeat(43) })).response.status).toBe(401);
    const { cookie, body } = await signIn({ link });
    expect(body).toMatchObject({ keyId });
    expect((await signIn({ link })).body).toMatchObject({ status: 401, code: 'INVALID_API_KEY' });
    expect((await asSession(cookie, '/api/admin/keys')).status).toBe(200);
  });

  it.each([
    ['what is no key', { key: 'nonsense' }, 401],
    ['nothing', {}, 400],
    ['a key and more', { key: 'x', link: 'y' }, 400],
  ])('is not opened by %s', async (_, shown, status) => {
    const { response, set } = await signIn(shown);
    expect([response.status, set]).toEqual([status, '']);
  });

  it('counts a made-up cookie as nobody', async () => {
    const response = await asSession(`vectorlane_session=${'x'.repeat(43)}`, '/api/documents');
    expect([response.status, ((await response.json()) as Untyped).code]).toEqual([401, 'INVALID_API_KEY']);
  });
});
