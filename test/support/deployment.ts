import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { loadConfig } from '@vectorlane/config';
import { closeDataSource, dataSourceOptions, openBackend, openDataSource } from '@vectorlane/database';
import { eventually } from './eventually';
import type { GeneratedDocument } from './ingestion-digest';
import { ServiceProcess } from './service-process';
import type { TestApp, Untyped } from './test-app';
import { freshDataFolder, onServer } from './test-database';
import { openTestServers } from './test-servers';

const JSON_TYPE = { 'Content-Type': 'application/json' };

/** One deployment: its data, and the processes that were started on it. */
export class Deployment {
  private readonly started: ServiceProcess[] = [];

  private constructor(
    private readonly settings: Readonly<Record<string, string>>,
    private readonly dispose: () => Promise<void>,
  ) {}

  /** On engines inside, or on the suite's servers. */
  static async open(settings: Readonly<Record<string, string>>): Promise<Deployment> {
    const servers = await openTestServers();
    const location = onServer ? await emptyFolder() : await freshDataFolder('product');
    return new Deployment({ ...location.settings, ...servers.settings, ...settings }, async () => {
      await servers.close();
      await location.dispose();
    });
  }

  /** @param entry script to run instead of the built program */
  async start(settings: Record<string, string> = {}, entry?: string): Promise<ServiceProcess> {
    const service = await ServiceProcess.start({ ...this.settings, ...settings }, entry);
    this.started.push(service);
    return service;
  }

  async request(service: ServiceProcess, path: string, body?: object): Promise<Response> {
    return fetch(`${service.url}${path}`, {
      headers: { 'X-API-Key': await this.key(), ...(body && !(body instanceof FormData) && JSON_TYPE) },
      ...(body && { method: 'POST', body: body instanceof FormData ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    });
  }

  /** A database that is slow on a busy machine: what is refused so has not been done, and is asked again as it says. */
  private async patientRequest(service: ServiceProcess, path: string, body?: FormData): Promise<Response> {
    for (let tries = 1; ; tries += 1) {
      const response = await this.request(service, path, body);
      if (response.status !== 503 || tries === 5) return response;
      await delay(Number(response.headers.get('retry-after')) * 1_000);
    }
  }

  /** As a client of one of its processes. */
  client({ url }: ServiceProcess): Pick<TestApp, 'fetch'> {
    return {
      fetch: async (path, init = {}) => {
        const headers = new Headers(init.headers);
        headers.set('X-API-Key', await this.key());
        return fetch(`${url}${path}`, { ...init, headers });
      },
    };
  }

  /** @returns the document's id, made now or by an upload whose answer never came */
  async upload(
    service: ServiceProcess,
    { filename, content }: Pick<GeneratedDocument, 'filename' | 'content'>,
    externalId?: string,
  ): Promise<string> {
    const form = new FormData();
    if (externalId !== undefined) form.set('externalId', externalId);
    form.set('file', new Blob([content]), filename);
    const response = await this.patientRequest(service, '/api/documents', form);
    const body = (await response.json()) as Untyped;
    const accepted = response.status === 202 || (response.status === 200 && body.duplicate === true);
    if (!accepted) throw new Error(`${filename} was answered ${response.status}: ${JSON.stringify(body)}`);
    return body.id as string;
  }

  async list(service: ServiceProcess, status?: string): Promise<Untyped[]> {
    const items: Untyped[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const query = new URLSearchParams({ limit: '100', ...(status && { status }), ...(cursor && { cursor }) });
      const response = await this.patientRequest(service, `/api/documents?${query.toString()}`);
      const page = (await response.json()) as Untyped;
      if (response.status !== 200) throw new Error(`The list was answered ${response.status}: ${JSON.stringify(page)}`);
      items.push(...page.items);
      cursor = page.nextCursor as string | null;
    }
    return items;
  }

  /** Waits until nothing is left to do. @returns all documents */
  async finished(service: ServiceProcess, timeoutMs: number): Promise<Untyped[]> {
    const isDone = async () => (await this.list(service, 'pending,processing')).length === 0;
    await eventually(isDone, timeoutMs).catch((cause: unknown) => {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`Not all documents have ended (${why}). ${workOf(service)}`, { cause });
    });
    return this.list(service);
  }

  /** Rows as they lie in the database. On the embedded profile nobody else may be running. */
  async rows(sql: string): Promise<Untyped[]> {
    const config = loadConfig({ NODE_ENV: 'test', LOG_LEVEL: 'silent', ...this.settings });
    const backend = await openBackend(config);
    try {
      const dataSource = await openDataSource(dataSourceOptions(backend, config));
      try {
        return await dataSource.query<Untyped[]>(sql);
      } finally {
        await closeDataSource(dataSource, 5_000);
      }
    } finally {
      await backend.close();
    }
  }

  private async key(): Promise<string> {
    return (await readFile(join(this.settings['DATA_DIR']!, 'api-key'), 'utf8')).trim();
  }

  async close(): Promise<void> {
    for (const service of this.started) await service.stop('SIGKILL');
    await this.dispose();
  }
}

/** The last it said, without the requests that the waiting itself makes. */
export function workOf(service: ServiceProcess): string {
  const lines = service.output.split('\n').filter((line) => !line.includes('"msg":"request"'));
  return `It said last:\n${lines.slice(-20).join('\n')}`;
}

async function emptyFolder(): Promise<{ settings: Record<string, string>; dispose(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'vectorlane-deployment-'));
  return { settings: { DATA_DIR: folder }, dispose: () => rm(folder, { recursive: true, force: true }) };
}
