// A private PostgreSQL and a private Redis for one run of the tests.
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { installServers } from './packages.mjs';
import { attempt, freePort, run, serve, untilAnswers } from './process.mjs';

/** @import { Server } from './process.mjs' */
/**
 * @typedef {{ name: string, signal: NodeJS.Signals, server: Server, start: () => Promise<Server> }} Running
 * @typedef {{ uid?: number, gid?: number }} Account
 */

/**
 * @typedef {{ folder: string, running: Running[], named: (name: string) => Running,
 *   stop: () => Promise<void> }} Home
 */

/**
 * A folder for servers, which goes with them.
 * @returns {Home}
 */
export function makeHome() {
  const folder = mkdtempSync(join(tmpdir(), 'vectorlane-servers-'));
  chmodSync(folder, 0o755);
  /** @type {Running[]} */
  const running = [];
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  return {
    folder,
    running,
    named: (name) => {
      const found = running.find((one) => one.name === name);
      if (found === undefined) throw new Error(`no server ${name}`);
      return found;
    },
    stop: async () => {
      for (const { server, signal } of running.splice(0).reverse()) await server.stop(signal);
      process.off('exit', remove);
      remove();
    },
  };
}

/**
 * @returns {Promise<{ env: Record<string, string>, stop(): Promise<void>,
 *   halt(name: string, signal: NodeJS.Signals): Promise<void>, resume(name: string): Promise<void> }>}
 *   `halt` ends one of them, `postgres` or `redis-server`, `resume` starts it again on the same port and data
 */
export async function startServers() {
  const { postgresqlBin } = await installServers();
  const { folder, running, named, stop } = makeHome();
  try {
    const database = await startPostgresql(folder, postgresqlBin, running);
    const redis = await startRedis(folder, running);
    return {
      env: { TEST_DATABASE_URL: database, TEST_REDIS_URL: redis, TEST_SERVERS_ARE_OURS: '1' },
      stop,
      halt: (name, signal) => named(name).server.stop(signal),
      resume: async (name) => {
        const one = named(name);
        one.server = await one.start();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** @param {string} folder @param {string} bin @param {Running[]} running */
async function startPostgresql(folder, bin, running) {
  const { data, password } = await initPostgresql(folder, bin);
  const port = await servePostgresql(running, { name: 'postgres', bin, data });
  return `postgres://vectorlane:${password}@127.0.0.1:${port}/postgres`;
}

/** @param {string} folder @param {string} bin */
export async function initPostgresql(folder, bin) {
  const account = await serverAccount();
  const home = join(folder, 'postgresql');
  const password = randomBytes(18).toString('hex');
  const passwordFile = join(folder, 'password');
  mkdirSync(home, { mode: 0o700 });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  const { uid, gid } = account;
  if (uid !== undefined && gid !== undefined) for (const path of [home, passwordFile]) chownSync(path, uid, gid);

  const data = join(home, 'data');
  await run(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'vectorlane', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '-E', 'UTF8', '--no-sync'],
    account,
  );
  return { data, password };
}

/**
 * @param {Running[]} running
 * @param {{ name: string, bin: string, data: string, port?: number, settings?: Record<string, string> }} cluster
 * @returns {Promise<number>} its port
 */
export async function servePostgresql(running, { name, bin, data, port: given, settings = {} }) {
  const account = await serverAccount();
  const port = given ?? (await freePort());
  const all = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: dirname(data),
    fsync: 'off',
    max_connections: 200,
    log_min_messages: 'warning',
    ...settings,
  };
  const isReady = async () =>
    (await attempt(join(bin, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port)])).code === 0;
  await start(running, { name, title: 'PostgreSQL', signal: 'SIGINT', isReady }, () =>
    serve(
      join(bin, 'postgres'),
      ['-D', data, ...Object.entries(all).flatMap(([key, value]) => ['-c', `${key}=${value}`])],
      account,
    ),
  );
  return port;
}

/**
 * Starts one and notes how to stop it, and how to start it again.
 * @param {Running[]} running
 * @param {{ name: string, title: string, signal: NodeJS.Signals, isReady: () => Promise<boolean> }} description
 * @param {() => Server} launch
 */
export async function start(running, { name, title, signal, isReady }, launch) {
  /** @param {Server} server */
  const untilReady = async (server) => {
    await untilAnswers(server, title, isReady);
    return server;
  };
  const one = { name, signal, server: launch(), start: () => untilReady(launch()) };
  running.push(one);
  await untilReady(one.server);
}

/**
 * PostgreSQL refuses to run as root; its package brings an account for it.
 * @returns {Promise<Account>}
 */
export async function serverAccount() {
  if (process.getuid?.() !== 0) return {};
  /** @param {string} flag */
  const id = async (flag) => Number((await run('id', [flag, 'postgres'])).trim());
  return { uid: await id('-u'), gid: await id('-g') };
}

/** @param {string} folder @param {Running[]} running */
async function startRedis(folder, running) {
  const password = randomBytes(18).toString('hex');
  const port = await serveRedis(running, {
    name: 'redis-server',
    home: join(folder, 'redis'),
    lines: [`requirepass ${password}`, 'appendonly yes', 'maxmemory-policy noeviction', 'save ""'],
  });
  return `redis://:${password}@127.0.0.1:${port}`;
}

/**
 * @param {Running[]} running
 * @param {{ name?: string, home: string, lines: string[], args?: string[] }} server name: left out, by its port; lines:
 *   of its configuration
 * @returns {Promise<number>} its port
 */
export async function serveRedis(running, { name: given, home, lines, args = [] }) {
  mkdirSync(home, { mode: 0o700 });
  const port = await freePort();
  const name = given ?? `redis ${port}`;
  const config = join(home, 'redis.conf');
  writeFileSync(config, [`port ${port}`, 'bind 127.0.0.1', `dir ${home}`, ...lines, ''].join('\n'), { mode: 0o600 });
  await start(running, { name, title: 'Redis', signal: 'SIGTERM', isReady: () => accepts(port) }, () =>
    serve('redis-server', [config, ...args]),
  );
  return port;
}

/** @param {number} port @returns {Promise<boolean>} */
function accepts(port) {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    /** @param {boolean} answer */
    const settle = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
}
