import { TestApp } from '../support/test-app';

const PAGE = 'https://app.example.org';
let service: TestApp;
beforeAll(async () => {
  service = await TestApp.start({ CORS_ORIGIN: `${PAGE}, http://localhost:5173` });
}, 60_000);
afterAll(() => service?.stop(), 60_000);

const corsHeaders = (answer: Response): string[] =>
  [...answer.headers.keys()].filter((name) => name.startsWith('access-control-')).toSorted();
const preflight = (origin: string, path = '/api/documents', method = 'POST'): Promise<Response> =>
  service.fetch(path, {
    method: 'OPTIONS',
    key: null,
    headers: {
      Origin: origin,
      'Access-Control-Request-Method': method,
      'Access-Control-Request-Headers': 'x-api-key,content-type',
    },
  });

describe('a page of the list', () => {
  it.each([PAGE, 'http://localhost:5173'])('%s is answered by name, with what it may read', async (origin) => {
    const answer = await service.fetch('/api/documents', { headers: { Origin: origin } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    expect(answer.headers.get('vary')).toMatch(/\bOrigin\b/);
    const exposed = answer.headers.get('access-control-expose-headers')?.split(', ');
    expect(exposed?.toSorted()).toEqual(['Location', 'RateLimit', 'RateLimit-Policy', 'Retry-After', 'X-Request-ID']);
  });

  it('reads refusals too', async () => {
    for (const path of ['/api/documents', '/nowhere', '/%ff']) {
      const answer = await service.fetch(path, { key: null, headers: { Origin: PAGE } });
      expect([401, 404]).toContain(answer.status);
      expect(answer.headers.get('access-control-allow-origin')).toBe(PAGE);
    }
  });

  it('has its preflights answered without a key', async () => {
    const answer = await preflight(PAGE);
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe(PAGE);
    expect(answer.headers.get('access-control-allow-methods')).toBe('GET, HEAD, POST, DELETE');
    expect(answer.headers.get('access-control-allow-headers')).toMatch(/\bX-API-Key\b/);
    expect(answer.headers.get('access-control-max-age')).toBe('7200');
    expect(answer.headers.get('x-request-id')).toBeTruthy();
    expect(answer.headers.get('strict-transport-security')).toBeTruthy();
    expect(await answer.text()).toBe('');
  });
});

describe('any other page', () => {
  it.each([
    'https://evil.example',
    'null',
    'http://app.example.org',
    `${PAGE}.evil.example`,
    `${PAGE}:8443`,
    `${PAGE}/`,
    'https://APP.example.org',
    `${PAGE}, https://evil.example`,
  ])('%s gets no header', async (origin) => {
    const answer = await service.fetch('/api/documents', { headers: { Origin: origin } });
    expect([answer.status, corsHeaders(answer)]).toEqual([200, []]);
    expect(answer.headers.get('vary')).toMatch(/\bOrigin\b/);
    const asked = await preflight(origin);
    expect([asked.status, corsHeaders(asked)]).toEqual([204, []]);
  });
});

it('an answer without an origin differs by it all the same, for caches', async () => {
  const answer = await service.fetch('/api/documents');
  expect(corsHeaders(answer)).toEqual([]);
  expect(answer.headers.get('vary')).toMatch(/\bOrigin\b/);
});

it('preflights are counted, under their route', async () => {
  const counted = async (): Promise<number> => {
    const text = await (await service.fetch('/metrics', { key: null })).text();
    return Number(
      /^http_requests_total\{method="OPTIONS",path="\/api\/documents\/:id",status="204"\} (\d+)$/m.exec(text)?.[1] ?? 0,
    );
  };
  const before = await counted();
  await preflight(PAGE, '/api/documents/7', 'DELETE');
  await preflight('https://evil.example', '/api/documents/7', 'DELETE');
  expect(await counted()).toBe(before + 2);
});
