// One built service on the embedded engines, in an empty folder, for all suites in turn.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cpSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { BootstrapError, ROOT } from '../bootstrap.mjs';

const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 30_000;

/** @typedef {{ url: string, key: string, stop(): Promise<void> }} Service */

/**
 * @param {string} folder for its data
 * @param {string} [first] of a service that has started: its weights, which are made once and never changed, serve here
 * @returns {Promise<Service>}
 */
export async function startService(folder, first) {
  if (first !== undefined) cpSync(join(first, 'data/models'), join(folder, 'data/models'), { recursive: true });
  const key = `vl_${randomBytes(6).toString('hex')}_${randomBytes(32).toString('base64url')}`;
  const child = spawn(process.execPath, ['--require', NO_NETWORK, join(ROOT, 'dist/apps/api/src/main.js')], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH,
      DATA_DIR: join(folder, 'data'),
      BOOTSTRAP_API_KEY: key,
      PORT: '0',
      RATE_LIMIT_PER_MINUTE: '1000000000',
      // Wrong requests are what these suites are made of.
      ALERT_THRESHOLD: '100000',
      LOG_FORMAT: 'json',
    },
  });
  const exited = once(child, 'exit');
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(timer);
  };
  process.once('exit', () => child.kill('SIGKILL'));
  let output = '';
  const url = await new Promise((/** @type {(url: string | undefined) => void} */ resolve) => {
    const timer = setTimeout(() => resolve(undefined), START_TIMEOUT_MS);
    child.stdout.on('data', (/** @type {Buffer} */ data) => {
      output = (output + data.toString()).slice(-64_000);
      const found = /"url":"(http:[^"]+)"/.exec(output)?.[1];
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(found);
    });
    child.once('exit', () => resolve(undefined));
  });
  if (url === undefined) {
    await stop();
    throw new BootstrapError(`The service did not start:\n${output.slice(-4_000)}`);
  }
  return { url, key, stop };
}

const NO_NETWORK = join(ROOT, 'test/protocols/no-network.cjs');

/**
 * Adds the key to every request, for a suite that has no way to give one; everything else goes through as it is.
 * @param {Service} service
 */
export async function withKey({ url, key }) {
  const proxy = createServer((incoming, outgoing) => {
    const { method, headers, url: path } = incoming;
    const call = request(url + (path ?? ''), { method, setHost: false, headers: { ...headers, 'x-api-key': key } });
    call.once('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    call.once('error', () => outgoing.destroy());
    outgoing.once('close', () => call.destroy());
    incoming.pipe(call);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (proxy.address());
  const close = () => {
    proxy.closeAllConnections();
    proxy.close();
  };
  return { url: `http://localhost:${port}`, close };
}
