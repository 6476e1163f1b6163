import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { sendRaw } from '../support/raw-http';
import { TestApp } from '../support/test-app';
import { eventually } from '../support/eventually';
import { recordLog } from '../support/test-redis';

/** The order of work on a request (docs/contract.md §1): what each answer carries; each is counted and logged once. */
let service: TestApp;
let log: ReturnType<typeof recordLog>;

beforeAll(async () => {
  service = await TestApp.start({ MAX_UPLOAD_BYTES: '100000' });
  log = recordLog();
}, 60_000);
afterAll(async () => {
  log?.stop();
  await service?.stop();
}, 60_000);

interface Line {
  requestId: string;
  method: string;
  route: string;
  status: number;
  durationMs: number;
  bytesSent: number;
  keyId?: string;
  aborted?: true;
}

/** Lines of the access log, by the id of their request. */
const linesOf = (requestId: string): Line[] =>
  log.lines
    .filter((line) => line.includes('"request"') && line.includes(requestId))
    .map((line) => JSON.parse(line.slice(0, line.lastIndexOf('} "request"') + 1)) as Line);

const counted = async (method: string, route: string, status: number): Promise<number> => {
  const text = await (await service.fetch('/metrics', { key: null })).text();
  const series = `http_requests_total{method="${method}",path="${route}",status="${status}"}`;
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(series))
      ?.split(' ')[1] ?? 0,
  );
};

const SOME_ID = '5a3c0d4e-6f0b-4b8c-9d53-0f3f6c9f0b11';
const json = { 'Content-Type': 'application/json' };

describe('every answer', () => {
  const cases: [
    name: string,
    path: string,
    init: RequestInit & { key?: string | null },
    route: string,
    status: number,
  ][] = [
    ['a success', '/api/documents', {}, '/api/documents', 200],
    ['an unknown document', `/api/documents/${SOME_ID}`, {}, '/api/documents/:id', 404],
    ['an unknown route', '/nowhere/at/all', {}, 'unmatched', 404],
    ['an unknown route below /api', '/api/nowhere', {}, 'unmatched', 404],
    ['no key', `/api/documents/${SOME_ID}/chunks?limit=2`, { key: null }, '/api/documents/:id/chunks', 401],
    ['a wrong key', '/api/search', { method: 'POST', key: 'wrong' }, '/api/search', 401],
    ['a path that cannot be decoded', '/api/documents/%ff', {}, '/api/documents/:id', 400],
    ['an unknown path that cannot be decoded', '/%ff', {}, 'unmatched', 404],
    ['a path of slashes', '//', {}, 'unmatched', 404],
    ['another way to write a path', '/API/documents', {}, 'unmatched', 404],
    ['a slash at the end', '/api/documents/', {}, '/api/documents', 200],
    ['a malformed JSON', '/api/search', { method: 'POST', body: '{"query":', headers: json }, '/api/search', 400],
    ['a JSON of the wrong shape', '/api/search', { method: 'POST', body: '{}', headers: json }, '/api/search', 400],
    [
      'a body too large',
      '/api/search',
      { method: 'POST', body: `"${'x'.repeat(1_100_000)}"`, headers: json },
      '/api/search',
      413,
    ],
    ['a known method that the route lacks', '/api/search', { method: 'PUT' }, '/api/search', 405],
    ['a method that HTTP knows and we do not', '/api/documents', { method: 'PURGE' }, '/api/documents', 405],
    ['an odd method on an unknown route', '/nowhere', { method: 'PURGE' }, 'unmatched', 404],
    ['HEAD', '/api/documents', { method: 'HEAD' }, '/api/documents', 200],
    ['OPTIONS', '/api/documents', { method: 'OPTIONS' }, '/api/documents', 204],
    ['OPTIONS without a key', '/api/documents', { method: 'OPTIONS', key: null }, '/api/documents', 401],
    ['OPTIONS of an unknown route', '/nowhere', { method: 'OPTIONS' }, 'unmatched', 404],
    ['the documentation', '/docs', { key: null }, '/docs', 200],
    ['a file of the documentation', '/docs/swagger-ui.css', { key: null }, '/docs/*', 200],
    ['a file the documentation lacks', '/docs/none.css', { key: null }, '/docs/*', 404],
  ];

  it.each(cases)(
    'for %s carries its id and the security headers, and is counted and logged once',
    async (_, path, init, route, status) => {
      const requestId = `case-${randomUUID()}`;
      const method = init.method ?? 'GET';
      const label = ['GET', 'HEAD', 'POST', 'PUT', 'OPTIONS'].includes(method) ? method : 'other';
      const before = await counted(label, route, status);
      const answer = await service.fetch(path, { ...init, headers: { ...init.headers, 'X-Request-ID': requestId } });
      const body = await answer.text();

      expect(answer.status).toBe(status);
      expect(answer.headers.get('x-request-id')).toBe(requestId);
      expect(answer.headers.get('strict-transport-security')).toMatch(/^max-age=\d{8}/);
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(answer.headers.get('x-powered-by')).toBeNull();
      if (status >= 400 && method !== 'HEAD') {
        expect(answer.headers.get('content-type')).toContain('application/problem+json');
        expect(JSON.parse(body)).toMatchObject({ status, requestId, code: expect.stringMatching(/^[A-Z_]+$/) });
      }
      if (status === 405) expect(answer.headers.get('allow')).toMatch(/GET|POST/);

      await eventually(() => linesOf(requestId).length > 0);
      expect(await counted(label, route, status)).toBe(before + 1);
      const lines = linesOf(requestId);
      expect(lines).toEqual([
        {
          requestId,
          method,
          route,
          status,
          durationMs: expect.any(Number),
          bytesSent: expect.any(Number),
          ...(lines[0]?.keyId !== undefined && { keyId: service.key.split('_')[1] }),
        },
      ]);
      expect(lines[0]?.bytesSent).toBeGreaterThan(method === 'HEAD' ? 100 : body.length);
    },
  );

  it('leaves it to the balancer to end a connection that nobody uses: they wait for 60 s', async () => {
    const { headers } = await service.fetch('/live');
    expect(Number(/^timeout=(\d+)$/.exec(headers.get('keep-alive') ?? '')?.[1])).toBeGreaterThan(60);
  });

  it('keeps the policy of the API strict and that of the documentation as narrow as its page allows', async () => {
    const policyOf = async (path: string): Promise<string | null> =>
      (await service.fetch(path)).headers.get('content-security-policy');
    expect(await policyOf('/api/documents')).toBe(
      "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
    );
    const documentation = await policyOf('/docs');
    expect(documentation).toContain("script-src 'self';");
    expect(documentation).not.toMatch(/unsafe-eval|script-src[^;]*unsafe|\*|https?:/);
  });
});

