import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiKeysService } from '@vectorlane/auth';
import { sendRaw } from '../support/raw-http';
import { ServiceProcess } from '../support/service-process';
import { StandInEmbeddings } from '../support/stand-in-embeddings';
import { TestApp } from '../support/test-app';
import { onServer } from '../support/test-database';
import { eventually } from '../support/eventually';
import { recordLog } from '../support/test-redis';
import { openTestServers } from '../support/test-servers';

/** 100 requests a minute over all routes together, and who is counted as whom (docs/contract.md §1). */
const LIMIT = 20;
let service: TestApp;
let addresses = 0;

beforeAll(async () => {
  service = await TestApp.start({ RATE_LIMIT_PER_MINUTE: String(LIMIT), TRUST_PROXY: '1' });
}, 60_000);
afterAll(() => service?.stop(), 60_000);

/** A client of its own, behind the one proxy that the service trusts: a bucket that no other test has touched. */
const newAddress = (): string => `198.51.100.${(addresses += 1)}`;
const as =
  (address: string) =>
  (path: string, init: RequestInit & { key?: string | null } = {}): Promise<Response> =>
    service.fetch(path, { key: null, ...init, headers: { ...init.headers, 'X-Forwarded-For': address } });
const exhaust = async (fetch: ReturnType<typeof as>): Promise<void> => {
  for (let index = 0; index < LIMIT; index += 1) expect((await fetch('/nowhere')).status).toBe(404);
};
const makeKey = async (extra: object = {}): Promise<{ id: string; key: string; rateLimitPerMinute: unknown }> => {
  const { status, body } = await service.json('/api/admin/keys', { name: 'limited', scopes: ['read'], ...extra });
  expect(status).toBe(201);
  return body;
};

describe('a client', () => {
  it('has so many requests a minute over all routes together, unmatched ones too', async () => {
    const fetch = as(newAddress());
    const paths = ['/nowhere', '/api/documents', '/openapi.json', '/docs', '/api/nowhere'];
    for (let index = 0; index < LIMIT; index += 1) {
      const answer = await fetch(paths[index % paths.length]!);
      expect([200, 401, 404]).toContain(answer.status);
      expect(answer.headers.get('ratelimit-policy')).toBe(`"default";q=${LIMIT};w=60`);
      expect(answer.headers.get('ratelimit')).toMatch(
        new RegExp(`^"default";r=${LIMIT - 1 - index};t=(60|[1-5]?\\d)$`),
      );
      expect(answer.headers.get('retry-after')).toBeNull();
    }
    for (const path of paths) {
      const answer = await fetch(path);
      expect(answer.status).toBe(429);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(Number(answer.headers.get('retry-after'))).toBeLessThanOrEqual(60);
      expect(answer.headers.get('ratelimit')).toMatch(/^"default";r=0;t=\d+$/);
      expect(answer.headers.get('x-ratelimit-limit')).toBeNull();
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(await answer.json()).toMatchObject({
        status: 429,
        code: 'RATE_LIMITED',
        retryable: true,
        requestId: answer.headers.get('x-request-id'),
      });
    }
  });

  it('may ask the probes as often as it likes, also when its share is used up', async () => {
    const fetch = as(newAddress());
    for (let round = 0; round < LIMIT; round += 1) {
      for (const path of ['/health', '/live', '/ready', '/metrics']) {
        const answer = await fetch(path);
        expect(answer.status).toBe(200);
        expect(answer.headers.get('ratelimit')).toBeNull();
      }
    }
    await exhaust(fetch);
    expect((await fetch('/live')).status).toBe(200);
    expect((await fetch('/live', { method: 'POST' })).status).toBe(429);
  });

  it('is another one at another address, and the same one all over a /64', async () => {
    await exhaust(as('2001:db8:1:2::1'));
    expect((await as('2001:db8:1:2:ffff::9')('/nowhere')).status).toBe(429);
    expect((await as('2001:db8:1:3::1')('/nowhere')).status).toBe(404);
    const four = newAddress();
    await exhaust(as(four));
    expect((await as(`::ffff:${four}`)('/nowhere')).status).toBe(429);
  });

  it('does not choose its address itself: what it writes before the proxy does counts for nothing', async () => {
    const address = newAddress();
    await exhaust(as(address));
    expect((await as(`1.2.3.4, ${address}`)('/nowhere')).status).toBe(429);
    expect((await as(`${address}:4711`)('/nowhere')).status).toBe(429);
  });

  it('does not get a share of its own by another made-up key each time', async () => {
    const fetch = as(newAddress());
    const statuses: number[] = [];
    for (let index = 0; index < LIMIT + 5; index += 1) {
      const key = `vl_${String(index).padStart(12, 'A')}_${'b'.repeat(43)}`;
      statuses.push((await fetch('/api/documents', { key })).status);
    }
    expect(statuses).toEqual([...Array.from({ length: LIMIT }, () => 401), 429, 429, 429, 429, 429]);
  });

  it('is refused before its key is looked at and before its body is read', async () => {
    const address = newAddress();
    await exhaust(as(address));
    const verify = jest.spyOn(service.app.get(ApiKeysService), 'verify');
    const { key } = await makeKey();
    verify.mockClear();
    expect((await as(address)('/api/documents', { key })).status).toBe(429);
    expect(verify).not.toHaveBeenCalled();
    verify.mockRestore();

    const answer = await sendRaw(
      service.url,
      `POST /api/documents HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: ${address}\r\n` +
        'Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 1000000000\r\n\r\n--b\r\n',
    );
    expect(answer.status).toBe(429);
    expect(answer.headers['connection']).toBe('close');
  });

  it('asks a preflight without being counted', async () => {
    const fetch = as(newAddress());
    const headers = { Origin: 'https://elsewhere.example', 'Access-Control-Request-Method': 'GET' };
    for (let index = 0; index < LIMIT + 5; index += 1) {
      expect((await fetch('/api/documents', { method: 'OPTIONS', headers })).status).toBe(204);
    }
    expect((await fetch('/nowhere')).headers.get('ratelimit')).toContain(`r=${LIMIT - 1};`);
  });

  it('is counted once for each request that can hardly be read', async () => {
    const address = newAddress();
    const statuses: number[] = [];
    for (let index = 0; index < LIMIT + 1; index += 1) {
      const head = `GET ftp://x/ HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: ${address}\r\nConnection: close\r\n\r\n`;
      statuses.push((await sendRaw(service.url, head)).status);
    }
    expect([statuses[0], statuses.at(-2), statuses.at(-1)]).toEqual([400, 400, 429]);
  });
});

