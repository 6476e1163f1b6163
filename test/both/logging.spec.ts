import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client } from 'pg';
import { operationsSection } from '../support/operations-page';
import { repeatedKeys } from '../support/json-keys';
import { sendRaw } from '../support/raw-http';
import { newDataFolder } from '../support/data-folder';
import { ServiceProcess } from '../support/service-process';
import { StandInEmbeddings } from '../support/stand-in-embeddings';
import { eventually } from '../support/eventually';
import { openTestServers, type TestServers } from '../support/test-servers';

/**
 * The real process with everything it could log, and secrets planted wherever a caller or an operator could put one.
 */
const secret = (where: string): string => `planted${where}${randomUUID().replaceAll('-', '')}`;
const KEY = `vl_${'Ab1'.repeat(4)}_${secret('K').padEnd(43, 'x').slice(0, 43)}`;
const planted: string[] = [KEY.slice(16)];
const plant = (where: string): string => {
  const text = secret(where);
  planted.push(text);
  return text;
};

let servers: TestServers;
let dataDir: string;
let webhook: Server;
let service: ServiceProcess;
let embeddings: StandInEmbeddings;

beforeAll(async () => {
  servers = await openTestServers();
  dataDir = await newDataFolder('logging', { weights: false });
  embeddings = await StandInEmbeddings.start();
  webhook = createServer((_request, response) => void response.writeHead(500).end()).listen(0, '127.0.0.1');
  await once(webhook, 'listening');
  const webhookUrl = `http://user:${plant('WebhookPassword')}@127.0.0.1:${(webhook.address() as AddressInfo).port}`;
  service = await ServiceProcess.start({
    NODE_ENV: 'production',
    LOG_LEVEL: 'trace',
    DATA_DIR: dataDir,
    BOOTSTRAP_API_KEY: KEY,
    METRICS_TOKEN: plant('MetricsToken'),
    ALERT_WEBHOOK_URL: `${webhookUrl}/hooks/${plant('WebhookPath')}?token=${plant('WebhookQuery')}`,
    ALERT_THRESHOLD: '1',
    INGESTION_BACKOFF_MS: '10',
    SHUTDOWN_DRAIN_DELAY_MS: '0',
    ...embeddings.settings,
    ...servers.settings,
  });
}, 120_000);
afterAll(async () => {
  await service?.stop('SIGKILL');
  webhook?.closeAllConnections();
  webhook?.close();
  await embeddings?.close();
  await servers?.close();
  await rm(dataDir, { recursive: true, force: true });
}, 60_000);

interface LogLine {
  msg: string;
  requestId?: string;
  err?: { stack?: string };
  [field: string]: unknown;
}
const lines = (): LogLine[] =>
  service.output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as LogLine);

