import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { descendants } from './private-servers';
import { ServiceProcess } from './service-process';
import { StandInEmbeddings } from './stand-in-embeddings';
import type { Untyped } from './test-app';
import { freshDataFolder } from './test-database';
import { openTestServers, type TestServers } from './test-servers';

/** The service with one thing wrong in it, named by TEST_FAULT. */
const FAULTY = 'test/support/children/faulty-service.cjs';

/** In the log, in this order, of every shutdown that goes to its end. */
export const IN_ORDER = ['starting graceful shutdown', 'HTTP server closed', 'queue closed', 'database disconnected'];

const asRoot = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
/** Makes what it runs process number one, as in a container. */
export const AS_PID_1 = ['unshare', ...asRoot, '--pid', '--fork', '--mount-proc', '--kill-child'] as const;

export interface SceneOptions {
  readonly profile: 'embedded' | 'server';
  /** `stand-in` boots in a fraction of the time; `local` is what the program does when nothing is set. */
  readonly embeddings: 'local' | 'stand-in';
  /** Put before every process of the service. */
  readonly wrapper?: readonly string[];
}

/**
 * One data folder and one set of servers, the processes of the service that run on them, and clients that take their
 * time.
 */
export class ShutdownScene {
  private readonly running: ServiceProcess[] = [];
  private readonly sockets: Socket[] = [];

  private constructor(
    private readonly options: SceneOptions,
    readonly dataDir: string,
    readonly settings: Readonly<Record<string, string>>,
    private readonly closers: readonly (() => Promise<void>)[],
  ) {}

  static async open(options: SceneOptions): Promise<ShutdownScene> {
    const { dataDir, dispose } = await dataFolder(options.profile);
    const none: TestServers = { settings: {}, close: () => Promise.resolve() };
    const servers = options.profile === 'server' ? await openTestServers() : none;
    const standIn = options.embeddings === 'stand-in' ? await StandInEmbeddings.start() : undefined;
    const settings = {
      DATA_DIR: dataDir,
      ...servers.settings,
      ...(standIn === undefined
        ? { EMBEDDING_NUMBER_TYPE: 'fp32', EMBEDDING_THREADS: '1' } // boots twice as fast as int8
        : standIn.settings),
      INGESTION_LEASE_MS: '1000',
      RECONCILE_INTERVAL_MS: '200',
    };
    return new ShutdownScene(options, dataDir, settings, [
      () => standIn?.close() ?? Promise.resolve(),
      () => servers.close(),
      dispose,
    ]);
  }

  /** @param fault what is wrong with it, if anything is */
  async start(settings: Record<string, string> = {}, fault?: string): Promise<ServiceProcess> {
    const service = await ServiceProcess.start(
      { ...this.settings, ...(fault !== undefined && { TEST_FAULT: fault }), ...settings },
      fault === undefined ? undefined : FAULTY,
      this.options.wrapper,
    );
    this.running.push(service);
    return service;
  }

  /** The program itself, behind whatever was put before it. */
  pidOf(service: ServiceProcess): number {
    const [pid = 0] = this.options.wrapper === undefined ? [service.child.pid] : descendants(service.child.pid ?? 0);
    return pid;
  }

