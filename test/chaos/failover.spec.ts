import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Answer, MixedLoad } from '../support/mixed-load';
import { ReplicatedServers } from '../support/replicated-servers';
import { ServiceProcess } from '../support/service-process';
import { sized } from '../support/sizes';
import { StandInEmbeddings } from '../support/stand-in-embeddings';
import type { Untyped } from '../support/test-app';

/**
 * The Redis master is killed under Sentinel, and the PostgreSQL primary ends in favour of its standby, while documents
 * come in. The API and the worker are the same processes throughout; nothing that was accepted is lost.
 *
 * At full size alone (jest.config.js): it takes a minute, and what a client of Redis does at a failover is held by
 * `libs/redis/src/sentinel-connector.spec.ts`.
 */

const READY_WITHIN_MS = 30_000;
const DONE_WITHIN_MS = 90_000;
const succeeded = ({ status }: Answer): boolean => status === 200 || status === 202;
const isRefusal = ({ status, code, retryAfter }: Answer): boolean =>
  status === 503 && code === 'DEPENDENCY_UNAVAILABLE' && /^[1-9]\d*$/.test(retryAfter ?? '');

let folder: string;
let servers: ReplicatedServers;
let embeddings: StandInEmbeddings;
const processes: ServiceProcess[] = [];
let key: string;
let load: MixedLoad;

const get = async (service: ServiceProcess, path: string): Promise<{ status: number; body: Untyped }> => {
  const response = await fetch(`${service.url}${path}`, {
    headers: { 'X-API-Key': key },
    signal: AbortSignal.timeout(5_000),
  });
  return { status: response.status, body: await response.json() };
};
const api = (): ServiceProcess => processes[0]!;

async function untilReady(status: 200 | 503 = 200): Promise<void> {
  const since = performance.now();
  for (const service of processes) {
    for (let last; (last = await get(service, '/ready')).status !== status;) {
      if (performance.now() - since > READY_WITHIN_MS) throw new Error(`Not ${status}: ${JSON.stringify(last.body)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function untilCompleted(ids: readonly string[]): Promise<void> {
  const deadline = performance.now() + DONE_WITHIN_MS;
  for (const id of ids) {
    for (let last; (last = (await get(api(), `/api/documents/${id}`)).body).status !== 'completed';) {
      if (last.status === 'failed' || performance.now() > deadline) throw new Error(JSON.stringify(last));
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

describe('servers that fail over', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vectorlane-failover-'));
    servers = await ReplicatedServers.start();
    embeddings = await StandInEmbeddings.start(16);
    const settings = {
      DATA_DIR: folder,
      WORKER_PORT: '0',
      DATABASE_URL: servers.databaseUrl,
      REDIS_URL: servers.redisUrl,
      ...embeddings.settings,
      EMBEDDING_API_DIMENSIONS: '16',
      INGESTION_LEASE_MS: '3000',
      RECONCILE_INTERVAL_MS: '500',
      FAST_LANE_CONCURRENCY: '4',
    };
    processes.push(await ServiceProcess.start({ ...settings, ROLE: 'api' }));
    processes.push(await ServiceProcess.start(settings, 'dist/apps/worker/src/main.js'));
    key = (await readFile(join(folder, 'api-key'), 'utf8')).trim();
    const form = new FormData();
    form.set('file', new Blob(['A lighthouse and its keeper.']), 'known.txt');
    const answer = await fetch(`${api().url}/api/documents`, {
      method: 'POST',
      headers: { 'X-API-Key': key },
      body: form,
    });
    const known = ((await answer.json()) as Untyped).id as string;
    await untilCompleted([known]);
    load = new MixedLoad(api().url, key, known);
    await load.untilEach(succeeded, 3);
  }, 240_000);

  afterAll(async () => {
    await load?.stop();
    for (const service of processes) await service.stop();
    await embeddings?.close();
    await servers?.stop();
    await rm(folder, { recursive: true, force: true });
  }, 120_000);

  /** Whatever was accepted until now is done in the end, by the same processes. */
  async function nothingIsLost(): Promise<void> {
    await load.untilEach(succeeded, 3);
    const accepted = [...load.accepted];
    expect(accepted.length).toBeGreaterThan(0);
    await untilCompleted(accepted);
    for (const { child } of processes) expect([child.exitCode, child.signalCode]).toEqual([null, null]);
  }

  it('a Redis that fails over under Sentinel: everything is accepted, nothing lost, ready within 30 s', async () => {
    const before = load.answers.length;
    for (let round = 0; round < sized(1, 5); round += 1) {
      const { rejoin } = await servers.killRedisMaster();
      // Seen as lost, so that being ready means the new master.
      await untilReady(503);
      await untilReady();
      await nothingIsLost();
      await rejoin();
    }
    expect(load.answers.slice(before).filter((answer) => !succeeded(answer))).toEqual([]);
  }, 600_000);

  it('a PostgreSQL whose standby is promoted: refused with 503 meanwhile, nothing lost, ready within 30 s', async () => {
    const before = load.answers.length;
    for (let round = 0; round < sized(1, 3); round += 1) {
      await servers.promoteStandby();
      await untilReady();
      await nothingIsLost();
      if (round + 1 < sized(1, 3)) await servers.rejoinDatabase();
    }
    expect(load.answers.slice(before).filter((answer) => !succeeded(answer) && !isRefusal(answer))).toEqual([]);
  }, 600_000);
});
