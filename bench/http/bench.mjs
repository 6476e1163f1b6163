// What a request costs at the edge: ours, Fastify with its official plugins and a stock Nest stack give the same
// answers to the same requests, with the same checks before them and the same line and counts behind them.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installLocked } from '../../scripts/bootstrap/locked-packages.mjs';
import { ROOT } from '../../scripts/bootstrap.mjs';
import { startContender } from '../support/contender.mjs';
import { compared } from '../support/harness.mjs';
import { DOCUMENT, DOCUMENT_ID, HITS, KEY, KEY_ID, ORIGIN, QUESTION } from './fixtures.mjs';

/** @typedef {import('../support/contender.mjs').Contender} Contender */
/** @typedef {{ name: string, server: Contender, log: string }} Peer */

const FASTIFY = 'Fastify';
const NEST = 'stock Nest';
/** Behind one proxy, as it is with any service of some size: so many come to within a minute. */
const CLIENTS = 1_000;
const CONNECTIONS = 16;
const GOALS = { [FASTIFY]: 0.9, [NEST]: 0.2 };

/** @type {{ name: string, method: string, path: string, body?: object, answer: object, isLogged: boolean }[]} */
const CASES = [
  {
    name: 'POST /api/search',
    method: 'POST',
    path: '/api/search',
    body: QUESTION,
    answer: { results: HITS },
    isLogged: true,
  },
  {
    name: 'GET /api/documents/:id',
    method: 'GET',
    path: `/api/documents/${DOCUMENT_ID}`,
    answer: DOCUMENT,
    isLogged: false,
  },
  { name: 'GET /health', method: 'GET', path: '/health', answer: { status: 'ok' }, isLogged: false },
];

const FULL = { units: 1_600, rounds: 7, warmUp: 6_000 };
const QUICK = { units: 50, rounds: 1, warmUp: 0 };

/**
 * @param {{ quick: boolean, size?: typeof FULL }} options
 * @returns {Promise<Partial<import('../support/harness.mjs').Result>>}
 */