describe('X-Request-ID', () => {
  it.each(['a', 'trace-1.2_3', 'x'.repeat(128), 'A-Z.0'])('is taken over: %s', async (given) => {
    const { headers } = await service.fetch('/live', { headers: { 'X-Request-ID': given } });
    expect(headers.get('x-request-id')).toBe(given);
  });

  it.each(['', 'x'.repeat(129), 'a b', 'a{b}', 'ä', 'a,b', '<script>'])('is replaced for %j', async (given) => {
    const answer = await sendRaw(
      service.url,
      `GET /live HTTP/1.1\r\nHost: x\r\nX-Request-ID: ${given}\r\nConnection: close\r\n\r\n`,
    );
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
  });
});

describe('a request that hardly is one', () => {
  const close = 'Host: x\r\nConnection: close\r\n';
  it.each([
    ['an absolute target', `GET http://elsewhere:80/live HTTP/1.1\r\n${close}\r\n`, 200, '/live'],
    ['an absolute target without a path', `GET http://elsewhere HTTP/1.1\r\n${close}\r\n`, 404, 'unmatched'],
    ['a broken absolute target', `GET http://[::1/live HTTP/1.1\r\n${close}\r\n`, 400, 'unmatched'],
    ['a target of another scheme', `GET ftp://elsewhere/live HTTP/1.1\r\n${close}\r\n`, 400, 'unmatched'],
    ['a target with a fragment', `GET /live#x HTTP/1.1\r\n${close}\r\n`, 200, '/live'],
    ['a star', `GET * HTTP/1.1\r\n${close}\r\n`, 400, 'unmatched'],
    ['OPTIONS of the server', `OPTIONS * HTTP/1.1\r\n${close}\r\n`, 204, 'unmatched'],
    ['no Host', `GET /live HTTP/1.1\r\nConnection: close\r\n\r\n`, 400, 'unmatched'],
    ['an expectation nobody knows', `GET /live HTTP/1.1\r\nExpect: miracles\r\n${close}\r\n`, 200, '/live'],
    ['a tunnel', `CONNECT x:80 HTTP/1.1\r\n${close}\r\n`, 405, 'unmatched'],
    ['a method of nobody', `BREW /coffee HTTP/1.1\r\n${close}\r\n`, 405, 'unmatched'],
    ['no HTTP', `hello there\r\n\r\n`, 405, 'unmatched'],
    ['a TLS hello', Buffer.from('16030100c8010000c40303', 'hex'), 405, 'unmatched'],
    ['a broken header', `GET /live HTTP/1.1\r\nno colon\r\n\r\n`, 400, 'unmatched'],
    ['headers too large', `GET /live HTTP/1.1\r\nX: ${'x'.repeat(140_000)}\r\n${close}\r\n`, 431, 'unmatched'],
    [
      'two lengths',
      `POST /live HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n${close}\r\nab`,
      400,
      'unmatched',
    ],
  ] as const)('%s', async (_, bytes, status, route) => {
    const methods = ['GET', 'OPTIONS', 'other'];
    const total = async (): Promise<number> =>
      (await Promise.all(methods.map((method) => counted(method, route, status)))).reduce((sum, count) => sum + count);
    const before = await total();
    const answer = await sendRaw(service.url, bytes);
    expect(answer.status).toBe(status);
    expect(answer.headers['x-request-id']).toBeTruthy();
    expect(answer.headers['strict-transport-security']).toBeTruthy();
    expect(answer.headers['connection']).toBe('close');
    expect(answer.text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    if (status >= 400) {
      expect(answer.headers['content-type']).toContain('application/problem+json');
      expect(JSON.parse(answer.body)).toMatchObject({ status, requestId: answer.headers['x-request-id'] });
      expect(Buffer.byteLength(answer.body)).toBe(Number(answer.headers['content-length']));
    }
    await eventually(async () => (await total()) === before + 1);
  });

  it('a body that turns out to be no HTTP: one answer, one line', async () => {
    const requestId = `cut-${randomUUID()}`;
    const answer = await sendRaw(
      service.url,
      `POST /api/search HTTP/1.1\r\nHost: x\r\nX-API-Key: ${service.key}\r\nX-Request-ID: ${requestId}\r\n` +
        'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"que\r\nnot a chunk\r\n',
    );
    expect(answer.status).toBe(400);
    await eventually(() => linesOf(requestId).length > 0);
    expect(linesOf(requestId)).toMatchObject([{ route: '/api/search', status: 400 }]);
  });

  it('garbage after a good request on one connection leaves that one’s answer whole', async () => {
    const answer = await sendRaw(service.url, `GET /live HTTP/1.1\r\nHost: x\r\n\r\nBREW /coffee HTTP/1.1\r\n\r\n`);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatch(/^\{"alive":true\}HTTP\/1\.1 405 /);
  });

  it('a client that leaves before there is an answer: one line, as 499', async () => {
    const requestId = `left-${randomUUID()}`;
    const { hostname, port } = new URL(service.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST /api/documents HTTP/1.1\r\nHost: x\r\nX-API-Key: ${service.key}\r\nX-Request-ID: ${requestId}\r\n` +
        'Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 1000\r\n\r\n' +
        '--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nthe first half',
    );
    // A spool file is there once the upload is under way; a connection closed earlier would be no request.
    await eventually(async () => (await service.spooled()).length > 0);
    socket.destroy();
    await eventually(() => linesOf(requestId).length > 0);
    expect(linesOf(requestId)).toMatchObject([{ route: '/api/documents', status: 499, aborted: true }]);
  });

  it('requests on one connection, one behind the other, each with its own bytes', async () => {
    const ids = [1, 2, 3].map((index) => `pipelined-${index}-${randomUUID()}`);
    const request = (id: string, last: boolean): string =>
      `GET /api/documents HTTP/1.1\r\nHost: x\r\nX-API-Key: ${service.key}\r\nX-Request-ID: ${id}\r\n` +
      `${last ? 'Connection: close\r\n' : ''}\r\n`;
    const { text } = await sendRaw(service.url, ids.map((id, index) => request(id, index === 2)).join(''));
    await eventually(() => ids.every((id) => linesOf(id).length === 1));
    const bytes = ids.map((id) => linesOf(id)[0]?.bytesSent ?? 0);
    expect(bytes.reduce((sum, count) => sum + count)).toBe(text.length);
    expect(Math.max(...bytes) - Math.min(...bytes)).toBeLessThan(40);
  });
});

describe('a body', () => {
  it('is not asked for before the request was let in', async () => {
    const request = (key: string): string =>
      `POST /api/search HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-API-Key: ${key}\r\nExpect: 100-continue\r\n` +
      'Content-Type: application/json\r\nContent-Length: 15\r\n\r\n';
    const refused = await sendRaw(service.url, request('wrong'));
    expect(refused.text).not.toContain('100 Continue');
    expect(refused.status).toBe(401);

    const admitted = await sendRaw(service.url, `${request(service.key)}{"query":"bee"}`);
    expect(admitted.text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
  });

  it('of a refused request is not read', async () => {
    const { hostname, port } = new URL(service.url);
    const socket = connect(Number(port), hostname);
    let answer = '';
    let sent = 0;
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => undefined).on('data', (part: Buffer) => (answer += part.toString()));
    socket.write(
      'POST /api/documents HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n' +
        'Content-Length: 1000000000\r\n\r\n',
    );
    const part = Buffer.alloc(64 * 1024);
    const pump = (): void => {
      while (!socket.destroyed && socket.write(part)) sent += part.length;
      if (!socket.destroyed) socket.once('drain', pump);
    };
    pump();
    await closed;
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
    expect(sent).toBeLessThan(20_000_000);
  }, 30_000);
});
