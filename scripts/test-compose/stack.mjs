// One stack of its own: project name, settings, port and images of this run; and what is asked of it from outside.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { ROOT } from '../bootstrap.mjs';
import { reasonOf } from '../deploy/process.mjs';
import { freePort, run } from '../test-servers/process.mjs';

/** @import { Engine } from './engine.mjs' */
/** @import { Report } from './report.mjs' */
/** @typedef {{ files?: string[], timeoutMs?: number }} ComposeOptions */
/**
 * What is looked at in answers; `text` where it is no JSON, or none came.
 * @typedef {{ id?: string, status?: string, stage?: string, code?: string, items?: { id: string }[],
 *   results?: { documentId: string }[], text?: string }} Answer
 */
/**
 * @typedef {{ Id: string, RestartCount: number, LogPath: string,
 *   State: { Pid: number, Running: boolean, OOMKilled: boolean, StartedAt: string, ExitCode: number,
 *     Health: { Status: string } },
 *   Config: { User: string, Image: string },
 *   HostConfig: { Memory: number, ReadonlyRootfs: boolean, Init: boolean } }} Container what `docker inspect` says
 */

const MAX_BACKEND_MEGABYTES = 450;
/** Services of the profile `observability`, by the repository of their image. */
/** @type {Record<string, string>} */
const OBSERVERS = {
  prometheus: 'prom/prometheus',
  alertmanager: 'prom/alertmanager',
  loki: 'grafana/loki',
  alloy: 'grafana/alloy',
  grafana: 'grafana/grafana',
};

