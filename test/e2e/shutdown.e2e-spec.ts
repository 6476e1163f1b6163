import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { descendants } from '../support/private-servers';
import { ServiceProcess } from '../support/service-process';
import { freshDataFolder, onServer } from '../support/test-database';
import type { Untyped } from '../support/test-app';
import { openTestServers, type TestServers } from '../support/test-servers';

/** Contract §5 on real processes: both profiles, by whichever suite runs this file. */

const FAULTY = 'test/e2e/fixtures/faulty-service.cjs';
/** In the log, in this order, of every shutdown that goes to its end. */
const ROAD = ['starting graceful shutdown', 'HTTP server closed', 'queue closed', 'database disconnected'];
const SETTINGS = {
  // Boots twice as fast, and the quality of vectors is not what this is about.
  EMBEDDING_NUMBER_TYPE: 'fp32',
  EMBEDDING_THREADS: '1',
  INGESTION_LEASE_MS: '1000',
  RECONCILE_INTERVAL_MS: '200',
};

let dataDir: string;
let folder: { dispose(): Promise<void> };
let servers: TestServers;
let running: ServiceProcess[] = [];
let sockets: Socket[] = [];

const start = async (
  settings: Record<string, string> = {},
  { entry, wrapper }: { entry?: string; wrapper?: readonly string[] } = {},
): Promise<ServiceProcess> => {
  const environment = { DATA_DIR: dataDir, ...servers.settings, ...SETTINGS, ...settings };
  const service = await ServiceProcess.start(environment, entry, wrapper);
  running.push(service);
  return service;
};
const faulty = (fault: string, settings: Record<string, string> = {}): Promise<ServiceProcess> =>
  start({ TEST_FAULT: fault, ...settings }, { entry: FAULTY });

const key = async (): Promise<string> => (await readFile(join(dataDir, 'api-key'), 'utf8')).trim();
const api = async (service: ServiceProcess, path: string, body?: object): Promise<Response> =>
  fetch(`${service.url}${path}`, {
    headers: { 'X-API-Key': await key(), 'Content-Type': 'application/json' },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(20_000),
  });
const upload = async (service: ServiceProcess, text: string): Promise<string> =>
  ((await (await api(service, '/api/documents', { text })).json()) as { id: string }).id;

const eventually = async <T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> => {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`Not in time: ${what}`);
    await new Promise((wake) => setTimeout(wake, 20));
  }
};
const completed = (service: ServiceProcess, id: string): Promise<Untyped> =>
  eventually(`${id} is completed`, async () => {
    const document = (await (await api(service, `/api/documents/${id}`)).json()) as Untyped;
    if (document.status === 'failed') throw new Error(JSON.stringify(document));
    return document.status === 'completed' && document;
  });
const logged = (service: ServiceProcess, message: string): Promise<true> =>
  eventually(`"${message}" in ${service.output}`, () => service.output.includes(`"msg":"${message}`) && true);

/** The lines of the log that say this, by their position. */
const expectRoad = (output: string, road: readonly string[] = [...ROAD, 'shutdown complete']): void => {
  const at = road.map((message) => output.indexOf(`"msg":"${message}`));
  expect({ output: at.includes(-1) ? output : '', order: at }).toEqual({
    output: '',
    order: at.toSorted((one, other) => one - other),
  });
};

/** An upload whose last bytes are still to come. */
class SlowUpload {
  private heard = '';
  private readonly closed: Promise<unknown>;

  private constructor(private readonly socket: Socket) {
    sockets.push(socket);
    socket.on('error', () => undefined); // a reset is seen by its close
    socket.on('data', (data: Buffer) => (this.heard += data.toString()));
    this.closed = once(socket, 'close');
  }

  static async begin(service: ServiceProcess, text: string): Promise<SlowUpload> {
    const body = JSON.stringify({ text });
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
    const slow = new SlowUpload(socket);
    await once(socket, 'connect');
    socket.write(
      `POST /api/documents HTTP/1.1\r\nHost: a\r\nX-API-Key: ${await key()}\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body.slice(0, -1)}`,
    );
    return slow;
  }

  /** @returns the whole answer; the server ends the connection after it */
  async finish(): Promise<string> {
    this.socket.write('}');
    return this.cut();
  }

  /** Waits for the server to end it. */
  async cut(): Promise<string> {
    await this.closed;
    return this.heard;
  }
}

