import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { newDataFolder } from '../support/data-folder';
import { ServiceProcess } from '../support/service-process';
import { StandInEmbeddings } from '../support/stand-in-embeddings';
import { openTestServers, type TestServers } from '../support/test-servers';

let dataDir: string;
let servers: TestServers;
let running: ServiceProcess[] = [];
/** Starts in a fraction of the time; the first test has the program as it comes. */
let embeddings: StandInEmbeddings;

beforeAll(async () => {
  embeddings = await StandInEmbeddings.start();
});
afterAll(() => embeddings.close());

const start = async (settings: Record<string, string> = {}): Promise<ServiceProcess> => {
  const service = await ServiceProcess.start({ DATA_DIR: dataDir, ...servers.settings, ...settings });
  running.push(service);
  return service;
};
const api = async (service: ServiceProcess, path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${service.url}${path}`, {
    ...init,
    headers: {
      'X-API-Key': (await readFile(join(dataDir, 'api-key'), 'utf8')).trim(),
      'Content-Type': 'application/json',
    },
    signal: AbortSignal.timeout(20_000),
  });

beforeEach(async () => {
  dataDir = await newDataFolder('process');
  servers = await openTestServers();
});
afterEach(async () => {
  for (const service of running) await service.stop('SIGKILL');
  running = [];
  await servers.close();
  await rm(dataDir, { recursive: true, force: true });
}, 60_000);

describe('the program', () => {
  it('says where it is and where the first key is kept; then stops on SIGTERM in order, with 0', async () => {
    const first = await start();
    const key = (await readFile(join(dataDir, 'api-key'), 'utf8')).trim();
    // The log is JSON here and kept by machines: the key stands in its file alone.
    const greeting = await first.greeted();
    expect(greeting).toContain('API key: in ');
    expect(greeting).not.toContain(key);
    expect(greeting.match(/^ {4}\S/gm)).toHaveLength(4);
    expect(await first.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    const order = ['starting graceful shutdown', 'shutdown complete'].map((line) => first.output.indexOf(line));
    expect(order.every((at) => at > 0) && order[0]! < order[1]!).toBe(true);

    const second = await start();
    expect(second.output).not.toContain(key);
    expect((await api(second, '/api/documents')).status).toBe(200);
    expect(await second.stop('SIGINT')).toEqual({ code: 0, signal: null });
  }, 90_000);

  it('does not start in production without a key, says how to make one, and starts with one', async () => {
    const production = { ...embeddings.settings, DATA_DIR: dataDir, NODE_ENV: 'production', ...servers.settings };
    const refused = await ServiceProcess.run(production);
    expect(refused.code).toBe(1);
    expect(refused.output).toMatch(/npm run keys -- create --offline/);
    expect(refused.output).toMatch(/BOOTSTRAP_API_KEY/);

    const made = await ServiceProcess.run(production, [
      'scripts/cli.mjs',
      'keys',
      'create',
      '--offline',
      '--name',
      'first',
      '--scopes',
      'read,write,admin',
    ]);
    expect(made.code).toBe(0);
    const key = /^vl_\S+$/m.exec(made.output)?.[0] ?? '';
    const service = await start(production);
    expect(service.output).not.toContain(key);
    const response = await fetch(`${service.url}/api/documents`, { headers: { 'X-API-Key': key } });
    expect(response.status).toBe(200);
    expect((await service.stop()).code).toBe(0);
  }, 120_000);

  it('takes over BOOTSTRAP_API_KEY, and keeps no copy of it', async () => {
    const key = `vl_${'Ab1'.repeat(4)}_${'x'.repeat(43)}`;
    const service = await start({ ...embeddings.settings, BOOTSTRAP_API_KEY: key });
    const response = await fetch(`${service.url}/api/documents`, { headers: { Authorization: `Bearer ${key}` } });
    expect(response.status).toBe(200);
    expect(await readdir(dataDir)).not.toContain('api-key');
    expect(service.output).not.toContain(key);
  }, 60_000);
});
