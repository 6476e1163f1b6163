// Whether the service of one process keeps its memory and its speed: requests at a steady rate from 100,000 addresses
// for paths that nobody has, for documents and searches, while every document is replaced by another content. What
// each minute shows is compared with the first.
import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { startFreeEmbedder } from '../support/free-embedder.mjs';
import { spreadOf } from '../support/harness.mjs';
import { memoryOf } from '../support/processes.mjs';
import { inParallel, quantile, startService } from '../support/service.mjs';
import { textOf } from '../support/texts.mjs';

const GOAL = 1.1;
const ADDRESSES = 100_000;
const WORDS = 120;
const PER_SECOND = 100;
const FULL = { documents: 2_000, minuteMs: 60_000 };
const QUICK = { documents: 20, minuteMs: 1_000, minutes: 2 };
/** How often memory is looked at. */
const LOOK_MS = 1_000;

/** Of a thousand requests so many may be answered that something is away for a moment. */
const REFUSED_OF_A_THOUSAND = 1;
/** How often and after how long a document that was refused so is sent again. */
const AGAIN = { times: 60, afterMs: 1_000 };

/** @typedef {{ residentBytes: number, p99Ms: number, requests: number, refused: number, replaced: number }} Minute */

/**
 * @param {{ quick: boolean, minutes: number }} options
 * @returns {Promise<Partial<import('../support/harness.mjs').Result>>}
 */
export async function run({ quick, minutes: wanted }) {
  const { documents, minuteMs, minutes } = quick ? QUICK : { ...FULL, minutes: wanted };
  if (!(minutes >= 2)) throw new Error('A soak takes two minutes at least: the first is what the others are held to.');
  const embedder = await startFreeEmbedder();
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const service = await startService({ ...embedder.settings, TRUST_PROXY: '1', RATE_LIMIT_PER_MINUTE: '100' });
  try {
    const client = new Client(service, agent);
    const numbers = Array.from({ length: documents }, (_, number) => number);
    /** @type {string[]} */
    const ids = [];
    await inParallel(numbers, 8, async (number) => {
      ids[number] = (await client.store(number, 0)).id;
    });
    await untilIdle(client);
    // As every minute after it, the first one begins with all that is loaded and compiled at the first use.
    await aMinute(client, { ids, minuteMs: Math.min(minuteMs, 10_000), revision: 1, from: 0, count: 0 });
    /** @type {Minute[]} */
    const found = [];
    const share = Math.ceil(documents / minutes);
    for (let minute = 0; minute < minutes; minute += 1) {
      const count = Math.min(share, documents - minute * share);
      found.push(await aMinute(client, { ids, minuteMs, revision: 1, from: minute * share, count }));
      if (!quick) tell(minute, found[minute]);
    }
    await untilIdle(client);
    await allReplaced(client, ids);
    const [requests, refused] = [sumOf(found.map((one) => one.requests)), sumOf(found.map((one) => one.refused))];
    if (refused * 1_000 > requests * REFUSED_OF_A_THOUSAND) {
      throw new Error(`${refused} of ${requests} requests were answered 503.`);
    }
    const [first, ...later] = found;
    const last = later.slice(-Math.max(1, Math.ceil(later.length / 3)));
    return {
      title: 'A soak',
      about:
        `${minutes} minutes of the whole service in one process, vectors from an endpoint: ${PER_SECOND} requests a second ` +
        `from ${ADDRESSES.toLocaleString('en')} addresses, half of them for paths that there are not, the others for ` +
        `documents, probes and words, while ${documents.toLocaleString('en')} documents are replaced. The last third of ` +
        `the minutes as multiples of the first, in which p99 was ${first.p99Ms.toFixed(1)} ms and ` +
        `${Math.round(first.residentBytes / 2 ** 20)} MB were resident at most.`,
      bounds: [
        { case: 'memory', unit: '× first minute', ours: spreadOf(last.map((one) => one.residentBytes / first.residentBytes)), goal: GOAL }, // prettier-ignore
        { case: 'p99', unit: '× first minute', ours: spreadOf(last.map((one) => one.p99Ms / first.p99Ms)), goal: GOAL },
      ],
    };
  } finally {
    agent.destroy();
    await service.stop();
    await embedder.stop();
  }
}

/** @param {number} minute @param {Minute} found */
function tell(minute, { residentBytes, p99Ms, requests, replaced }) {
  process.stderr.write(
    `minute ${minute + 1}: ${requests} requests, p99 ${p99Ms.toFixed(1)} ms, ${replaced} documents replaced, ` +
      `${Math.round(residentBytes / 2 ** 20)} MB\n`,
  );
}

/** @param {number[]} numbers */
const sumOf = (numbers) => numbers.reduce((sum, number) => sum + number, 0);

class Client {
  /** @param {import('../support/service.mjs').Service} service @param {Agent} agent */
  constructor(service, agent) {
    this.service = service;
    this.agent = agent;
  }

