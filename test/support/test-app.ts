import { readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '@vectorlane/config';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { startApp } from '../../apps/api/src/create-app';
import { newDataFolder } from './data-folder';
import { eventually } from './eventually';
import { StandInEmbeddings } from './stand-in-embeddings';
import { openTestServers } from './test-servers';

// Answers are what the tests are about: each states the shape it expects.
// oxlint-disable-next-line typescript/no-explicit-any
export type Untyped = any;

/** The whole service in this process, on engines of its own, with a client that follows the contract. */
export class TestApp {
  private constructor(
    readonly app: NestExpressApplication,
    readonly url: string,
    readonly key: string,
    readonly dataDir: string,
    /** Where its vectors come from, unless from the model of the product. */
    readonly embeddings: StandInEmbeddings | undefined,
    private readonly dispose: () => Promise<void>,
  ) {}

  /**
   * @param settings variables on top of the suite's own; engines are the embedded ones or the suite's servers
   * @param embeddings `stand-in` costs nothing and brings together texts of the same words; `local` is the model of the
   *   product, for tests that judge what is found
   */
  static async start(
    settings: Record<string, string> = {},
    embeddings: 'stand-in' | 'local' = 'stand-in',
  ): Promise<TestApp> {
    const dataDir = await newDataFolder('test', { weights: embeddings === 'local' });
    const servers = await openTestServers();
    const standIn = embeddings === 'stand-in' ? await StandInEmbeddings.start(384) : undefined;
    const config = loadConfig({
      NODE_ENV: 'test',
      LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'silent',
      PORT: '0',
      DATA_DIR: dataDir,
      RECONCILE_INTERVAL_MS: '500',
      INGESTION_BACKOFF_MS: '50',
      EMBEDDING_THREADS: '2',
      RATE_LIMIT_PER_MINUTE: '1000000',
      ...standIn?.settings,
      ...servers.settings,
      ...settings,
    });
    const { app, url } = await startApp(config);
    const key = (await readFile(join(dataDir, 'api-key'), 'utf8')).trim();
    return new TestApp(app, url, key, dataDir, standIn, async () => {
      await standIn?.close();
      await servers.close();
      await rm(dataDir, { recursive: true, force: true });
    });
  }

  /** Closes in order and removes what it left. */
  async stop(): Promise<void> {
    await this.app.close();
    await this.dispose();
  }

  /** Files of uploads under way: in the data folder, or in the machine's temporary one where the profile shares it. */
  async spooled(): Promise<string[]> {
    const ours = (await readdir(tmpdir())).filter((name) => name.startsWith(`vectorlane-spool-${process.pid}-`));
    const folders = [join(this.dataDir, 'spool'), ...ours.map((name) => join(tmpdir(), name))];
    return (await Promise.all(folders.map((folder) => readdir(folder).catch(() => [])))).flat();
  }

  fetch(path: string, init: RequestInit & { key?: string | null } = {}): Promise<Response> {
    const { key = this.key, ...rest } = init;
    const headers = new Headers(rest.headers);
    if (key !== null) headers.set('X-API-Key', key);
    return fetch(`${this.url}${path}`, { signal: AbortSignal.timeout(30_000), ...rest, headers });
  }
  async json(
    path: string,
    body?: unknown,
    init: RequestInit & { key?: string | null } = {},
  ): Promise<{ status: number; body: Untyped }> {
    const response = await this.fetch(path, {
      ...init,
      ...(body !== undefined && {
        method: init.method ?? 'POST',
        body: JSON.stringify(body),
        headers: { 'Content-Type': 'application/json', ...init.headers },
      }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
  }

  async upload(
    filename: string,
    bytes: string | Uint8Array<ArrayBuffer>,
    options: { metadata?: object; type?: string } = {},
  ): Promise<{ status: number; body: Untyped; location: string | null }> {
    const form = new FormData();
    if (options.metadata) form.set('metadata', JSON.stringify(options.metadata));
    form.set('file', new Blob([bytes], { type: options.type ?? '' }), filename);
    const response = await this.fetch('/api/documents', { method: 'POST', body: form });
    return { status: response.status, body: await response.json(), location: response.headers.get('location') };
  }

  /** Polls until the document has ended. @returns its last state */
  finished(id: string, timeoutMs?: number): Promise<Untyped> {
    return this.reached(id, ({ status }) => status === 'completed' || status === 'failed', timeoutMs);
  }
  /** Polls until the document is as wanted. @returns its state then */
  async reached(id: string, isWanted: (document: Untyped) => boolean, timeoutMs = 120_000): Promise<Untyped> {
    let last: Untyped;
    const isReached = async (): Promise<boolean> => isWanted((last = (await this.json(`/api/documents/${id}`)).body));
    await eventually(isReached, timeoutMs).catch((cause: unknown) => {
      throw new Error(`Document ${id} is still ${JSON.stringify(last)}`, { cause });
    });
    return last;
  }
  async ingest(
    filename: string,
    bytes: string | Uint8Array<ArrayBuffer>,
    options: { metadata?: object; type?: string } = {},
  ): Promise<Untyped> {
    const { status, body } = await this.upload(filename, bytes, options);
    if (status !== 202) throw new Error(`Upload of ${filename} was answered ${status}: ${JSON.stringify(body)}`);
    return this.finished(body.id as string);
  }
}