export class Stack {
  /** @param {Engine} engine @param {string} folder @param {Set<string>} images @param {Report} report */
  static async prepare(engine, folder, images, report) {
    const port = await freePort();
    const stack = new Stack(engine, folder, port);
    /** @param {string} repository */
    const has = (repository) => [...images].some((image) => image.startsWith(`${repository}:`));
    stack.observers = Object.keys(OBSERVERS).filter((name) => has(OBSERVERS[name]));
    stack.hasProxy = has('haproxy');
    await stack.#listenForAlerts();
    await stack.#writeFiles();
    report.row('docker compose config with empty secrets', 'refused', ...(await stack.#refusesEmptySecrets()));
    if (process.env.TEST_COMPOSE_BUILT !== '1') {
      const startedAt = Date.now();
      await stack.compose(['build'], { timeoutMs: 1_200_000 });
      const took = seconds(startedAt);
      const { backend, worker } = await stack.#imageMegabytes();
      report.row(
        'docker compose build',
        `both images, the backend below ${MAX_BACKEND_MEGABYTES} MB`,
        `${took} s, backend ${backend} MB, AI worker ${worker} MB`,
        backend < MAX_BACKEND_MEGABYTES,
      );
    }
    return stack;
  }

  /** @type {string[]} */
  observers = [];
  hasProxy = false;
  key = '';

  /**
   * @param {Engine} engine
   * @param {string} folder
   * @param {number} port
   */
  constructor(engine, folder, port) {
    this.engine = engine;
    this.folder = folder;
    this.envFile = join(folder, 'env');
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.project = `vectorlane-test-${randomBytes(3).toString('hex')}`;
    this.files = [join(ROOT, 'docker-compose.yml'), join(folder, 'test.yml')];
    if (process.env.TEST_COMPOSE_FILE) this.files.push(process.env.TEST_COMPOSE_FILE);
    /** @type {{ version?: string }[]} what Alertmanager has sent */
    this.alerts = [];
  }

  /** @param {string[]} args @param {ComposeOptions} [options] */
  compose(args, { files = this.files, timeoutMs = 300_000 } = {}) {
    return this.engine.docker(this.#composeArgs(args, files), { timeoutMs, cwd: ROOT });
  }

  /** @param {string[]} args @param {ComposeOptions} [options] */
  attemptCompose(args, { files = this.files, timeoutMs = 300_000 } = {}) {
    return this.engine.attempt(this.#composeArgs(args, files), { timeoutMs, cwd: ROOT });
  }

  /** @param {string[]} args @param {string[]} files @param {string} [envFile] */
  #composeArgs(args, files, envFile = this.envFile) {
    return ['compose', '-p', this.project, '--env-file', envFile, ...files.flatMap((file) => ['-f', file]), ...args];
  }

  /**
   * A request with the API key. Never throws: a connection that fails has status 0.
   * @param {string} path
   * @param {{ body?: unknown, form?: FormData, headers?: Record<string, string>, method?: string, timeoutMs?: number }}
   *   [request] body: sent as JSON
   * @returns {Promise<{ status: number, body: Answer, ms: number }>}
   */
  async call(path, { body, form, headers, method = body || form ? 'POST' : 'GET', timeoutMs = 10_000 } = {}) {
    const startedAt = performance.now();
    try {
      const response = await fetch(`${this.url}${path}`, {
        method,
        headers: {
          'X-API-Key': this.key,
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        ...(form && { body: form }),
        signal: AbortSignal.timeout(timeoutMs),
      });
      const text = await response.text();
      return {
        status: response.status,
        body: text.startsWith('{') ? /** @type {Answer} */ (JSON.parse(text)) : { text },
        ms: performance.now() - startedAt,
      };
    } catch (error) {
      return { status: 0, body: { text: reasonOf(error) }, ms: performance.now() - startedAt };
    }
  }

  /** @param {string} service */
  async containerOf(service) {
    return (await this.compose(['ps', '-a', '-q', service])).trim().split('\n')[0];
  }

  /** @param {string} service @returns {Promise<Container>} */
  async inspect(service) {
    return JSON.parse(await this.engine.docker(['inspect', await this.containerOf(service)]))[0];
  }

  /**
   * As a crash would end it: from outside, so that the engine restarts it, where the engine's processes are ours.
   * @param {string} service
   */
  async kill(service) {
    const { Id, State } = await this.inspect(service);
    if (this.engine.isPrivate) process.kill(State.Pid, 'SIGKILL');
    else await this.engine.docker(['kill', '--signal', 'KILL', Id]);
    return this.engine.isPrivate ? 'killed' : 'killed, started by hand';
  }

  /** @param {string} service */
  async afterKill(service) {
    if (!this.engine.isPrivate) await this.compose(['start', service]);
  }

  async lastLogs() {
    return (await this.attemptCompose(['--profile', '*', 'logs', '--no-color', '--tail', '40'])).output.slice(-12_000);
  }

  async down() {
    await this.attemptCompose(['--profile', '*', 'down', '--volumes', '--remove-orphans', '--timeout', '30']);
    this.receiver?.close();
    this.receiver?.closeAllConnections();
  }

  /** @returns {Promise<[string, boolean]>} */
  async #refusesEmptySecrets() {
    const args = this.#composeArgs(['config', '--quiet'], [this.files[0]], join(ROOT, '.env.example'));
    const { code, output } = await this.engine.attempt(args, { cwd: ROOT });
    return [output.trim().split('\n').at(-1) ?? '', code !== 0 && output.includes('required variable')];
  }

  async #writeFiles() {
    const env = await run('sh', [join(ROOT, 'docker/fill-env.sh')]);
    this.key = /^BOOTSTRAP_API_KEY=(.+)$/m.exec(env)?.[1] ?? '';
    const more = {
      VECTORLANE_VERSION: 'compose-test',
      RATE_LIMIT_PER_MINUTE: '1000000', // everything comes from one address
      ALERT_WEBHOOK_URL: this.webhook,
    };
    const kept = env.split('\n').filter((line) => !(line.split('=')[0] in more));
    const added = Object.entries(more).map(([name, value]) => `${name}=${value}`);
    writeFileSync(this.envFile, [...kept, ...added, ''].join('\n'), { mode: 0o600 });
    // The port is this run's own, the build may use the host's network, and services whose image is not to be had are
    // left out: nothing else differs from what is shipped.
    const missing = Object.keys(OBSERVERS).filter((name) => !this.observers.includes(name));
    writeFileSync(
      join(this.folder, 'test.yml'),
      [
        'services:',
        '  backend:',
        '    build: { network: host }',
        `    ports: !override ['127.0.0.1:${this.port}:3000']`,
        '  ai-worker:',
        '    build: { network: host }',
        ...missing.flatMap((name) => [`  ${name}:`, '    profiles: !override [not-to-be-had]']),
        '',
      ].join('\n'),
    );
    writeFileSync(
      join(this.folder, 'rolling.yml'),
      `services:\n  proxy:\n    ports: !override ['127.0.0.1:${this.port}:3000']\n  backend:\n    ports: !reset []\n`,
    );
  }

  /**
   * Compose with the profile `rolling` and its file on top.
   * @param {string[]} args
   * @param {ComposeOptions} [options]
   */
  rolling(args, options) {
    return this.compose(['--profile', 'rolling', ...args], { files: this.rollingFiles, ...options });
  }

  get rollingFiles() {
    return [...this.files, join(ROOT, 'docker/compose.rolling.yml'), join(this.folder, 'rolling.yml')];
  }

  /** The generic channel's receiver, on the address at which containers reach this machine. */
  async #listenForAlerts() {
    const gateway = (
      await this.engine.docker(['network', 'inspect', 'bridge', '--format', '{{(index .IPAM.Config 0).Gateway}}'])
    ).trim();
    this.receiver = createServer((request, response) => {
      let text = '';
      request.setEncoding('utf8').on('data', (part) => (text = (text + part).slice(0, 200_000)));
      request.on('end', () => {
        this.alerts.push(JSON.parse(text));
        response.end('ok');
      });
    });
    const host = gateway || '172.17.0.1';
    this.receiver.listen(0, host);
    await once(this.receiver, 'listening');
    const { port } = /** @type {import('node:net').AddressInfo} */ (this.receiver.address());
    this.webhook = `http://${host}:${port}/alerts`;
  }

  async #imageMegabytes() {
    /** @param {string} name */
    const of = async (name) => {
      const image = `vectorlane/${name}:compose-test`;
      return Math.round(Number(await this.engine.docker(['image', 'inspect', '--format', '{{.Size}}', image])) / 1e6);
    };
    return { backend: await of('backend'), worker: await of('ai-worker') };
  }
}

/** @param {number} since */
export const seconds = (since) => ((Date.now() - since) / 1000).toFixed(1);

/**
 * @returns {Promise<number>} milliseconds it took; @throws when it never holds
 * @param {string} what
 * @param {number} timeoutMs
 * @param {() => boolean | Promise<boolean>} condition
 */
export async function until(what, timeoutMs, condition) {
  const startedAt = Date.now();
  while (!(await condition())) {
    if (Date.now() - startedAt > timeoutMs) throw new Error(`Not within ${timeoutMs / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return Date.now() - startedAt;
}
