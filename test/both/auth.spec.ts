import { TestApp } from '../support/test-app';

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