export async function run({ quick, size = quick ? QUICK : FULL }) {
  const packages = await installLocked('bench/peers', 'bench-peers');
  const folder = mkdtempSync(join(tmpdir(), 'vectorlane-bench-'));
  const load = fork(join(ROOT, 'bench/support/load.mjs'));
  /** @type {Peer[]} */
  const peers = [];
  try {
    for (const [name, script] of Object.entries({ ours: 'ours', [FASTIFY]: 'fastify', [NEST]: 'nest' })) {
      const log = join(folder, `${script}.log`);
      const server = await startContender(join(ROOT, `bench/http/${script}.mjs`), { log, args: [packages] });
      peers.push({ name, server, log });
    }
    for (const peer of peers) await verify(peer);
    const comparisons = [];
    for (const { name, method, path, body } of CASES) {
      const message = messageOf(method, path, body);
      const sides = peers.map((peer) => ({
        name: peer.name,
        cpuMicros: () => peer.server.cpuMicros(),
        work: (/** @type {number} */ count) => sent(load, { port: peer.server.port, message, count }),
      }));
      comparisons.push(...(await compared({ case: name, unit: 'request', goals: GOALS }, sides, size)));
    }
    return {
      title: 'A request at the edge',
      about:
        'The whole pipeline of `apps/api` and its controllers, in front of a database and a search that answer with ' +
        'constants, beside Fastify with its official plugins (helmet, cors, rate-limit), prom-client, pino and zod, and ' +
        'a stock Nest stack (helmet, CORS, `@nestjs/throttler`, nestjs-pino, prom-client, class-validator). Same ' +
        'answers byte for byte, same headers of helmet and CORS, key checked, limited by client, counted and timed; a ' +
        `line logged for the search alone. ${CLIENTS.toLocaleString('en')} clients behind a proxy, ${CONNECTIONS} ` +
        'connections; the sender’s CPU is not counted.',
      comparisons,
    };
  } finally {
    load.kill();
    await Promise.all(peers.map(({ server }) => server.stop()));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} method @param {string} path @param {object} [body] */
function messageOf(method, path, body) {
  const text = body === undefined ? '' : JSON.stringify(body);
  const head = [
    `${method} ${path} HTTP/1.1`,
    'Host: localhost',
    `X-API-Key: ${KEY}`,
    ...(text === '' ? [] : ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(text)}`]),
  ];
  return `${head.join('\r\n')}\r\n\r\n${text}`;
}

/**
 * @param {import('node:child_process').ChildProcess} load
 * @param {{ port: number, message: string, count: number }} order
 */
async function sent(load, order) {
  const answered = once(load, 'message');
  load.send({ ...order, connections: CONNECTIONS, clients: CLIENTS });
  const [{ wrong, error }] = await answered;
  if (wrong > 0) throw new Error(`${wrong} of ${order.count} requests were not answered 200. ${error ?? ''}`);
}

/** Headers that each answer has, whatever their values. */
const HEADERS = [
  ...['content-security-policy', 'cross-origin-opener-policy', 'cross-origin-resource-policy', 'origin-agent-cluster'],
  ...['referrer-policy', 'strict-transport-security', 'x-content-type-options', 'x-dns-prefetch-control'],
  ...['x-download-options', 'x-frame-options', 'x-permitted-cross-domain-policies', 'x-xss-protection'],
  ...['x-request-id', 'cache-control', 'content-type', 'content-length', 'date', 'connection', 'vary'],
];
const SAME = ['content-security-policy', 'strict-transport-security', 'cache-control', 'content-type'];
const EXPECTED = [
  "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
  'max-age=31536000; includeSubDomains',
  'no-store',
  'application/json; charset=utf-8',
];

/**
 * That it does all of the work, before any of it is timed.
 * @param {Peer} peer
 */
async function verify({ name, server, log }) {
  const base = `http://127.0.0.1:${server.port}`;
  const JSON_TYPE = { 'Content-Type': 'application/json' };
  for (const { method, path, body, answer, isLogged } of CASES) {
    const where = `${name}, ${method} ${path}`;
    const id = `verify-${CASES.findIndex((one) => one.path === path)}`;
    const ask = () =>
      fetch(`${base}${path}`, {
        method,
        headers: { 'X-API-Key': KEY, 'X-Request-ID': id, ...(body && JSON_TYPE) },
        ...(body && { body: JSON.stringify(body) }),
      });
    const response = await ask();
    assert.equal(response.status, 200, where);
    const missing = HEADERS.filter((header) => !response.headers.has(header));
    assert.deepEqual(missing, [], `${where}: headers`);
    assert.deepEqual(
      SAME.map((header) => response.headers.get(header)),
      EXPECTED,
      where,
    );
    assert.equal(response.headers.get('x-request-id'), id, where);
    const { tookMs, ...told } = /** @type {{ tookMs?: number }} */ (await response.json());
    assert.equal(JSON.stringify(told), JSON.stringify(answer), where);
    assert.equal(typeof tookMs, body === undefined ? 'undefined' : 'number', where);
    const again = await ask();
    await again.text();
    const left = [response, again].map(({ headers }) => remaining(headers));
    assert.equal(left[1], path === '/health' ? undefined : Number(left[0]) - 1, `${where}: limited`);
    const lines = await eventually(
      () => linesOf(log).filter((line) => JSON.stringify(line).includes(`"${id}"`)),
      (found) => found.length >= (isLogged ? 2 : 0),
    );
    assert.equal(lines.length, isLogged ? 2 : 0, `${where}: lines`);
    for (const line of lines) {
      assert.equal(line.keyId, KEY_ID, where);
      assert.equal(line.status ?? line.res.statusCode, 200, where);
      assert.equal(typeof (line.durationMs ?? line.responseTime), 'number', where);
    }
  }
  const [unknown, wrong, bad, preflight] = await Promise.all([
    fetch(`${base}/api/documents/${DOCUMENT_ID}`),
    fetch(`${base}/api/documents/${DOCUMENT_ID}`, { headers: { 'X-API-Key': `${KEY.slice(0, -1)}A` } }),
    fetch(`${base}/api/search`, {
      method: 'POST',
      headers: { 'X-API-Key': KEY, ...JSON_TYPE },
      body: JSON.stringify({ query: '', more: 1 }),
    }),
    fetch(`${base}/api/search`, {
      method: 'OPTIONS',
      headers: { Origin: ORIGIN, 'Access-Control-Request-Method': 'POST' },
    }),
  ]);
  assert.deepEqual(
    [unknown, wrong, bad, preflight].map(({ status }) => status),
    [401, 401, 400, 204],
    name,
  );
  assert.equal(preflight.headers.get('access-control-allow-origin'), ORIGIN, name);
  const metrics = await (await fetch(`${base}/metrics`)).text();
  const counted = metrics.split('\n').find((line) => /^http_requests_total\{.*"\/api\/search".*"200"/.test(line));
  assert.equal(counted?.split(' ').at(-1), '2', `${name}: counted`);
  assert.match(metrics, /http_request_duration_seconds_bucket\{.*\/api\/search/, name);
}

/** @param {Headers} headers @returns {number | undefined} */
function remaining(headers) {
  const draft = /r=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1];
  const found = draft ?? headers.get('ratelimit-remaining') ?? headers.get('x-ratelimit-remaining');
  return found === null ? undefined : Number(found);
}

/** @param {string} file @returns {any[]} */
function linesOf(file) {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}

/**
 * A line may be written a moment after the answer.
 * @template T
 * @param {() => T} read
 * @param {(value: T) => boolean} holds
 */
async function eventually(read, holds) {
  const endsAt = Date.now() + 5_000;
  for (;;) {
    const value = read();
    if (holds(value) || Date.now() > endsAt) return value;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