describe('a key', () => {
  it('of the first start has no limit', async () => {
    const fetch = as(newAddress());
    const { key } = service;
    for (let index = 0; index < LIMIT * 3; index += 1) {
      expect((await fetch('/api/documents', { key })).status).toBe(200);
    }
    const { body } = await service.json('/api/admin/keys?limit=100');
    expect(body.items.at(-1)).toMatchObject({ name: 'first start', rateLimitPerMinute: 'none' });
  });

  it('that is told nothing has the limit of its address', async () => {
    const { key, rateLimitPerMinute } = await makeKey();
    expect(rateLimitPerMinute).toBeNull();
    const address = newAddress();
    await exhaust(as(address));
    expect((await as(address)('/api/documents', { key })).status).toBe(429);
    expect((await as(newAddress())('/api/documents', { key })).status).toBe(200);
  });

  it('with a limit of its own has it wherever it is used from', async () => {
    const { key } = await makeKey({ rateLimitPerMinute: 30 });
    const statuses: number[] = [];
    for (let index = 0; index < 40; index += 1) {
      statuses.push((await as(newAddress())('/api/documents', { key })).status);
    }
    expect(statuses.filter((status) => status === 200)).toHaveLength(30);
    expect(statuses.slice(0, 30).every((status) => status === 200)).toBe(true);
    expect(statuses.slice(30).every((status) => status === 429)).toBe(true);
    const policy = (await as(newAddress())('/api/documents', { key })).headers.get('ratelimit-policy');
    expect(policy).toBe('"default";q=30;w=60');
  });

  it('without a limit is not counted, and its address is left to others', async () => {
    const { key } = await makeKey({ rateLimitPerMinute: 'none' });
    const fetch = as(newAddress());
    for (let index = 0; index < LIMIT * 2; index += 1) {
      const answer = await fetch('/api/documents', { key });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('ratelimit')).toBeNull();
    }
    expect((await fetch('/nowhere')).headers.get('ratelimit')).toContain(`r=${LIMIT - 1};`);
  });

  it('with a limit of its own loses nothing to a flood without a key from the same address', async () => {
    const { key } = await makeKey({ rateLimitPerMinute: 30 });
    const flood = as(newAddress());
    await exhaust(flood);
    // Nobody has used this key yet: it is looked up before its address decides.
    const answer = await flood('/api/documents', { key });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('ratelimit-policy')).toBe('"default";q=30;w=60');
    expect((await flood('/api/documents')).status).toBe(429);
  });

  it('that is revoked falls back to its address', async () => {
    const { id, key } = await makeKey({ rateLimitPerMinute: 'none' });
    const fetch = as(newAddress());
    expect((await fetch('/api/documents', { key })).status).toBe(200);
    expect((await service.fetch(`/api/admin/keys/${id}`, { method: 'DELETE' })).status).toBe(204);
    const statuses: number[] = [];
    for (let index = 0; index <= LIMIT; index += 1) statuses.push((await fetch('/api/documents', { key })).status);
    expect([statuses[0], statuses.at(-1)]).toEqual([401, 429]);
  });

  it('of the right id with a wrong secret has no part in the key’s bucket', async () => {
    const { key } = await makeKey({ rateLimitPerMinute: 'none' });
    const fetch = as(newAddress());
    expect((await fetch('/api/documents', { key })).status).toBe(200);
    const forged = `${key.slice(0, 16)}${'x'.repeat(43)}`;
    const statuses: number[] = [];
    for (let index = 0; index <= LIMIT; index += 1)
      statuses.push((await fetch('/api/documents', { key: forged })).status);
    expect([statuses[0], statuses.at(-1)]).toEqual([401, 429]);
  });

  it.each([0, -1, 1.5, 2_000_000_000, 'unlimited', true])('is not made with the limit %j', async (limit) => {
    const { status, body } = await service.json('/api/admin/keys', {
      name: 'n',
      scopes: ['read'],
      rateLimitPerMinute: limit,
    });
    expect([status, body.detail]).toEqual([400, expect.stringContaining('rateLimitPerMinute')]);
  });
});