const call = async (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${service.url}${path}`, {
    signal: AbortSignal.timeout(30_000),
    ...init,
    headers: { 'X-API-Key': KEY, ...(init.headers as Record<string, string>) },
  });
const json = (path: string, body: string, headers: Record<string, string> = {}): Promise<Response> =>
  call(path, { method: 'POST', body, headers: { 'Content-Type': 'application/json', ...headers } });
const upload = (filename: string, content: string | Uint8Array<ArrayBuffer>, metadata = '{}'): Promise<Response> => {
  const form = new FormData();
  form.set('metadata', metadata);
  form.set('file', new Blob([content]), filename);
  return call('/api/documents', { method: 'POST', body: form });
};

const settled = async (response: Response): Promise<string> => {
  const { id } = (await response.json()) as { id: string };
  let status = '';
  await eventually(async () => {
    ({ status } = (await (await call(`/api/documents/${id}`)).json()) as { status: string });
    return status === 'completed' || status === 'failed';
  }, 60_000);
  return status;
};

it('does what it is asked, and refuses what it has to, with secrets everywhere', async () => {
  const statuses = [
    await call(`/nowhere/${plant('Path')}?key=${plant('Query')}`),
    await call(`/api/documents/${plant('Id')}?token=${plant('Token')}`),
    await call(`/api/documents?cursor=${plant('Cursor')}`),
    await call(`/api/documents/${plant('Undecodable')}%ff`),
    await call('/api/documents', {
      headers: {
        Cookie: `session=${plant('Cookie')}`,
        'User-Agent': plant('Agent'),
        Referer: `http://x/${plant('Referer')}`,
      },
    }),
    await call('/api/documents', {
      headers: { 'X-API-Key': `vl_${'Q'.repeat(12)}_${plant('WrongKey').padEnd(43, 'x').slice(0, 43)}` },
    }),
    await call('/api/documents', { headers: { 'X-API-Key': plant('NoKey') } }),
    await call('/metrics', { headers: { Authorization: `Bearer ${plant('WrongMetricsToken')}` } }),
    await call('/live', {
      headers: { 'X-Request-ID': `{${plant('RequestId')}}`, 'X-Forwarded-For': plant('Forwarded') },
    }),
    await json('/api/search', `{"query":"${plant('Search')}"}`),
    await json('/api/search', `{"query":"${plant('Malformed')}`),
    await json('/api/search', `{"${plant('Field')}":1,"query":"x","mode":"${plant('Mode')}"}`),
    await json('/api/search', `"${plant('Large')}${'x'.repeat(1_100_000)}"`),
    await json(
      '/api/documents/text',
      JSON.stringify({ text: `${plant('Text')} `, metadata: { a: plant('Metadata') } }),
    ),
    await json('/api/documents/text', '{}', { 'Content-Encoding': plant('Encoding') }),
    await upload(`${plant('Filename')}.exe`, plant('Unsupported')),
    await upload('a.txt', plant('BadMetadata'), `{"${plant('MetadataField')}`),
    await json('/api/admin/keys', JSON.stringify({ name: plant('KeyName'), scopes: ['read', 'write'] })),
    await json('/api/admin/keys', JSON.stringify({ name: 'n', scopes: [plant('Scope')] })),
  ].map((response) => response.status);
  expect(statuses.every((status) => status < 500)).toBe(true);
  const made = await json('/api/admin/keys', JSON.stringify({ name: 'n', scopes: ['read'], rateLimitPerMinute: 9 }));
  planted.push(((await made.json()) as { key: string }).key.slice(16));

  expect(
    await settled(await upload(`${plant('GoodName')}.md`, `# ${plant('Heading')}\n\n${plant('Body')} is a text.`)),
  ).toBe('completed');
  expect(await settled(await upload('broken.json', `{"a": "${plant('Corrupt')}`))).toBe('failed');

  for (const bytes of [
    `${plant('Garbage')}\r\n\r\n`,
    `GET /live HTTP/1.1\r\n${plant('BadHeader')}\r\n\r\n`,
    `GET http://[${plant('Target')}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    `GET /${plant('Raw')} HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
    `POST /api/search HTTP/1.1\r\nHost: x\r\nX-API-Key: ${KEY}\r\nContent-Type: application/json\r\n` +
      `Transfer-Encoding: chunked\r\n\r\n5\r\n{"que\r\n${plant('BadChunk')}\r\n`,
  ]) {
    expect((await sendRaw(service.url, bytes)).status).toBeGreaterThanOrEqual(400);
  }
}, 120_000);

const databaseUrl = (): string | undefined => servers.settings['DATABASE_URL'];

