import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { malformedMultipartBodies } from '../support/malformed-multipart';
import { sendRaw } from '../support/raw-http';
import { TestApp } from '../support/test-app';

interface ProblemBody {
  readonly code: string;
  readonly detail: string;
}

const LIMIT = 200_000;
let service: TestApp;
beforeAll(async () => {
  service = await TestApp.start({ MAX_UPLOAD_BYTES: String(LIMIT) });
}, 60_000);
afterAll(() => service?.stop(), 60_000);

/** Nothing half-written, nothing crashed. */
const expectUnharmed = async (documents: number): Promise<void> => {
  expect((await service.fetch('/health')).status).toBe(200);
  expect((await service.json('/api/documents?limit=100')).body.items).toHaveLength(documents);
  if (service.app) expect(await service.spooled()).toEqual([]);
};

/** Sends raw bytes as a request body and reads the whole answer. */
const raw = (headers: Record<string, string>, body: Buffer): Promise<{ status: number; body: string }> =>
  new Promise((resolve, reject) => {
    const url = new URL(`${service.url}/api/documents`);
    const request = httpRequest(
      url,
      {
        method: 'POST',
        headers: { 'X-API-Key': service.key, 'Content-Length': String(body.length), ...headers },
        timeout: 20_000,
      },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString() }));
        response.on('error', reject);
      },
    );
    request.on('timeout', () => request.destroy(new Error('no answer')));
    request.on('error', reject);
    request.end(body);
  });

describe('malformed multipart bodies', () => {
  const bodies = malformedMultipartBodies();
  it('are at least 50', () => expect(bodies.length).toBeGreaterThanOrEqual(50));

  it.each(bodies.map((body) => [body.name, body] as const))('%s', async (_, { headers, bytes }) => {
    const answer = await raw(headers, bytes);
    expect([400, 413, 415]).toContain(answer.status);
    expect(JSON.parse(answer.body)).toMatchObject({
      code: expect.stringMatching(/^[A-Z_]+$/),
      requestId: expect.any(String),
    });
  });

  it('is refused for a field before the file, though both come in one piece', async () => {
    const body = [
      '--x\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n{"a\r\n',
      '--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n',
      `${'a word '.repeat(20)}\r\n--x--\r\n`,
    ].join('');
    const answer = await raw({ 'Content-Type': 'multipart/form-data; boundary=x' }, Buffer.from(body));
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'INVALID_REQUEST' });
  });

  it('leave nothing behind', () => expectUnharmed(0));
});

