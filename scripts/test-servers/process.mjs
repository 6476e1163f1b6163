// Child processes for the set-up of the test servers: bounded, and with their output at hand when they fail.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { BootstrapError } from '../bootstrap.mjs';

/**
 * @typedef {{ timeoutMs?: number, cwd?: string | undefined, env?: NodeJS.ProcessEnv | undefined,
 *   uid?: number | undefined, gid?: number | undefined }} RunOptions
 */
/** @typedef {{ output(): string, hasExited(): boolean, stop(signal?: NodeJS.Signals): Promise<void> }} Server */

/**
 * @returns {Promise<string>} what it printed; @throws BootstrapError when it fails or takes too long
 * @param {string} command
 * @param {string[]} args
 * @param {RunOptions} [options]
 */
export async function run(command, args, { timeoutMs = 300_000, cwd, env, uid, gid } = {}) {
  const { code, output } = await attempt(command, args, { timeoutMs, cwd, env, uid, gid });
  if (code !== 0) throw new BootstrapError(`\`${command} ${args.join(' ')}\` failed:\n${output.slice(-4_000)}`);
  return output;
}

/**
 * The same for commands whose failure is an answer.
 * @param {string} command
 * @param {string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<{ code: number, output: string }>}
 */
export function attempt(command, args, { timeoutMs = 300_000, cwd, env, uid, gid } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      cwd,
      uid,
      gid,
      env: { ...process.env, LC_ALL: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive', ...env },
    });
    // Should this process end meanwhile, the step goes with it.
    const endWithUs = () => child.kill('SIGKILL');
    process.once('exit', endWithUs);
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    /** @param {{ code: number, output: string }} answer */
    const settle = (answer) => {
      process.off('exit', endWithUs);
      resolve(answer);
    };
    child.once('error', (error) => settle({ code: 127, output: String(error) }));
    child.once('close', (code) => settle({ code: code ?? 1, output }));
  });
}

/**
 * Runs a step until it works, three times at most: registries have bad moments.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function retried(work) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (tries === 3) throw error;
      await new Promise((resolve) => setTimeout(resolve, tries * 2_000));
    }
  }
}

export async function freePort() {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (probe.address());
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/**
 * Starts a server that stays; ended by its own process id.
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Server}
 */
export function serve(command, args, options) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  let output = '';
  /** @param {Buffer | string} data */
  const keep = (data) => (output = (output + data.toString()).slice(-16_000));
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const exited = new Promise((resolve) => child.once('exit', resolve));
  // Should this process end without stopping it in order, the server goes with it.
  const endWithUs = () => child.kill('SIGKILL');
  process.once('exit', endWithUs);
  child.once('error', (error) => (output += error.message)).once('exit', () => process.off('exit', endWithUs));
  return {
    output: () => output,
    hasExited: () => child.exitCode !== null || child.signalCode !== null,
    /** @param {NodeJS.Signals} signal */
    async stop(signal) {
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await exited;
      clearTimeout(timer);
    },
  };
}

/**
 * @throws BootstrapError with the server's own words when it never answers
 * @param {Server} server
 * @param {string} name
 * @param {() => Promise<boolean>} probe
 */
export async function untilAnswers(server, name, probe) {
  const deadline = Date.now() + 60_000;
  while ((await probe()) !== true) {
    if (server.hasExited() || Date.now() > deadline)
      throw new BootstrapError(`${name} did not start:\n${server.output()}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