it('tells a fault of its own with its stack in the log and its id in the answer, nothing more', async () => {
  const url = databaseUrl();
  if (url === undefined) return; // the database inside has no second connection to break it by
  const client = new Client({ connectionString: url });
  await client.connect();
  const requestId = `fault-${randomUUID()}`;
  try {
    await client.query(`ALTER TABLE documents ADD CONSTRAINT planted CHECK (filename NOT LIKE 'planted%') NOT VALID`);
    const form = new FormData();
    form.set('metadata', JSON.stringify({ a: plant('DatabaseMetadata') }));
    form.set('file', new Blob([plant('DatabaseText')]), `${plant('DatabaseFilename')}.txt`);
    const answer = await call('/api/documents', { method: 'POST', body: form, headers: { 'X-Request-ID': requestId } });
    expect(answer.status).toBe(500);
    expect(await answer.json()).toEqual({
      type: 'urn:vectorlane:problem:internal-error',
      title: 'Something went wrong on our side',
      status: 500,
      detail: 'Something went wrong on our side. Quote the requestId when you report it.',
      code: 'INTERNAL_ERROR',
      requestId,
    });
  } finally {
    await client.query('ALTER TABLE documents DROP CONSTRAINT IF EXISTS planted');
    await client.end();
  }
  await eventually(() => lines().some((line) => line.requestId === requestId && line.msg === 'request'));
  const fault = lines().find((line) => line.requestId === requestId && line.err !== undefined);
  expect(fault?.err?.stack).toMatch(/violates check constraint[^]*\n +at .+\(.*uploads\.repository/);
  await eventually(() => lines().some((line) => String(line['context']).startsWith('Alert')));
}, 60_000);

it('writes one line a request, with its method, template, status, duration, bytes and ids', () => {
  const requests = lines().filter(({ msg }) => msg === 'request');
  const ids = requests.map(({ requestId }) => requestId);
  expect(requests.length).toBeGreaterThan(25);
  expect(new Set(ids).size).toBe(ids.length);
  for (const line of requests) {
    expect(line).toMatchObject({
      level: expect.any(String),
      time: expect.any(String),
      requestId: expect.any(String),
      method: expect.any(String),
      route: expect.stringMatching(/^(unmatched|\/[a-z/:*.-]*)$/),
      status: expect.any(Number),
      durationMs: expect.any(Number),
      bytesSent: expect.any(Number),
    });
    expect(Object.keys(line).toSorted()).toEqual(
      [
        ...[
          'bytesSent',
          'context',
          'durationMs',
          'level',
          'method',
          'msg',
          'requestId',
          'route',
          'service',
          'status',
          'time',
        ],
        ...('keyId' in line ? ['keyId'] : []),
        ...('aborted' in line ? ['aborted'] : []),
      ].toSorted(),
    );
  }
  expect(requests.filter((line) => line['keyId'] === 'Ab1Ab1Ab1Ab1').length).toBeGreaterThan(10);
});

it('holds no key twice in any line, `requestId` least of all', () => {
  expect(repeatedKeys('{"a":1,"b":{"a":":\\"a\\""},"c":[{"a":1},{"a":2}],"a":2}')).toEqual(['a']);
  const texts = service.output.split('\n').filter((line) => line.startsWith('{'));
  expect(texts.length).toBeGreaterThan(50);
  expect(texts.map((line) => repeatedKeys(line)).filter((repeated) => repeated.length > 0)).toEqual([]);
});

it('has no field that docs/operations.md does not explain', () => {
  const { names } = operationsSection('Logs');
  const fields = new Set(lines().flatMap((line) => Object.keys(line)));
  expect(fields.size).toBeGreaterThan(20);
  expect([...fields].filter((field) => !names.has(field))).toEqual([]);
});

it('shows none of the secrets, in no line, from its start to its end', async () => {
  expect((await service.stop('SIGTERM')).code).toBe(0);
  const credentials = Object.values(servers.settings)
    .map((value) => new URL(value).password)
    .filter((password) => password !== '');
  const shown = [...planted, ...credentials].filter((text) => service.output.includes(text.slice(0, 40)));
  expect(shown).toEqual([]);
  expect(planted.length).toBeGreaterThan(40);
}, 90_000);

it('writes its lines in the order in which things happened, to the last one', () => {
  const times = [...service.output.matchAll(/^\{"level":"[a-z]+","time":"([^"]+)"/gm)].map(([, time]) => time);
  expect(times.length).toBeGreaterThan(100);
  expect(times).toEqual([...times].sort());
});
