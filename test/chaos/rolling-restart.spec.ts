import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../support/free-port';
import { Haproxy } from '../support/haproxy';
import { percentile, RequestLoad } from '../support/request-load';
import { ServiceProcess } from '../support/service-process';
import { StandInEmbeddings } from '../support/stand-in-embeddings';
import type { Untyped } from '../support/test-app';
import { openTestServers, type TestServers } from '../support/test-servers';
import { sized } from '../support/sizes';

/**
 * Two API processes as in production, behind the stack's balancer with its second chances taken away, restarted in turn
 * under load. Whatever a drain drops is a failed request here.
 */

const RESTARTS = sized(2, 10); // each process once in every gate
/** In every gate enough to be in the way of each restart, and little enough to leave the machine to the rest. */
const MOST_PER_SECOND = sized(50, 300);
/** Fresh processes are slow: what they can do is measured behind a run that nobody counts. */
const WARM_UP_MS = 3_000;
const CAPACITY_MS = sized(2_000, 5_000);
/** Of each restart; on a quiet machine it is thousands. */
const LEAST_SERVED = 50;
const SEEDED_DOCUMENTS = 20;
const KEY = `vl_${'Ab1'.repeat(4)}_${'x'.repeat(43)}`;
const NAMES = ['backend', 'backend-2'] as const;

let embeddings: StandInEmbeddings;
let servers: TestServers;
let folder: string;
let ports: [number, number];
let haproxy: Haproxy;
const running: [ServiceProcess?, ServiceProcess?] = [];

const startBackend = async (index: 0 | 1): Promise<ServiceProcess> => {
  const service = await ServiceProcess.start({
    ...servers.settings,
    NODE_ENV: 'production', // and with it the drain delay of production
    ROLE: 'all',
    PORT: String(ports[index]),
    DATA_DIR: join(folder, NAMES[index]),
    TRUST_PROXY: '1',
    BOOTSTRAP_API_KEY: KEY,
    ...embeddings.settings,
  });
  running[index] = service;
  return service;
};

const eventually = async (what: string, look: () => Promise<boolean>, timeoutMs = 60_000): Promise<void> => {
  const deadline = performance.now() + timeoutMs;
  while (!(await look())) {
    if (performance.now() > deadline) throw new Error(`Not in time: ${what}`);
    await new Promise((wake) => setTimeout(wake, 50));
  }
};
const inRotation = (...names: string[]): Promise<void> =>
  eventually(`${names.join(' and ')} in rotation`, async () => {
    const states = await haproxy.states();
    return names.every((name) => states[name] === 'UP');
  });

const api = async (path: string, body?: object): Promise<Untyped> => {
  const response = await fetch(`${haproxy.url}${path}`, {
    headers: { 'X-API-Key': KEY, 'Content-Type': 'application/json' },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(20_000),
  });
  if (!response.ok) {
    const trouble = running.flatMap(troubleOf).slice(-10).join('\n');
    throw new Error(`${path}: ${response.status} ${await response.text()}\n${trouble}`);
  }
  return response.json();
};
const statusesOf = async (ids: readonly string[]): Promise<string[]> => {
  const statuses: string[] = [];
  for (const id of ids) statuses.push((await api(`/api/documents/${id}`)).status as string);
  return statuses;
};