  /**
   * @param {string} path @param {object} [body]
   * @returns {Promise<{ status: number, text: string, ms: number }>} under the address of somebody
   */
  ask(path, body) {
    const { url, key } = this.service;
    const at = Math.floor(Math.random() * ADDRESSES);
    const text = body && JSON.stringify(body);
    const headers = {
      'X-API-Key': key,
      'X-Forwarded-For': `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`,
      ...(text && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }),
    };
    const startedAt = performance.now();
    return new Promise((resolve, reject) => {
      const sending = request(`${url}${path}`, { method: text ? 'POST' : 'GET', headers, agent: this.agent });
      sending.once('error', reject);
      sending.once('response', (response) => {
        let told = '';
        response.setEncoding('utf8').on('data', (part) => (told += part));
        response.once('error', reject);
        response.once('end', () =>
          resolve({ status: response.statusCode ?? 0, text: told, ms: performance.now() - startedAt }),
        );
      });
      sending.end(text);
    });
  }

  /** @param {string} path @param {object} [body] @returns {Promise<any>} */
  async told(path, body) {
    let { status, text } = await this.ask(path, body);
    for (let tries = 1; status === 503 && tries < AGAIN.times; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, AGAIN.afterMs));
      ({ status, text } = await this.ask(path, body));
    }
    if (status >= 300) throw new Error(`${path} was answered ${status}: ${text}`);
    return JSON.parse(text);
  }

  /** @param {number} number @param {number} revision */
  store(number, revision) {
    return this.told('/api/documents/text', {
      text: textOf(number + revision * 1e6, WORDS),
      filename: `${number}.txt`,
      externalId: String(number),
    });
  }
}

/** @param {Client} client */
async function untilIdle(client) {
  for (;;) {
    const { items } = await client.told('/api/documents?status=pending,processing&limit=1');
    if (items.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/**
 * @param {Client} client
 * @param {{ ids: string[], minuteMs: number, revision: number, from: number, count: number }} work
 * @returns {Promise<Minute>}
 */
async function aMinute(client, { ids, minuteMs, revision, from, count }) {
  /** @type {number[]} */
  const times = [];
  const pending = new Set();
  let [residentBytes, replaced, refused] = [0, 0, 0];
  /** @type {Error | undefined} */
  let fault;
  /** @param {Promise<unknown>} work */
  const track = (work) => {
    pending.add(work);
    work.catch((/** @type {Error} */ error) => (fault ??= error)).finally(() => pending.delete(work));
  };
  const startedAt = performance.now();
  let [sent, nextLook] = [0, 0];
  for (let passed = 0; passed < minuteMs; passed = performance.now() - startedAt) {
    if (fault !== undefined) throw fault;
    // What is late is sent all the same: an answer that takes long makes nobody ask less.
    for (; sent < (passed / 1_000) * PER_SECOND; sent += 1) {
      const answered = one(client, ids).then(({ ms, status }) => {
        times.push(ms);
        if (status === 503) refused += 1;
      });
      track(answered);
    }
    for (; replaced < (passed / minuteMs) * count; replaced += 1) track(client.store(from + replaced, revision));
    if (passed >= nextLook) {
      residentBytes = Math.max(residentBytes, memoryOf(client.service.pid).resident);
      nextLook += LOOK_MS;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  for (; replaced < count; replaced += 1) track(client.store(from + replaced, revision));
  await Promise.all(pending);
  if (fault !== undefined) throw fault;
  return { residentBytes, p99Ms: quantile(times, 0.99), requests: times.length, refused, replaced };
}

/** One request of the mix. @param {Client} client @param {string[]} ids */
async function one(client, ids) {
  const dice = Math.random();
  const name = Math.random().toString(36).slice(2);
  /** @type {[path: string, body: object | undefined, status: number]} */
  const [path, body, expected] =
    dice < 0.25
      ? [`/${name}/${name}`, undefined, 404]
      : dice < 0.5
        ? [`/api/${name}`, undefined, 404]
        : dice < 0.75
          ? [`/api/documents/${ids[Math.floor(Math.random() * ids.length)]}`, undefined, 200]
          : dice < 0.9
            ? ['/health', undefined, 200]
            : ['/api/search', { query: `winter bridge ${name}`, mode: 'keyword' }, 200];
  const { status, ms, text } = await client.ask(path, body);
  if (status !== expected && status !== 503) throw new Error(`${path} was answered ${status}: ${text}`);
  return { status, ms };
}

/** That there are as many as before, each with its second content. @param {Client} client @param {string[]} ids */
async function allReplaced(client, ids) {
  const { documents } = (await client.told('/api/collections')).items[0];
  assert.equal(documents, ids.length);
  for (const [number, id] of ids.entries()) {
    const { status, revision } = await client.told(`/api/documents/${id}`);
    assert.deepEqual({ status, revision }, { status: 'completed', revision: 2 }, `document ${number}`);
  }
}
