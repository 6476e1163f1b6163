import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expectInFlightToFinish } from '../support/in-flight';
import { descendants } from '../support/private-servers';
import {
  AS_PID_1,
  ended,
  eventually,
  expectOrder,
  logged,
  replicaFolder,
  IN_ORDER,
  type SceneOptions,
  ShutdownScene,
} from '../support/shutdown-scene';
import { FULL_SIZE, sized } from '../support/sizes';

/** docs/contract.md §5 on real processes, where something hangs or throws, as process number one and not. */

/** Counted as missing, by name, where the machine does not let us make a process number one. */
const CAN_UNSHARE = spawnSync(AS_PID_1[0], [...AS_PID_1.slice(1), 'true']).status === 0;

/** What is tried at full size alone: test/both/shutdown has it in every gate, not as process number one. */
const inFull = FULL_SIZE ? it : undefined;

const AS_PLACED = { 'as process number one': AS_PID_1, 'as any other process': undefined } as const;

export function describeShutdown(profile: SceneOptions['profile']): void {
  let scene: ShutdownScene;
  afterEach(() => scene?.close(), 60_000);

  it('can be tried as process number one on this machine', () => {
    expect(CAN_UNSHARE).toBe(true);
  });

  // At the size for every commit as one of the two: test/both/shutdown has what is quick of the other.
  describe.each(Object.entries(AS_PLACED).slice(0, sized(1, 2)))('%s', (name, wrapper) => {
    beforeEach(async () => {
      scene = await ShutdownScene.open({ profile, embeddings: 'stand-in', ...(wrapper && { wrapper }) });
    }, 60_000);

    it('50 slow requests and 5 running jobs in flight at SIGTERM finish, in order, and it exits 0', async () => {
      await expectInFlightToFinish(scene);
    }, 120_000);

    inFull?.(
      'a request that hangs is cut at its bound, the rest closes in order, exit 1',
      async () => {
        const service = await scene.start({ SHUTDOWN_HTTP_TIMEOUT_MS: '500' });
        const hanging = await scene.slowUpload(service, 'never finished');
        await scene.api(service, '/api/documents'); // by its answer the other one has arrived
        expect(await scene.stop(service)).toEqual({ code: 1, signal: null });
        expect(await hanging.cut()).toBe('');
        expect(service.output).toContain('1 requests were still in flight after 500 ms and were cut off');
        expectOrder(service.output);
      },
      60_000,
    );

    it('a job that hangs is given up at its bound, exit 1; who comes after it finishes the document', async () => {
      const service = await scene.start({ SHUTDOWN_QUEUE_TIMEOUT_MS: '100' }, 'deaf job');
      const processStatus = await readFile(`/proc/${scene.pidOf(service)}/status`, 'utf8');
      expect(/^NSpid:.*\t1$/m.test(processStatus)).toBe(name === 'as process number one');
      // On servers the other process is there all the time; on the data folder of an embedded one it is the next start.
      const id = await scene.upload(service, 'A document that outlives its process.');
      await eventually('the job runs', async () => (await scene.document(service, id)).status === 'processing');
      const beside =
        profile === 'server' ? await scene.start({ DATA_DIR: await replicaFolder(scene.dataDir) }) : undefined;
      expect(await scene.stop(service)).toEqual({ code: 1, signal: null });
      expect(service.output).toContain('"name":"worker fast"');
      expectOrder(service.output);

      const other = beside ?? (await scene.start());
      expect(await scene.completed(other, id)).toMatchObject({ attempts: 0, chunkCount: 1 });
      expect(await scene.stop(other)).toEqual({ code: 0, signal: null });
    }, 120_000);

    inFull?.(
      'a step that throws is logged, the rest still runs, exit 1',
      async () => {
        const service = await scene.start({}, 'throwing step');
        expect(await scene.stop(service)).toEqual({ code: 1, signal: null });
        expect(service.output).toContain('planted: the queue cannot be closed');
        expectOrder(service.output);
      },
      60_000,
    );

    it.each(
      (
        [
          ['SIGTERM', 143],
          ['SIGINT', 130],
        ] as const
      ).slice(0, sized(1, 2)),
    )(
      'a second %s, a second later, ends it within a second',
      async (signal, code) => {
        const service = await scene.start();
        await scene.slowUpload(service, 'never finished');
        await scene.api(service, '/api/documents');
        process.kill(scene.pidOf(service), signal);
        await logged(service, 'finishing what is in hand'); // said when a second signal would count
        const startedAt = performance.now();
        expect(await scene.stop(service, signal)).toEqual({ code, signal: null });
        expect(performance.now() - startedAt).toBeLessThan(1_000);
        expect(service.output).not.toContain('shutdown complete');
      },
      60_000,
    );

    it.each(['uncaught exception', 'unhandled rejection'].slice(0, sized(1, 2)))(
      'an %s is logged and counted, takes the same way down, exit 1',
      async (fault) => {
        const service = await scene.start({ SHUTDOWN_DRAIN_DELAY_MS: '1500' }, fault);
        const slow = await scene.slowUpload(service, 'in flight');
        await scene.api(service, '/api/documents');
        const exit = ended(service);
        process.kill(scene.pidOf(service), 'SIGUSR2');
        await logged(service, 'starting graceful shutdown');
        // The port is still open: a scrape in this time shows why the process ends.
        const metrics = await (await fetch(`${service.url}/metrics`)).text();
        expect(metrics).toContain('errors_tracked_total{type="UNCAUGHT_EXCEPTION"} 1');
        expect(await slow.finish()).toMatch(/^HTTP\/1.1 202 /);
        expect(await exit).toEqual({ code: 1, signal: null });
        const line = /^.*"msg":"an error that nobody caught.*$/m.exec(service.output)?.[0] ?? '';
        expect(line).toMatch(/"level":"fatal".*planted: nobody catches this.*faulty-service\.cjs/);
        expectOrder(service.output);
      },
      60_000,
    );
  });

  it('Ctrl-C under npm start, where it arrives twice, ends the program in order with 0', async () => {
    scene = await ShutdownScene.open({ profile, embeddings: 'stand-in' });
    const { PATH, HOME } = process.env;
    const terminal = spawn('script', ['-qec', 'exec npm start --silent', '/dev/null'], {
      cwd: resolve(__dirname, '../..'),
      env: { PATH, HOME, TERM: 'dumb', PORT: '0', LOG_FORMAT: 'json', ...scene.settings },
    });
    let output = '';
    terminal.stdout.on('data', (data: Buffer) => (output += data.toString()));
    const exit = once(terminal, 'exit');
    try {
      await eventually('it listens', () => output.includes('"msg":"listening"') && true, 90_000);
      terminal.stdin.write('\x03');
      const [code] = (await exit) as [number | null];
      // A terminal has been seen to show two lines the other way round; their order is held to where there is a pipe.
      for (const message of [...IN_ORDER, 'shutdown complete']) expect(output).toContain(`"msg":"${message}"`);
      expect(code).toBe(0);
    } finally {
      for (const pid of descendants(terminal.pid ?? 0)) process.kill(pid, 'SIGKILL');
      terminal.kill('SIGKILL');
    }
  }, 120_000);
}
