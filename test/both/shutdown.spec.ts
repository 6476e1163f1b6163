import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { expectInFlightToFinish } from '../support/in-flight';
import { expectOrder, logged, type SceneOptions, ShutdownScene } from '../support/shutdown-scene';
import { ServiceProcess } from '../support/service-process';
import { onServer } from '../support/test-database';

/**
 * docs/contract.md §5 on real processes: both profiles, by whichever suite runs this file. What takes long (process
 * number one, jobs and signals that hang, a rolling restart) is in test/chaos.
 */

const FAULTY = 'test/support/children/faulty-service.cjs';
const profile = onServer ? 'server' : 'embedded';

let scene: ShutdownScene;
const open = async (embeddings: SceneOptions['embeddings'] = 'stand-in'): Promise<ShutdownScene> => {
  scene = await ShutdownScene.open({ profile, embeddings });
  return scene;
};
afterEach(() => scene?.close(), 60_000);

describe('SIGTERM', () => {
  // The model inside is the same on servers; test/chaos has this with an endpoint on both profiles.
  if (!onServer) {
    it('lets 50 slow requests and 5 running jobs finish, in order, and exits 0', async () => {
      await expectInFlightToFinish(await open('local'));
    }, 120_000);
  }

  it('cuts a request that hangs at its bound, closes the rest in order although a step throws, and exits 1', async () => {
    await open();
    const service = await scene.start({ SHUTDOWN_HTTP_TIMEOUT_MS: '500' }, 'throwing step');
    const hanging = await scene.slowUpload(service, 'never finished');
    await scene.api(service, '/api/documents'); // by its answer the other one has arrived
    expect(await scene.stop(service)).toEqual({ code: 1, signal: null });
    expect(await hanging.cut()).toBe('');
    expect(service.output).toContain('1 requests were still in flight after 500 ms and were cut off');
    expect(service.output).toContain('planted: the queue cannot be closed');
    expectOrder(service.output);
  }, 60_000);

  it('ends a boot that is under way', async () => {
    const { settings } = await open();
    const child = spawn(process.execPath, [resolve(__dirname, '../..', FAULTY)], {
      env: { PATH: process.env['PATH'], PORT: '0', LOG_FORMAT: 'json', ...settings, TEST_FAULT: 'endless boot' },
    });
    try {
      const exit = once(child, 'exit');
      await once(child.stdout, 'data');
      child.kill('SIGTERM');
      expect(await exit).toEqual([0, null]);
    } finally {
      child.kill('SIGKILL');
    }
  }, 60_000);
});

describe('an error that nobody caught', () => {
  it('ends the process in order after an unhandled rejection, with 1', async () => {
    await open();
    const service = await scene.start({}, 'unhandled rejection');
    const slow = await scene.slowUpload(service, 'in flight');
    await scene.api(service, '/api/documents');
    service.child.kill('SIGUSR2');
    const exit = once(service.child, 'exit');
    await logged(service, 'starting graceful shutdown');
    expect(await slow.finish()).toMatch(/^HTTP\/1.1 202 /);
    expect(await exit).toEqual([1, null]);
    expectOrder(service.output);
  }, 60_000);
});

describe('a boot that fails', () => {
  it('ends where the modules are opened: nothing it had opened keeps the process or the data folder', async () => {
    const { settings } = await open('local');
    const failed = await ServiceProcess.run({ ...settings, EMBEDDING_MODEL_PATH: '/nowhere' });
    expect(failed.code).toBe(1);
    expect(failed.output.trim()).toMatch(/^the model's folder \/nowhere cannot be read.*$/);
    expect(await (await scene.start()).stop()).toEqual({ code: 0, signal: null });
  }, 60_000);
});