beforeAll(async () => {
  embeddings = await StandInEmbeddings.start();
  servers = await openTestServers();
  folder = await mkdtemp(join(tmpdir(), 'vectorlane-rolling-'));
  ports = [await freePort(), await freePort()];
  haproxy = await Haproxy.start(ports);
  await startBackend(0); // the first makes the tables and takes the key
  await startBackend(1);
  await inRotation(...NAMES);
}, 120_000);
afterAll(async () => {
  for (const service of running) await service?.stop('SIGKILL');
  await haproxy?.stop();
  await servers?.close();
  await embeddings?.close();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

it(
  `${RESTARTS} restarts in turn under load drop no request`,
  async () => {
    const seeded: string[] = [];
    for (let index = 0; index < SEEDED_DOCUMENTS; index += 1) {
      const text = `Document ${index} tells of tides, harbours and lighthouse ${index}.`;
      seeded.push((await api('/api/documents/text', { text })).id as string);
    }
    const done = async (ids: readonly string[]): Promise<boolean> =>
      (await statusesOf(ids)).every((status) => status === 'completed');
    await eventually('the seed is completed', () => done(seeded));

    let made = 0;
    const uploaded: string[] = [];
    const load = new RequestLoad(haproxy.url, { 'X-API-Key': KEY }, [
      {
        name: 'status',
        share: 70,
        status: 200,
        next: () => ({ path: `/api/documents/${seeded[made++ % seeded.length]}` }),
      },
      {
        name: 'search',
        share: 25,
        status: 200,
        next: () => ({ path: '/api/search', body: { query: `Which lighthouse has number ${made++ % 40}?` } }),
      },
      {
        name: 'upload',
        share: 5,
        status: 202,
        next: () => ({ path: '/api/documents/text', body: { text: `Note ${(made += 1)} of the harbour master.` } }),
        onAnswer: (body) => uploaded.push((JSON.parse(body) as { id: string }).id),
      },
    ]);
    const unpaced = (forMs: number): Promise<number> =>
      load.capacity(forMs).catch((error: Error) => {
        throw new Error(`${error.message}\n${running.flatMap(troubleOf).slice(0, 20).join('\n')}`);
      });
    await unpaced(WARM_UP_MS);
    const capacity = await unpaced(CAPACITY_MS);
    const perSecond = Math.floor(Math.min(MOST_PER_SECOND, capacity / 2));

    const rows: Row[] = [];
    const failures: string[] = [];
    /** Shutdowns that were not in order. */
    const unwell: string[] = [];
    const note = (what: string, tookMs: number): void => {
      const { failures: failed, ...counts } = load.take();
      failures.push(...failed);
      rows.push({ what, tookMs, failed: failed.length, ...counts });
    };
    let since = performance.now();
    const lap = (): number => -since + (since = performance.now());
    load.start(perSecond);
    try {
      for (let restart = 0; restart < RESTARTS; restart += 1) {
        const index = restart % 2 === 0 ? 0 : 1;
        const old = running[index];
        const { code } = (await old?.stop('SIGTERM')) ?? {};
        if (code !== 0) unwell.push(`${NAMES[index]} exited ${code}: ${troubleOf(old).join('\n')}`);
        await startBackend(index);
        await inRotation(...NAMES);
        note(`restart ${restart + 1}, ${NAMES[index]}`, lap());
      }
    } finally {
      await load.stop();
      note('the last answers', lap());
      process.stderr.write(table(rows, capacity, perSecond));
    }
    if (failures.length > 0)
      unwell.push(...running.flatMap(troubleOf).slice(0, 20), ...haproxy.lines(/ 5\d\d | -1 |DOWN|UP/).slice(-20));
    expect({ failures: failures.slice(0, 20), unwell }).toEqual({ failures: [], unwell: [] });
    // There was something to drop all the time, and nothing that was accepted is lost.
    for (const { what, served } of rows.slice(0, -1))
      expect({ what, enough: served >= LEAST_SERVED }).toEqual({ what, enough: true });
    expect(uploaded.length).toBeGreaterThan(0);
    await eventually('all that was uploaded is completed', () => done(uploaded), 120_000);
  },
  RESTARTS * 60_000 + 240_000,
);

/** The lines of its log that say what did not go well. */
function troubleOf(service: ServiceProcess | undefined): string[] {
  return (service?.output ?? '').split('\n').filter((line) => /"level":"(warn|error|fatal)"/.test(line));
}

interface Row {
  readonly what: string;
  readonly tookMs: number;
  readonly served: number;
  readonly heldBack: number;
  readonly failed: number;
  readonly durationsMs: readonly number[];
}

function table(rows: readonly Row[], capacity: number, perSecond: number): string {
  const sum = (of: (row: Row) => number): number => rows.reduce((total, row) => total + of(row), 0);
  const all: Row = {
    what: 'in all',
    tookMs: sum(({ tookMs }) => tookMs),
    served: sum(({ served }) => served),
    heldBack: sum(({ heldBack }) => heldBack),
    failed: sum(({ failed }) => failed),
    durationsMs: rows.flatMap(({ durationsMs }) => durationsMs),
  };
  const line = (cells: readonly string[]): string =>
    cells.map((cell, index) => (index === 0 ? cell.padEnd(24) : cell.padStart(9))).join(' ');
  const lines = [...rows, all].map(({ what, tookMs, served, heldBack, failed, durationsMs }) =>
    line([
      what,
      `${(tookMs / 1_000).toFixed(1)} s`,
      ...[served, heldBack, failed].map(String),
      ...[0.5, 0.95, 0.99, 1].map((share) => `${percentile(durationsMs, share).toFixed(0)} ms`),
    ]),
  );
  const head = line(['', 'took', 'served', 'held back', 'failed', 'p50', 'p95', 'p99', 'slowest']);
  return `\n${perSecond} requests/s; without a pause it was ${capacity.toFixed(0)}\n${head}\n${lines.join('\n')}\n\n`;
}