describe('too much', () => {
  it('is refused by its own length before it is read', async () => {
    const answer = await raw({ 'Content-Type': 'multipart/form-data; boundary=x' }, Buffer.alloc(LIMIT + 100_000, 'a'));
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.body)).toMatchObject({
      code: 'TOO_LARGE',
      detail: expect.stringContaining(String(LIMIT)),
    });
  });

  it('is refused while it streams, and not read on', async () => {
    const { port, hostname } = new URL(service.url);
    const socket = connect(Number(port), hostname);
    let sent = 0;
    let answer = '';
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => undefined); // cut by the server: what the test waits for
    socket.on('data', (data: Buffer) => (answer += data.toString('latin1')));
    socket.write(
      `POST /api/documents HTTP/1.1\r\nHost: x\r\nX-API-Key: ${service.key}\r\nTransfer-Encoding: chunked\r\n` +
        'Content-Type: multipart/form-data; boundary=b\r\n\r\n',
    );
    const send = (bytes: Buffer): boolean => {
      socket.write(`${bytes.length.toString(16)}\r\n`);
      socket.write(bytes);
      sent += bytes.length;
      return socket.write('\r\n');
    };
    send(Buffer.from('--b\r\nContent-Disposition: form-data; name="file"; filename="endless.txt"\r\n\r\n'));
    const endless = Buffer.alloc(64 * 1024, 'endless ');
    while (!socket.destroyed && sent < 200 * 1024 * 1024) {
      if (!send(endless)) await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), closed]);
    }
    await closed;
    expect(answer).toMatch(/^HTTP\/1\.1 413 [^]*"code":"TOO_LARGE"/);
    expect(answer).toMatch(/connection: close/i);
    // The limit and what the kernel's buffers hold, far from everything that was on offer.
    expect(sent).toBeLessThan(30 * 1024 * 1024);
  }, 30_000);

  it('leaves nothing behind', () => expectUnharmed(0));

  it('is a JSON body by its own length, before it is sent', async () => {
    const { port, hostname } = new URL(service.url);
    const socket = connect(Number(port), hostname);
    let answer = '';
    socket.on('data', (data: Buffer) => (answer += data.toString('latin1')));
    socket.on('error', () => undefined);
    socket.write(
      `POST /api/documents HTTP/1.1\r\nHost: x\r\nX-API-Key: ${service.key}\r\nContent-Type: application/json\r\n` +
        'Content-Length: 300000000\r\n\r\n{',
    );
    await new Promise<void>((resolve) => socket.once('close', () => resolve()));
    expect(answer).toMatch(/^HTTP\/1\.1 413 [^]*"code":"TOO_LARGE"/);
  }, 10_000);

  it('loses no answer, however fast the client sends', async () => {
    const body = Buffer.alloc(LIMIT + 500_000, 'a');
    for (let round = 0; round < 40; round += 1) {
      expect((await raw({ 'Content-Type': 'multipart/form-data; boundary=x' }, body)).status).toBe(413);
    }
  }, 60_000);

  it('is a JSON body beyond 1 MB', async () => {
    const { status, body } = await service.json('/api/documents/text', { text: 'x'.repeat(1_100_000) });
    expect([status, body.code]).toEqual([413, 'TOO_LARGE']);
  });
});

