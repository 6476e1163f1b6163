import { TestApp } from '../support/test-app';

let service: TestApp;
beforeAll(async () => {
  service = await TestApp.start();
}, 60_000);
afterAll(() => service?.stop(), 60_000);

describe('probes', () => {
  it('answer without a key', async () => {
    expect(await service.json('/health', undefined, { key: null })).toEqual({ status: 200, body: { status: 'ok' } });
    expect(await service.json('/live', undefined, { key: null })).toEqual({ status: 200, body: { alive: true } });
    const { status, body } = await service.json('/ready', undefined, { key: null });
    expect(status).toBe(200);
    expect(body).toEqual({
      status: 'ok',
      checks: {
        database: { status: 'up', latencyMs: expect.any(Number) },
        redis: { status: 'up', latencyMs: expect.any(Number) },
        queue: {
          status: 'up',
          latencyMs: expect.any(Number),
          waiting: 0,
          consumers: { fast: expect.any(Number), heavy: expect.any(Number) },
        },
      },
      version: '0.1.0',
      uptime: expect.any(Number),
    });
  });
});

describe('the documentation', () => {
  it('is served as a page and as a document, without a key', async () => {
    const page = await service.fetch('/docs', { key: null });
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(await page.text()).toContain('swagger-ui');
    const document = await service.json('/openapi.json', undefined, { key: null });
    expect(document.status).toBe(200);
    expect(document.body.openapi).toMatch(/^3\./);
  });

  it('describes every route below /api with its errors', async () => {
    const { body } = await service.json('/openapi.json');
    const operations = Object.entries<Record<string, { responses: object; operationId: string; security: object[] }>>(
      body.paths,
    );
    // Which they are is held by openapi.json, which is generated and looked at in every change.
    expect(operations.map(([path]) => path)).toEqual(expect.arrayContaining(['/api/documents', '/api/search']));
    expect(operations.filter(([path]) => !path.startsWith('/api/')).map(([path]) => path)).toEqual([
      ...['/health', '/live', '/ready', '/metrics'],
    ]);
    for (const [path, methods] of operations) {
      if (!path.startsWith('/api/')) continue;
      for (const operation of Object.values(methods)) {
        expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['401', '403', '500']));
        expect(operation.security.length).toBeGreaterThan(0);
      }
    }
  });
});