  /** Sends a signal to the program and waits for its end. */
  async stop(service: ServiceProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<ServiceEnd> {
    const exit = ended(service);
    process.kill(this.pidOf(service), signal);
    return exit;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    for (const service of this.running) {
      for (const pid of descendants(service.child.pid ?? 0)) process.kill(pid, 'SIGKILL');
      await service.stop('SIGKILL');
    }
    for (const close of this.closers) await close();
  }

  async key(): Promise<string> {
    return (await readFile(join(this.dataDir, 'api-key'), 'utf8')).trim();
  }

  async api(service: ServiceProcess, path: string, body?: object): Promise<Response> {
    return fetch(`${service.url}${path}`, {
      headers: { 'X-API-Key': await this.key(), 'Content-Type': 'application/json' },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    });
  }

  async document(service: ServiceProcess, id: string): Promise<Untyped> {
    return (await this.api(service, `/api/documents/${id}`)).json();
  }

  async upload(service: ServiceProcess, text: string): Promise<string> {
    return ((await (await this.api(service, '/api/documents/text', { text })).json()) as { id: string }).id;
  }

  /** An upload whose last byte is still to come. */
  async slowUpload(service: ServiceProcess, text: string): Promise<SlowUpload> {
    const body = JSON.stringify({ text });
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
    this.sockets.push(socket);
    const slow = new SlowUpload(socket);
    await once(socket, 'connect');
    socket.write(
      `POST /api/documents/text HTTP/1.1\r\nHost: a\r\nX-API-Key: ${await this.key()}\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body.slice(0, -1)}`,
    );
    return slow;
  }

  /** A download that has begun and is not read on. */
  async beginDownload(service: ServiceProcess, id: string): Promise<IncomingMessage> {
    const headers = { 'X-API-Key': await this.key() };
    const response = await new Promise<IncomingMessage>((answered, reject) => {
      request(`${service.url}/api/documents/${id}/content`, { headers, agent: false }, answered)
        .on('error', reject)
        .end();
    });
    return response.pause();
  }

  async completed(service: ServiceProcess, id: string): Promise<Untyped> {
    return eventually(`${id} is completed`, async () => {
      const document = await this.document(service, id);
      if (document.status === 'failed') throw new Error(JSON.stringify(document));
      return document.status === 'completed' && document;
    });
  }
}

export class SlowUpload {
  private heard = '';
  private readonly closed: Promise<unknown>;

  constructor(private readonly socket: Socket) {
    socket.on('error', () => undefined); // a reset is seen by its close
    socket.on('data', (data: Buffer) => (this.heard += data.toString()));
    this.closed = once(socket, 'close');
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

export interface ServiceEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The end of a process that somebody else has asked to go. */
export async function ended(service: ServiceProcess): Promise<ServiceEnd> {
  const { exitCode, signalCode } = service.child;
  if (exitCode !== null || signalCode !== null) return { code: exitCode, signal: signalCode };
  const [code, signal] = (await once(service.child, 'exit')) as [number | null, NodeJS.Signals | null];
  return { code, signal };
}

export async function eventually<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = 45_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`Not in time: ${what}`);
    await new Promise((wake) => setTimeout(wake, 20));
  }
}

export function logged(service: ServiceProcess, message: string): Promise<true> {
  return eventually(`"${message}" in ${service.output}`, () => service.output.includes(`"msg":"${message}`) && true);
}

/** The lines of the log say this, in this order. */
export function expectOrder(output: string, messages: readonly string[] = [...IN_ORDER, 'shutdown complete']): void {
  const at = messages.map((message) => output.indexOf(`"msg":"${message}`));
  const inOrder = !at.includes(-1) && at.every((position, index) => index === 0 || position > (at[index - 1] ?? 0));
  expect(inOrder ? '' : output).toBe('');
}

/** Another replica has a folder of its own; nothing of the first is needed in it but the key. */
export async function replicaFolder(of: string): Promise<string> {
  const copy = await mkdtemp(join(of, 'replica-'));
  await cp(join(of, 'api-key'), join(copy, 'api-key'));
  return copy;
}

async function dataFolder(profile: SceneOptions['profile']): Promise<{ dataDir: string; dispose(): Promise<void> }> {
  if (profile === 'embedded') {
    const { settings, dispose } = await freshDataFolder('product');
    return { dataDir: settings['DATA_DIR'] ?? '', dispose };
  }
  const dataDir = await mkdtemp(join(tmpdir(), 'vectorlane-shutdown-'));
  return { dataDir, dispose: () => rm(dataDir, { recursive: true, force: true }) };
}