beforeEach(async () => {
  servers = await openTestServers();
  if (onServer) {
    dataDir = await mkdtemp(join(tmpdir(), 'vectorlane-shutdown-'));
    folder = { dispose: () => rm(dataDir, { recursive: true, force: true }) };
  } else {
    const fresh = await freshDataFolder();
    dataDir = fresh.settings['DATA_DIR'] ?? '';
    folder = fresh;
  }
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  for (const service of running) {
    for (const pid of descendants(service.child.pid ?? 0)) process.kill(pid, 'SIGKILL');
    await service.stop('SIGKILL');
  }
  running = [];
  sockets = [];
  await servers.close();
  await folder.dispose();
}, 60_000);

const asRoot = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
const AS_PID_1 = ['unshare', ...asRoot, '--pid', '--fork', '--mount-proc', '--kill-child'];
const canUnshare = spawnSync(AS_PID_1[0] ?? '', [...AS_PID_1.slice(1), 'true']).status === 0;
// Counted as skipped, by name, where the machine does not let us make a process number one.
const itAsPid1 = canUnshare ? it : it.skip;

/** What is in flight at SIGTERM finishes, in order, while the door stays open for the drain delay. */
const finishesWhatIsInFlight = async (wrapper: readonly string[]): Promise<void> => {
  const service = await start(
    {
      TEST_FAULT: 'slow jobs',
      FAST_LANE_CONCURRENCY: '5',
      MAX_CONCURRENT_UPLOADS: '64',
      SHUTDOWN_DRAIN_DELAY_MS: '500',
    },
    { entry: FAULTY, wrapper },
  );
  const [pid = service.child.pid ?? 0] = wrapper.length > 0 ? descendants(service.child.pid ?? 0) : [];
  if (wrapper.length > 0) expect(await readFile(`/proc/${pid}/status`, 'utf8')).toMatch(/^NSpid:.*\t1$/m);

  const large = 'x'.repeat(900_000);
  const jobs = await Promise.all(
    Array.from({ length: 5 }, (_, index) => upload(service, `Job ${index}. ${large.slice(index > 0 ? 899_990 : 0)}`)),
  );
  await eventually('five jobs run', async () => {
    const page = (await (await api(service, '/api/documents?status=processing')).json()) as { items: Untyped[] };
    return page.items.filter(({ stage }) => stage === 'embedding' || stage === 'chunking').length === 5;
  });
  const uploads = await Promise.all(
    Array.from({ length: 45 }, (_, index) => SlowUpload.begin(service, `Slow ${index}`)),
  );
  const downloads = await Promise.all(Array.from({ length: 5 }, () => beginDownload(service, jobs[0] ?? '')));

  const exit = once(service.child, 'exit');
  process.kill(pid, 'SIGTERM');
  await logged(service, 'starting graceful shutdown');
  const ready = await fetch(`${service.url}/ready`);
  expect(ready.status).toBe(503);
  expect(((await ready.json()) as Untyped).status).toBe('shutting_down');
  const live = await fetch(`${service.url}/live`); // a new connection, and a kept one that is asked to leave
  expect([live.status, live.headers.get('connection')]).toEqual([200, 'close']);

  await logged(service, 'drained');
  const answers = await Promise.all(uploads.map((slow) => slow.finish()));
  expect(answers.map((answer) => /^HTTP\/1.1 202 [^]*connection: close/i.test(answer))).toEqual(
    answers.map(() => true),
  );
  const sizes = await Promise.all(downloads.map((download) => readToEnd(download)));
  expect(sizes).toEqual(sizes.map(() => large.length + 'Job 0. '.length));
  expect(await exit).toEqual([0, null]);
  expectRoad(service.output);
  expect(service.output.match(/"msg":"document completed"/g)).toHaveLength(5);
};

const beginDownload = async (service: ServiceProcess, id: string): Promise<IncomingMessage> => {
  const headers = { 'X-API-Key': await key() };
  const response = await new Promise<IncomingMessage>((answered, reject) => {
    request(`${service.url}/api/documents/${id}/content`, { headers, agent: false }, answered)
      .on('error', reject)
      .end();
  });
  return response.pause();
};
const readToEnd = async (response: IncomingMessage): Promise<number> => {
  let size = 0;
  for await (const part of response) size += (part as Buffer).length;
  return size;
};