it('a request that was refused carries what every answer carries, and is counted and logged once', async () => {
  const log = recordLog();
  try {
    const counted = async (): Promise<number> => {
      const text = await (await service.fetch('/metrics', { key: null })).text();
      return Number(
        /^http_requests_total\{method="GET",path="\/api\/documents\/:id",status="429"\} (\d+)$/m.exec(text)?.[1] ?? 0,
      );
    };
    const before = await counted();
    const fetch = as(newAddress());
    await exhaust(fetch);
    const requestId = `limited-${randomUUID()}`;
    const path = '/api/documents/5a3c0d4e-6f0b-4b8c-9d53-0f3f6c9f0b11';
    const answer = await fetch(path, { headers: { 'X-Request-ID': requestId } });
    await answer.text();
    expect([answer.status, answer.headers.get('x-request-id')]).toEqual([429, requestId]);
    expect(answer.headers.get('strict-transport-security')).toMatch(/^max-age=\d{8}/);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    const lines = (): string[] => log.lines.filter((line) => line.includes(requestId) && line.includes('} "request"'));
    await eventually(() => lines().length > 0);
    expect(lines()).toEqual([expect.stringMatching(/"route":"\/api\/documents\/:id","status":429/)]);
    expect(await counted()).toBe(before + 1);
  } finally {
    log.stop();
  }
});

// Several processes share one Redis: servers alone have one.
const forServers = onServer ? describe : undefined;

forServers?.('three processes', () => {
  it('let exactly 100 of 150 requests of one client through within a minute', async () => {
    const servers = await openTestServers();
    const folder = await mkdtemp(join(tmpdir(), 'vectorlane-replicas-'));
    const embeddings = await StandInEmbeddings.start();
    const running: ServiceProcess[] = [];
    try {
      for (const name of ['a', 'b', 'c']) {
        running.push(
          await ServiceProcess.start({
            ...servers.settings,
            ROLE: 'api',
            DATA_DIR: join(folder, name),
            BOOTSTRAP_API_KEY: `vl_${'Ab1'.repeat(4)}_${'x'.repeat(43)}`,
            ...embeddings.settings,
            RATE_LIMIT_PER_MINUTE: '100',
            // That Redis counts is what this is about, and a busy machine is no reason to go on without it.
            RATE_LIMIT_REDIS_TIMEOUT_MS: '5000',
          }),
        );
      }
      const statuses = await Promise.all(
        Array.from({ length: 150 }, async (_, index) => {
          const answer = await fetch(`${running[index % 3]?.url}/nowhere`, { signal: AbortSignal.timeout(30_000) });
          await answer.text();
          return answer.status;
        }),
      );
      const got = (status: number): number => statuses.filter((one) => one === status).length;
      expect({ passed: got(404), refused: got(429) }).toEqual({ passed: 100, refused: 50 });
    } finally {
      for (const service of running) await service.stop('SIGKILL');
      await embeddings.close();
      await servers.close();
      await rm(folder, { recursive: true, force: true });
    }
  }, 120_000);
});

it('what was refused is counted as a metric', async () => {
  const refused = async (): Promise<number> => {
    const text = await (await service.fetch('/metrics', { key: null })).text();
    return Number(/^http_requests_rate_limited_total (\d+)$/m.exec(text)?.[1]);
  };
  const before = await refused();
  const fetch = as(newAddress());
  await exhaust(fetch);
  for (let index = 0; index < 3; index += 1) await fetch('/nowhere');
  expect((await refused()) - before).toBe(3);
});
