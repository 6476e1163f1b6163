import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceProcess } from '../support/service-process';
import type { Untyped } from '../support/test-app';
import { onServer } from '../support/test-database';
import { openTestServers } from '../support/test-servers';

const WORKER = 'dist/apps/worker/src/main.js';
const DOCUMENTS = Number(process.env['TEST_WORKER_DOCUMENTS'] ?? 60);

let folder: string;
const started: ServiceProcess[] = [];
let closeServers: () => Promise<void> = () => Promise.resolve();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vectorlane-worker-'));
});
afterAll(async () => {
  for (const service of started) await service.stop('SIGKILL');
  await closeServers();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

const call = async (service: ServiceProcess, path: string, init: RequestInit = {}): Promise<Untyped> => {
  const key = (await readFile(join(folder, 'api-key'), 'utf8')).trim();
  const response = await fetch(`${service.url}${path}`, {
    ...init,
    headers: { 'X-API-Key': key },
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: text.startsWith('{') ? JSON.parse(text) : null,
  };
};

it('refuses the embedded profile with a word on what to do', async () => {
  const { code, output } = await ServiceProcess.run({ DATA_DIR: folder, WORKER_PORT: '0' }, [WORKER]);
  expect(code).toBe(1);
  expect(output).toContain('set DATABASE_URL and REDIS_URL');
}, 60_000);

if (onServer) {
  describe('two APIs that only accept and two workers', () => {
    it(`ingest ${DOCUMENTS} documents together, each once, and answer their own probes`, async () => {
      const servers = await openTestServers();
      closeServers = () => servers.close();
      const settings = { DATA_DIR: folder, WORKER_PORT: '0', RECONCILE_INTERVAL_MS: '500', ...servers.settings };
      const start = async (extra: Record<string, string>, entry?: string): Promise<ServiceProcess> => {
        const service = await ServiceProcess.start({ ...settings, ...extra }, entry);
        started.push(service);
        return service;
      };
      const apis = [await start({ ROLE: 'api' }), await start({ ROLE: 'api' })];
      // ROLE is the API's: in an environment that both share it must not put a worker to sleep.
      const workers = [await start({ ROLE: 'api' }, WORKER), await start({}, WORKER)];

      const ids = await Promise.all(
        Array.from({ length: DOCUMENTS }, async (_, index) => {
          const form = new FormData();
          form.set('file', new Blob([`Note ${index} tells of a lighthouse and its keeper.`]), `note-${index}.txt`);
          const { status, body } = await call(apis[index % 2]!, '/api/documents', { method: 'POST', body: form });
          expect(status).toBe(202);
          return body.id as string;
        }),
      );
      for (const [index, id] of ids.entries()) {
        const deadline = Date.now() + 60_000;
        for (;;) {
          // Asked of the other replica than the one that took it.
          const { body } = await call(apis[(index + 1) % 2]!, `/api/documents/${id}`);
          if (body.status === 'completed') break;
          if (body.status === 'failed' || Date.now() > deadline)
            throw new Error(`Document ${id}: ${JSON.stringify(body)}`);
          await new Promise((resolve) => setTimeout(resolve, 25));
        }
      }

      const completed = await Promise.all(
        workers.map(async (worker) => {
          expect((await call(worker, '/health')).body).toEqual({ status: 'ok' });
          expect((await call(worker, '/live')).body).toEqual({ alive: true });
          const ready = await call(worker, '/ready');
          expect(ready).toMatchObject({
            status: 200,
            body: {
              status: 'ok',
              checks: { database: { status: 'up' }, redis: { status: 'up' }, queue: { status: 'up' } },
            },
          });
          expect(ready.headers.get('x-request-id')).toBeTruthy();
          const { text } = await call(worker, '/metrics');
          expect(text).toMatch(/^vectorlane_build_info\{.*role="worker".*\} 1$/m);
          const counted = /^documents_processed_total\{status="completed",format="txt",lane="fast"\} (\d+)$/m.exec(
            text,
          );
          return Number(counted?.[1] ?? 0);
        }),
      );
      // Each document was completed once, by one of them, and both had their share.
      expect(completed.reduce((sum, share) => sum + share, 0)).toBe(DOCUMENTS);
      for (const share of completed) expect(share).toBeGreaterThan(0);
      // The product is not served here.
      expect(await call(workers[0]!, '/api/documents')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });

      for (const service of [...apis, ...workers]) expect(await service.stop()).toEqual({ code: 0, signal: null });
    }, 180_000);
  });
}