describe('SIGTERM', () => {
  it(
    'lets 50 slow requests and 5 running jobs finish, in order, and exits 0',
    () => finishesWhatIsInFlight([]),
    90_000,
  );
  itAsPid1('does the same as process number one', () => finishesWhatIsInFlight(AS_PID_1), 90_000);

  it('cuts a request that hangs at its bound, closes the rest in order, and exits 1', async () => {
    const service = await start({ SHUTDOWN_HTTP_TIMEOUT_MS: '500' });
    const hanging = await SlowUpload.begin(service, 'never finished');
    await api(service, '/api/documents'); // by its answer the other one has arrived
    expect(await service.stop('SIGTERM')).toEqual({ code: 1, signal: null });
    expect(await hanging.cut()).toBe('');
    expect(service.output).toContain('1 requests were still in flight after 500 ms and were cut off');
    expectRoad(service.output);
  }, 60_000);

  it('gives up a job that hears nothing at its bound and exits 1; another process finishes the document', async () => {
    const service = await faulty('deaf job', { SHUTDOWN_QUEUE_TIMEOUT_MS: '100' });
    const id = await upload(service, 'A document that outlives its process.');
    await eventually('the job runs', async () => {
      const document = (await (await api(service, `/api/documents/${id}`)).json()) as Untyped;
      return document.status === 'processing' && document.stage !== 'extracting';
    });
    expect(await service.stop('SIGTERM')).toEqual({ code: 1, signal: null });
    expect(service.output).toContain('"name":"worker fast"');
    expectRoad(service.output);

    const other = await start();
    expect(await completed(other, id)).toMatchObject({ attempts: 0, chunkCount: 1 });
    expect((await other.stop()).code).toBe(0);
  }, 90_000);

  it('logs a step that throws, runs the rest, and exits 1', async () => {
    const service = await faulty('throwing step');
    expect(await service.stop('SIGTERM')).toEqual({ code: 1, signal: null });
    expect(service.output).toContain('planted: the queue cannot be closed');
    expectRoad(service.output);
  }, 60_000);

  it('exits at once on a second signal a second later', async () => {
    const service = await start();
    await SlowUpload.begin(service, 'never finished');
    await api(service, '/api/documents');
    service.child.kill('SIGTERM');
    await logged(service, 'finishing what is in hand'); // said when a second signal would count
    const startedAt = performance.now();
    expect(await service.stop('SIGTERM')).toEqual({ code: 143, signal: null });
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(service.output).not.toContain('shutdown complete');
  }, 60_000);

  it('ends a boot that is under way', async () => {
    const environment = { PATH: process.env['PATH'], PORT: '0', LOG_FORMAT: 'json', DATA_DIR: dataDir };
    const child = spawn(process.execPath, [resolve(__dirname, '../..', FAULTY)], {
      env: { ...environment, ...servers.settings, ...SETTINGS, TEST_FAULT: 'endless boot' },
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
  it.each(['uncaught exception', 'unhandled rejection'])(
    'ends the process in order after an %s, with 1',
    async (fault) => {
      const service = await faulty(fault);
      const slow = await SlowUpload.begin(service, 'in flight');
      await api(service, '/api/documents');
      service.child.kill('SIGUSR2');
      const exit = once(service.child, 'exit');
      await logged(service, 'starting graceful shutdown');
      expect(await slow.finish()).toMatch(/^HTTP\/1.1 202 /);
      expect(await exit).toEqual([1, null]);
      const line = /^.*"msg":"an error that nobody caught.*$/m.exec(service.output)?.[0] ?? '';
      expect(line).toMatch(/"level":"fatal".*planted: nobody catches this.*faulty-service\.cjs/);
      expectRoad(service.output);
    },
    60_000,
  );
});

describe('Ctrl-C', () => {
  it('under npm start, where it arrives twice, ends the program in order with 0', async () => {
    const terminal = spawn('script', ['-qec', 'exec npm start --silent', '/dev/null'], {
      cwd: resolve(__dirname, '../..'),
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        TERM: 'dumb',
        PORT: '0',
        LOG_FORMAT: 'json',
        DATA_DIR: dataDir,
        ...servers.settings,
        ...SETTINGS,
      },
    });
    let output = '';
    terminal.stdout.on('data', (data: Buffer) => (output += data.toString()));
    const exit = once(terminal, 'exit');
    const end = setTimeout(() => terminal.kill('SIGKILL'), 60_000);
    try {
      await eventually('it listens', () => output.includes('"msg":"listening"') && true);
      terminal.stdin.write('\x03');
      const [code] = (await exit) as [number | null];
      expectRoad(output);
      expect(code).toBe(0);
    } finally {
      clearTimeout(end);
      for (const pid of descendants(terminal.pid ?? 0)) process.kill(pid, 'SIGKILL');
      terminal.kill('SIGKILL');
    }
  }, 90_000);
});

describe('a boot that fails half way', () => {
  it('says why, once, and exits 1', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as AddressInfo;
    const environment = { DATA_DIR: dataDir, ...servers.settings, ...SETTINGS };
    const { code, output } = await ServiceProcess.run({ ...environment, PORT: String(port) });
    holder.close();
    expect(code).toBe(1);
    expect(output.match(new RegExp(`Port ${port} on 127.0.0.1 is taken`, 'g'))).toHaveLength(1);
    expectRoad(output, [ROAD[0] ?? '', 'queue closed', 'database disconnected', 'shutdown complete']);
  }, 60_000);

  it('ends where the modules are opened: nothing it had opened keeps the process or the data folder', async () => {
    const environment = { DATA_DIR: dataDir, ...servers.settings, ...SETTINGS };
    const failed = await ServiceProcess.run({ ...environment, EMBEDDING_MODEL_PATH: '/nowhere' });
    expect(failed.code).toBe(1);
    expect(failed.output.trim()).toMatch(/^the model's folder \/nowhere cannot be read.*$/);
    expect(await (await start()).stop()).toEqual({ code: 0, signal: null });
  }, 60_000);
});

// Two processes on one data folder are refused: rolling restarts are for servers.
const forServers = onServer ? describe : undefined;

forServers?.('a rolling restart', () => {
  it('drops no request: a balancer that honours /ready finds somebody to ask all the time', async () => {
    const settings = { SHUTDOWN_DRAIN_DELAY_MS: '500', ROLE: 'api' };
    const backends = [await start(settings), await start({ ...settings, DATA_DIR: await secondFolder() })];
    const ready = new Set<ServiceProcess>(backends);
    let stopped = false;
    const failures: string[] = [];
    let served = 0;
    const watch = async (): Promise<void> => {
      while (!stopped) {
        for (const backend of backends) {
          const status = await fetch(`${backend.url}/ready`, { signal: AbortSignal.timeout(2_000) }).then(
            (response) => response.status,
            () => 0,
          );
          if (status === 200) ready.add(backend);
          else ready.delete(backend);
        }
        await new Promise((wake) => setTimeout(wake, 50));
      }
    };
    const load = async (offset: number): Promise<void> => {
      for (let turn = offset; !stopped; turn += 1) {
        const candidates = [...ready];
        const backend = candidates[turn % candidates.length];
        if (backend === undefined) {
          failures.push('nobody is ready');
          return;
        }
        // Few enough of what is limited to a hundred a minute, and the rest on routes that are not.
        const limited = served % 40 === 0;
        const answer = await (limited ? api(backend, '/api/documents') : fetch(`${backend.url}/health`)).then(
          async (response) => (await response.text(), response.status),
          (error: Error) => `${error.message} ${String(error.cause)}`,
        );
        if (answer !== 200) failures.push(String(answer));
        served += 1;
        await new Promise((wake) => setTimeout(wake, 5));
      }
    };
    const work = Promise.all([watch(), ...Array.from({ length: 4 }, (_, index) => load(index))]);
    for (const index of [0, 1]) {
      const old = backends[index];
      if (old === undefined) throw new Error('no backend');
      await eventually('both are ready', () => ready.size === 2);
      expect((await old.stop('SIGTERM')).code).toBe(0);
      ready.delete(old);
      backends[index] = await start({ ...settings, DATA_DIR: await secondFolder() });
    }
    await eventually('both are ready', () => ready.size === 2);
    stopped = true;
    await work;
    expect(failures).toEqual([]);
    expect(served).toBeGreaterThan(100);
  }, 120_000);

  /** Another replica has a folder of its own; nothing of the first is needed in it. */
  const secondFolder = async (): Promise<string> => {
    const copy = await mkdtemp(join(dataDir, 'replica-'));
    await cp(join(dataDir, 'api-key'), join(copy, 'api-key'));
    return copy;
  };
});
