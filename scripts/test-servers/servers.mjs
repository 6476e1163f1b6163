// A private PostgreSQL and a private Redis for one run of the tests.
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installServers } from './packages.mjs';
import { attempt, freePort, run, serve, untilAnswers } from './process.mjs';

/** @import { Server } from './process.mjs' */
/**
 * @typedef {{ name: string, signal: NodeJS.Signals, server: Server, start: () => Promise<Server> }} Running
 * @typedef {{ uid?: number, gid?: number }} Account
 */

/**
 * @returns {Promise<{ env: Record<string, string>, stop(): Promise<void>,
 *   halt(name: string, signal: NodeJS.Signals): Promise<void>, resume(name: string): Promise<void> }>}
 *   `halt` ends one of them, `postgres` or `redis-server`, `resume` starts it again on the same port and data
 */
export async function startServers() {
  const { postgresqlBin } = await installServers();
  const folder = mkdtempSync(join(tmpdir(), 'vectorlane-servers-'));
  chmodSync(folder, 0o755);
  /** @type {Running[]} */
  const running = [];
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  const stop = async () => {
    for (const { server, signal } of running.splice(0).reverse()) await server.stop(signal);
    process.off('exit', remove);
    remove();
  };
  try {
    const database = await startPostgresql(folder, postgresqlBin, running);
    const redis = await startRedis(folder, running);
    /** @param {string} name */
    const named = (name) => {
      const found = running.find((one) => one.name === name);
      if (found === undefined) throw new Error(`no server ${name}`);
      return found;
    };
    return {
      env: { TEST_DATABASE_URL: database, TEST_REDIS_URL: redis },
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
  const port = await freePort();
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: home,
    fsync: 'off',
    max_connections: 200,
    log_min_messages: 'warning',
  };
  const isReady = async () =>
    (await attempt(join(bin, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port)])).code === 0;
  await start(running, { name: 'postgres', title: 'PostgreSQL', signal: 'SIGINT', isReady }, () =>
    serve(
      join(bin, 'postgres'),
      ['-D', data, ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])],
      account,
    ),
  );
  return `postgres://vectorlane:${password}@127.0.0.1:${port}/postgres`;
}

/**
 * Starts one and notes how to stop it, and how to start it again.
 * @param {Running[]} running
 * @param {{ name: string, title: string, signal: NodeJS.Signals, isReady: () => Promise<boolean> }} description
 * @param {() => Server} launch
 */
async function start(running, { name, title, signal, isReady }, launch) {
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
async function serverAccount() {
  if (process.getuid?.() !== 0) return {};
  /** @param {string} flag */
  const id = async (flag) => Number((await run('id', [flag, 'postgres'])).trim());
  return { uid: await id('-u'), gid: await id('-g') };
}

/** @param {string} folder @param {Running[]} running */
async function startRedis(folder, running) {
  const home = join(folder, 'redis');
  mkdirSync(home, { mode: 0o700 });
  const port = await freePort();
  const password = randomBytes(18).toString('hex');
  const config = join(home, 'redis.conf');
  writeFileSync(
    config,
    [
      `port ${port}`,
      'bind 127.0.0.1',
      `requirepass ${password}`,
      `dir ${home}`,
      'appendonly yes',
      'maxmemory-policy noeviction',
      'save ""',
      '',
    ].join('\n'),
    { mode: 0o600 },
  );
  await start(running, { name: 'redis-server', title: 'Redis', signal: 'SIGTERM', isReady: () => accepts(port) }, () =>
    serve('redis-server', [config]),
  );
  return `redis://:${password}@127.0.0.1:${port}`;
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
