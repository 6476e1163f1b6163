import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceProcess } from '../support/service-process';

/** Starts that cannot succeed: found before anything is opened, told in plain words, with nothing left behind. */

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vectorlane-refused-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function refused(settings: Record<string, string>, entry = 'dist/apps/api/src/main.js'): Promise<string> {
  const { code, output } = await ServiceProcess.run({ DATA_DIR: join(folder, 'data'), ...settings }, [entry]);
  expect(code).toBe(1);
  expect(output).not.toContain('[Nest]');
  expect(output).not.toContain('\u001b');
  expect(existsSync(join(folder, 'data'))).toBe(false);
  return output;
}

describe('a port that is taken', () => {
  const server = createServer();
  let port: string;
  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = String((server.address() as AddressInfo).port);
  });
  afterAll(() => {
    server.close();
  });

  it.each([
    ['of the API', 'api', 'PORT', {}],
    [
      'of a worker',
      'worker',
      'WORKER_PORT',
      { DATABASE_URL: 'postgres://n@127.0.0.1:1/n', REDIS_URL: 'redis://127.0.0.1:1' },
    ],
  ])('%s', async (_, app, variable, settings) => {
    const output = await refused({ ...settings, [variable]: port }, `dist/apps/${app}/src/main.js`);
    expect(output).toMatch(new RegExp(`^Port ${port} on 127\\.0\\.0\\.1 is taken\\. [^\\n]+\\n$`));
  });
});

it('a setting that is not valid', async () => {
  const output = await refused({ PORT: 'eighty' });
  expect(output).toContain('PORT');
  expect(output.trim().split('\n').length).toBeLessThanOrEqual(2);
});

it('a data folder that cannot be written', async () => {
  await writeFile(join(folder, 'file'), '');
  const { code, output } = await ServiceProcess.run({ DATA_DIR: join(folder, 'file', 'data') });
  expect(code).toBe(1);
  expect(output).toMatch(/^[^\n]*DATA_DIR[^\n]*\n$/);
});