describe('a connection that breaks off in the middle', () => {
  it('leaves nothing behind', async () => {
    const { port, hostname } = new URL(service.url);
    for (let round = 0; round < 5; round += 1) {
      const socket = connect(Number(port), hostname);
      await new Promise((resolve) => socket.once('connect', resolve));
      const head =
        `POST /api/documents HTTP/1.1\r\nHost: x\r\nX-API-Key: ${service.key}\r\nContent-Length: 150000\r\n` +
        'Content-Type: multipart/form-data; boundary=b\r\n\r\n' +
        '--b\r\nContent-Disposition: form-data; name="file"; filename="half.txt"\r\n\r\n';
      await new Promise((resolve) => socket.write(head + 'half '.repeat(10_000), resolve));
      socket.destroy();
    }
    const deadline = Date.now() + 10_000;
    while ((await service.spooled()).length > 0 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await expectUnharmed(0);
  });
});

describe('wrong content', () => {
  const pdf = Buffer.from('%PDF-1.7\n%\u00e2\u00e3\u00cf\u00d3\n1 0 obj\n', 'latin1');
  const png = Buffer.from('89504e470d0a1a0a0000000d4948445200000001', 'hex');

  it.each([
    ['a PNG called .txt', 'note.txt', png],
    ['a PDF called .md', 'paper.md', pdf],
    ['an executable', 'tool', Buffer.from('7f454c4602010100000000000000000002003e00', 'hex')],
    ['a zip', 'archive.zip', Buffer.from('504b030414000000080000000000', 'hex')],
    [
      'bytes that are no text',
      'noise.csv',
      Buffer.from(Array.from({ length: 4_000 }, (_, index) => (index * 7) % 256)),
    ],
  ])('is 415 for %s', async (_, name, bytes) => {
    const { status, body } = await service.upload(name, bytes);
    expect([status, body.code]).toEqual([415, 'UNSUPPORTED_FORMAT']);
    expect(body.detail.length).toBeGreaterThan(10);
  });

  it('is 415 for a body that is no form', async () => {
    const response = await service.fetch('/api/documents', {
      method: 'POST',
      body: 'hello',
      headers: { 'Content-Type': 'text/plain' },
    });
    expect(response.status).toBe(415);
    expect(((await response.json()) as ProblemBody).code).toBe('UNSUPPORTED_FORMAT');
  });

  it('is 415 for JSON, which is told where to go', async () => {
    const { status, body } = await service.json('/api/documents', { text: 'a' });
    expect([status, body.code, body.detail]).toEqual([
      415,
      'UNSUPPORTED_FORMAT',
      expect.stringContaining('POST /api/documents/text'),
    ]);
  });

  it.each([
    '{',
    'not json',
    '"text"',
    '{"text": 1}',
    '{"text": ""}',
    '{"text":"a","colour":"red"}',
    '{"text":"a","metadata":[]}',
    '',
  ])('is 400 for the JSON %j', async (body) => {
    const response = await service.fetch('/api/documents/text', {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/json' },
    });
    expect(response.status).toBe(400);
    expect(((await response.json()) as ProblemBody).code).toMatch(/^INVALID_(JSON|REQUEST)$/);
  });

  it('names an unknown field', async () => {
    const { body } = await service.json('/api/documents/text', { text: 'a', colour: 'red' });
    expect(body.detail).toContain('colour');
    const form = new FormData();
    form.set('colour', 'x');
    form.set('file', new Blob(['abc']), 'a.txt');
    const response = await service.fetch('/api/documents', { method: 'POST', body: form });
    expect([response.status, ((await response.json()) as ProblemBody).detail]).toEqual([
      400,
      expect.stringContaining('colour'),
    ]);
  });

  it.each([
    ['[1]'],
    ['"x"'],
    ['{bad'],
    [JSON.stringify({ a: 'x'.repeat(20_000) })],
    ['{"a":{"b":{"c":{"d":{"e":{"f":1}}}}}}'],
    ['{"a":"\\u0000"}'],
  ])('refuses the metadata %.40s', async (metadata) => {
    const form = new FormData();
    form.set('metadata', metadata);
    form.set('file', new Blob(['abc']), 'a.txt');
    const response = await service.fetch('/api/documents', { method: 'POST', body: form });
    expect([response.status, ((await response.json()) as ProblemBody).detail]).toEqual([
      400,
      expect.stringContaining('metadata'),
    ]);
  });

  it('leaves nothing behind', () => expectUnharmed(0));
});

describe('text that PostgreSQL does not take', () => {
  const surrogate = JSON.parse('"\\ud800"') as string;
  const nested = JSON.parse('{"a":'.repeat(200) + '1' + '}'.repeat(200)) as object;
  it.each([
    ['/api/search', { query: 'x', filter: { format: ['\u0000'] } }],
    ['/api/search', { query: 'x', filter: { metadata: { 'a\u0000': 1 } } }],
    ['/api/search', { query: 'x', filter: { metadata: { a: surrogate } } }],
    ['/api/search', { query: `x${surrogate}` }],
    ['/api/documents/text', { text: 'x', metadata: { a: surrogate } }],
    ['/api/documents/text', { text: 'x', metadata: nested }],
    ['/api/documents/text', { text: 'x', metadata: JSON.parse('{"__proto__":{"a":1}}') as object }],
    ['/api/search', { query: 'x', filter: { metadata: JSON.parse('{"__proto__":1}') as object } }],
    ['/api/admin/keys', { name: 'a\u0000b', scopes: ['read'] }],
  ])('is refused by %s: %j', async (path, body) => {
    const answer = await service.json(path, body);
    expect([answer.status, answer.body.code]).toEqual([400, 'INVALID_REQUEST']);
  });

  it.each([
    `/api/documents?format=%00`,
    `/api/documents?cursor=${Buffer.from('["2026-99-99T99:99:99.000000Z","5a3c0d4e-6f0b-4b8c-9d53-0f3f6c9f0b11"]').toString('base64url')}`,
    `/api/documents?cursor=${Buffer.from('["0000-01-01T00:00:00.000000Z","5a3c0d4e-6f0b-4b8c-9d53-0f3f6c9f0b11"]').toString('base64url')}`,
    `/api/admin/keys?cursor=${Buffer.from('["0000-01-01T00:00:00.000000Z","A"]').toString('base64url')}`,
    `/api/documents?limit=abc`,
  ])('is refused in %s', async (path) => expect((await service.fetch(path)).status).toBe(400));

  it('names no key', async () => {
    expect((await service.fetch('/api/admin/keys/%00', { method: 'DELETE' })).status).toBe(404);
  });

  it('leaves nothing behind', () => expectUnharmed(0));
});

describe('a message that two readers could read differently', () => {
  const get = (lines: string): string => `GET /api/documents HTTP/1.1\r\nX-API-Key: ${service.key}\r\n${lines}`;
  it.each([
    ['two Host headers', 'Host: a\r\nHost: b\r\n'],
    ['one Host header twice', 'Host: a\r\nHost: a\r\n'],
    ['a transfer coding beside chunked', 'Host: a\r\nTransfer-Encoding: gzip, chunked\r\n'],
    ['chunked in TE', 'Host: a\r\nTE: gzip, chunked\r\n'],
  ])('has %s and is refused', async (_, headers) => {
    const answer = await sendRaw(service.url, get(`${headers}Connection: close\r\n\r\n0\r\n\r\n`));
    expect([answer.status, (JSON.parse(answer.body) as ProblemBody).code]).toEqual([400, 'INVALID_REQUEST']);
  });

  it('is not one with `TE: trailers`', async () => {
    const answer = await sendRaw(
      service.url,
      get('Host: a\r\nTE: trailers, deflate;q=0.5\r\nConnection: close\r\n\r\n'),
    );
    expect(answer.status).toBe(200);
  });
});

describe('everything below /api', () => {
  it.each([
    ['/api/documents', 200],
    ['/api/documents/x', 404],
    ['/api/nowhere', 404],
    ['/api/documents?limit=0', 400],
  ])('is kept by no cache: %s', async (path, status) => {
    const answer = await service.fetch(path);
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([status, 'no-store']);
  });

  it('is kept by no cache without a key either', async () => {
    const answer = await service.json('/api/documents', undefined, { key: null });
    expect(answer.status).toBe(401);
    expect((await fetch(`${service.url}/api/documents`)).headers.get('cache-control')).toBe('no-store');
  });
});

describe('names', () => {
  it('are stripped of paths and control characters', async () => {
    const { body } = await service.upload('../../etc/pass\u202Ewd\u0007.txt', 'a harmless text');
    expect(body.filename).toBe('passwd.txt');
  });
});

describe('every answer', () => {
  it('carries a request id, the caller’s own when it is well-formed', async () => {
    const given = await service.fetch('/health', { headers: { 'X-Request-ID': 'trace-1.2_3' } });
    expect(given.headers.get('x-request-id')).toBe('trace-1.2_3');
    const hostile = await service.fetch('/health', { headers: { 'X-Request-ID': 'a b{c}' } });
    expect(hostile.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('carries security headers and says nothing of the framework', async () => {
    for (const path of ['/health', '/api/documents', '/nowhere']) {
      const { headers } = await service.fetch(path, { key: null });
      expect(headers.get('x-powered-by')).toBeNull();
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('strict-transport-security')).toBeTruthy();
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    }
  });

  it.each(['/nowhere', '/api/nowhere', '/%E0%A4%A'])('is a problem document for %s', async (path) => {
    const response = await service.fetch(path);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({
      code: expect.any(String),
      status: response.status,
      requestId: expect.any(String),
    });
  });
});
