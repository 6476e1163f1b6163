// The stack as this deployment reaches it: Compose with its files and settings, and a look from inside a container.
import { ROOT } from '../bootstrap/files.mjs';
import { attempt, lastLine, run, StepError } from './process.mjs';

/** @import { AttemptOptions } from './process.mjs' */
/**
 * @typedef {{ image: string, build?: unknown, environment: Record<string, string> }} Service
 * @typedef {{ name: string, services: Record<string, Service>, volumes: Record<string, { name?: string }> }} Config
 * @typedef {{ Service: string, State: string, Health: string }} Container
 * @typedef {{ status: number, body: string }} Answer status 0: no answer
 */

const RUNTIME = ['bash', '/usr/local/etc/haproxy/runtime.sh'];

/** Runs in a backend's container, whose image has no curl. The request comes by standard input: it may hold a key. */
const REQUEST = `
let text = '';
process.stdin.on('data', (part) => (text += part)).on('end', async () => {
  const { url, timeoutMs, ...init } = JSON.parse(text);
  try {
    const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(timeoutMs) });
    console.log(JSON.stringify({ status: answer.status, body: await answer.text() }));
  } catch (error) {
    console.log(JSON.stringify({ status: 0, body: String(error.cause?.code ?? error.name) }));
  }
});`;

export class Compose {
  /** @type {Config | undefined} */
  #config;

  /**
   * @param {Pick<import('./command-line.mjs').Options, 'envFile' | 'files' | 'project'>} options
   * @param {AbortSignal} [signal]
   */
  constructor({ envFile, files, project }, signal) {
    this.base = [
      'compose',
      ...(project === undefined ? [] : ['-p', project]),
      ...['--env-file', envFile],
      ...files.flatMap((file) => ['-f', file]),
    ];
    this.signal = signal;
  }

  /** @param {string[]} args @param {AttemptOptions} [options] */
  run(args, options) {
    return run('docker', [...this.base, ...args], { cwd: ROOT, signal: this.signal, ...options });
  }

  /** @param {string[]} args @param {AttemptOptions} [options] */
  attempt(args, options) {
    return attempt('docker', [...this.base, ...args], { cwd: ROOT, signal: this.signal, ...options });
  }

  /** @param {string[]} args @param {AttemptOptions} [options] */
  docker(args, options) {
    return run('docker', args, { cwd: ROOT, signal: this.signal, ...options });
  }

  /**
   * As an operator would type it.
   * @param {...string} args
   */
  line(...args) {
    return ['docker', ...this.base, ...args].map((part) => (/^[\w./:=-]+$/.test(part) ? part : `'${part}'`)).join(' ');
  }

  /**
   * Files and settings as Compose reads them: the services of the active profiles.
   * @returns {Promise<Config>}
   */
  async config() {
    this.#config ??= await this.#readConfig();
    return this.#config;
  }

  /** @returns {Promise<Config>} */
  async #readConfig() {
    const { code, stdout, stderr } = await this.attempt(['config', '--format', 'json']);
    if (code !== 0) throw new StepError(lastLine(stderr));
    // Printed so that it could be read again: a `$` is doubled.
    return /** @type {Config} */ (JSON.parse(stdout.replaceAll('$$', '$')));
  }

  /** @param {string} service */
  async has(service) {
    return service in (await this.config()).services;
  }

  /** @returns {Promise<Container[]>} */
  async ps() {
    const text = (await this.run(['ps', '--all', '--format', 'json'])).trim();
    const lines = text.startsWith('[') ? text : `[${text.split('\n').filter(Boolean).join()}]`;
    return /** @type {Container[]} */ (JSON.parse(lines));
  }

  /** @param {string} service */
  async isRunning(service) {
    return (await this.ps()).some(({ Service, State }) => Service === service && State === 'running');
  }

  /**
   * Recreated where image or settings changed, and healthy at the end. Never with `--no-deps`: for the dependencies
   * that are then missing Compose (2.26) takes a service for changed and recreates it, the proxy too.
   * @param {string[]} services
   * @param {number} waitSeconds
   */
  up(services, waitSeconds) {
    return this.run(['up', '--detach', '--no-build', '--wait', '--wait-timeout', String(waitSeconds), ...services], {
      timeoutMs: (waitSeconds + 120) * 1000,
    });
  }

  /**
   * A request as a process beside the service would make it. Never throws for an answer: status 0 is none.
   * @param {string} service
   * @param {{ url: string, method?: string, headers?: Record<string, string>, timeoutMs?: number }} request
   * @returns {Promise<Answer>}
   */
  async request(service, request) {
    const input = JSON.stringify({ timeoutMs: 10_000, ...request });
    const { code, stdout, stderr } = await this.attempt(['exec', '-T', service, 'node', '-e', REQUEST], {
      input,
      timeoutMs: 30_000,
    });
    if (code !== 0) return { status: 0, body: lastLine(stderr) };
    return /** @type {Answer} */ (JSON.parse(stdout));
  }

  /**
   * docker/proxy/runtime.sh inside the proxy.
   * @param {...string} args
   */
  async runtime(...args) {
    return this.run(['exec', '-T', 'proxy', ...RUNTIME, ...args], { timeoutMs: 20_000 });
  }

  /** @param {...string} args */
  runtimeLine(...args) {
    return this.line('exec', 'proxy', ...RUNTIME, ...args);
  }

  /**
   * A program of PostgreSQL, in its container and as its owner.
   * @param {string} command
   * @param {AttemptOptions} [options]
   */
  inDatabase(command, options) {
    return this.attempt(
      ['exec', '-T', 'postgres', 'sh', '-c', `PGPASSWORD=$POSTGRES_PASSWORD exec ${command}`],
      options,
    );
  }
}
