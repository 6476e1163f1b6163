import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RedisConnections } from '@vectorlane/redis';
import { type Answer, MixedLoad } from '../support/mixed-load';
import { PrivateServers, type ServerName } from '../support/private-servers';
import { ServiceProcess } from '../support/service-process';
import { StandInEmbeddings } from '../support/stand-in-embeddings';
import { TestApp, type Untyped } from '../support/test-app';
import { onServer } from '../support/test-database';
import { eventually } from '../support/eventually';

/**
 * PostgreSQL and Redis go and come back under load, in each way a server can, and nothing of ours is restarted. The
 * processes are the same through the whole file: they have to outlive all of it. All settings that bound a request are
 * at their defaults.
 */

const READY_WITHIN_MS = 30_000;
const DONE_WITHIN_MS = 90_000;

const succeeded = ({ status }: Answer): boolean => status === 200 || status === 202;
const refused = ({ status }: Answer): boolean => status === 503;
const isRefusal = ({ status, code, retryAfter }: Answer): boolean =>
  status === 503 && code === 'DEPENDENCY_UNAVAILABLE' && /^[1-9]\d*$/.test(retryAfter ?? '');

/** Lets the server go, and returns how to bring it back. */
const LOSSES: Readonly<Record<string, (servers: PrivateServers, server: ServerName) => Promise<() => Promise<void>>>> =
  {
    'stopped and started': async (servers, server) => {
      await servers.halt(server, 'in order');
      return () => servers.resume(server);
    },
    'frozen and thawed': (servers, server) => {
      servers.freeze(server);
      return Promise.resolve(() => Promise.resolve(servers.thaw(server)));
    },
    'killed and started': async (servers, server) => {
      await servers.halt(server, 'SIGKILL');
      return () => servers.resume(server);
    },
  };

// Not on a Redis that other suites use at the same time.
const forEmbedded = onServer ? undefined : it;

forEmbedded?.(
  'a service whose connections to Redis are all cut, again and again, answers and accepts everything',
  async () => {
    const service = await TestApp.start({ RECONCILE_INTERVAL_MS: '200' });
    try {
      const { id } = await service.ingest('known.txt', 'A lighthouse and its keeper.');
      const load = new MixedLoad(service.url, service.key, id as string);
      try {
        for (let cuts = 0; cuts < 3; cuts += 1) {
          await load.untilEach(succeeded, 2);
          const { shared } = service.app.get(RedisConnections);
          await eventually(() => shared.status === 'ready');
          const closed = once(shared, 'close');
          // Its own too, so that there may be no answer.
          await shared.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'no').catch(() => undefined);
          await closed;
        }
        await load.untilEach(succeeded, 2);
      } finally {
        await load.stop();
      }
      expect(load.answers.filter((answer) => !succeeded(answer))).toEqual([]);
      for (const accepted of load.accepted)
        expect(await service.finished(accepted)).toMatchObject({ status: 'completed' });
    } finally {
      await service.stop();
    }
  },
  120_000,
);

const forServers = onServer ? describe : undefined;

forServers?.('an API and a worker whose servers go and come back', () => {
  let folder: string;
  let servers: PrivateServers;
  let embeddings: StandInEmbeddings;
  let processes: ServiceProcess[] = [];
  let api: ServiceProcess;
  let key: string;
  let known: string;

  const get = async (service: ServiceProcess, path: string): Promise<{ status: number; body: Untyped }> => {
    const response = await fetch(`${service.url}${path}`, {
      headers: { 'X-API-Key': key },
      signal: AbortSignal.timeout(5_000),
    });
    return { status: response.status, body: await response.json() };
  };
  const untilReady = async (status: 200 | 503): Promise<void> => {
    for (const service of processes) {
      const deadline = performance.now() + READY_WITHIN_MS;
      for (let last; (last = await get(service, '/ready')).status !== status;) {
        if (performance.now() > deadline) throw new Error(`/ready is not ${status}: ${JSON.stringify(last.body)}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  };
  const untilCompleted = async (ids: readonly string[]): Promise<void> => {
    const deadline = performance.now() + DONE_WITHIN_MS;
    for (const id of ids) {
      for (let last; (last = (await get(api, `/api/documents/${id}`)).body).status !== 'completed';) {
        if (last.status === 'failed' || performance.now() > deadline) throw new Error(JSON.stringify(last));
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    }
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vectorlane-loss-'));
    servers = await PrivateServers.start();
    embeddings = await StandInEmbeddings.start(16);
    const settings = {
      DATA_DIR: folder,
      WORKER_PORT: '0',
      DATABASE_URL: servers.databaseUrl,
      REDIS_URL: servers.redisUrl,
      ...embeddings.settings,
      EMBEDDING_API_DIMENSIONS: '16',
      // So that a test need not wait half a minute for work that a loss has interrupted.
      INGESTION_LEASE_MS: '3000',
      RECONCILE_INTERVAL_MS: '500',
      FAST_LANE_CONCURRENCY: '4',
    };
    api = await ServiceProcess.start({ ...settings, ROLE: 'api' });
    processes = [api];
    processes.push(await ServiceProcess.start(settings, 'dist/apps/worker/src/main.js'));
    key = (await readFile(join(folder, 'api-key'), 'utf8')).trim();
    const form = new FormData();
    form.set('file', new Blob(['A lighthouse and its keeper.']), 'known.txt');
    const headers = { 'X-API-Key': key };
    const response = await fetch(`${api.url}/api/documents`, { method: 'POST', headers, body: form });
    known = ((await response.json()) as Untyped).id as string;
    await untilCompleted([known]);
  }, 180_000);
  afterAll(async () => {
    for (const service of processes) await service.stop();
    await embeddings?.close();
    await servers?.stop();
    await rm(folder, { recursive: true, force: true });
  }, 120_000);

  const during = async (
    server: ServerName,
    how: string,
    lost: (load: MixedLoad) => Promise<void>,
  ): Promise<MixedLoad> => {
    const load = new MixedLoad(api.url, key, known);
    try {
      await load.untilEach(succeeded, 3);
      const bringBack = await LOSSES[how]!(servers, server);
      try {
        await lost(load);
      } finally {
        await bringBack();
      }
      await untilReady(200);
      await load.untilEach(succeeded, 3);
    } finally {
      await load.stop();
    }
    // Whatever was accepted, before, during or after, is done in the end.
    expect(load.accepted.length).toBeGreaterThan(0);
    await untilCompleted(load.accepted);
    for (const { child } of processes) expect([child.exitCode, child.signalCode]).toEqual([null, null]);
    return load;
  };

  it.each(Object.keys(LOSSES))(
    'refuse with 503 and Retry-After within seconds while PostgreSQL is %s, and go on by themselves',
    async (how) => {
      const { answers } = await during('postgres', how, async (load) => {
        await load.untilEach(refused, 3);
        await untilReady(503);
      });
      expect(answers.filter((answer) => !succeeded(answer) && !isRefusal(answer))).toEqual([]);
    },
    240_000,
  );

  it.each(Object.keys(LOSSES))(
    'answer and accept everything while Redis is %s, and do later what was accepted meanwhile',
    async (how) => {
      const { answers } = await during('redis-server', how, async (load) => {
        await untilReady(503);
        const before = load.accepted.length;
        await load.untilEach(succeeded, 3);
        expect(load.accepted.length).toBeGreaterThan(before);
      });
      expect(answers.filter((answer) => !succeeded(answer))).toEqual([]);
    },
    240_000,
  );
});
