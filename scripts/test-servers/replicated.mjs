// A PostgreSQL with a standby that confirms every commit, and a Redis with a replica under three Sentinels: servers of
// which one may be lost.
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { installServers } from './packages.mjs';
import { freePort, run } from './process.mjs';
import { initPostgresql, makeHome, serverAccount, servePostgresql, serveRedis } from './servers.mjs';

/** Long enough for a probe to see that the master is away. */
const DOWN_AFTER_MS = 2_000;

/**
 * @returns {Promise<{ env: Record<string, string>, stop(): Promise<void>,
 *   loseDatabase(): Promise<void>, rejoinDatabase(): Promise<void>,
 *   loseRedis(port: number): Promise<void>, rejoinRedis(port: number): Promise<void> }>}
 *   `loseDatabase` ends the primary as a crash does and promotes its standby, `loseRedis` kills the Redis on that port;
 *   the `rejoin…` bring the lost one back, as a standby or a replica
 */
export async function startReplicatedServers() {
  const { postgresqlBin: bin } = await installServers();
  const home = makeHome();
  const { named, stop } = home;
  try {
    const database = await startDatabases(home, bin);
    const redis = await startRedises(home);
    return {
      env: { TEST_DATABASE_URL: database.url, TEST_REDIS_URL: redis },
      stop,
      loseDatabase: database.lose,
      rejoinDatabase: database.rejoin,
      loseRedis: (port) => named(`redis ${port}`).server.stop('SIGKILL'),
      rejoinRedis: async (port) => {
        const one = named(`redis ${port}`);
        one.server = await one.start();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** @param {import('./servers.mjs').Home} home @param {string} bin */
async function startDatabases({ folder, running, named }, bin) {
  const { data, password } = await initPostgresql(folder, bin);
  const account = await serverAccount();
  const ports = [await freePort(), await freePort()];
  const folders = [data, `${data}-2`];
  let primary = 0;
  const other = () => 1 - primary;
  const at = () => ['-h', '127.0.0.1', '-p', String(ports[primary]), '-U', 'vectorlane'];
  const asOwner = { ...account, env: { PGPASSWORD: password } };
  /** @param {string} statement */
  const configure = (statement) =>
    run(
      join(bin, 'psql'),
      ['-q', ...at(), '-d', 'postgres', '-c', statement, '-c', 'SELECT pg_reload_conf()'],
      asOwner,
    );
  /** @param {number} index */
  const serveOne = (index) =>
    servePostgresql(running, { name: `postgres ${index}`, bin, data: folders[index] ?? '', port: ports[index] ?? 0 });
  const addStandby = async () => {
    const folder = folders[other()] ?? '';
    rmSync(folder, { recursive: true, force: true });
    const copy = ['-D', folder, '-R', '-X', 'stream', '-c', 'fast', '--no-sync'];
    await run(join(bin, 'pg_basebackup'), [...at(), ...copy], asOwner);
    await serveOne(other());
    // From here on a commit is one on both: what was answered 202 survives the loss of the primary.
    await configure(`ALTER SYSTEM SET synchronous_standby_names = '*'`);
  };
  await serveOne(primary);
  await addStandby();
  const hosts = ports.map((port) => `127.0.0.1:${port}`).join(',');
  return {
    url: `postgres://vectorlane:${password}@${hosts}/postgres?target_session_attrs=read-write`,
    lose: async () => {
      const lost = named(`postgres ${primary}`);
      await lost.server.stop('SIGQUIT');
      running.splice(running.indexOf(lost), 1);
      primary = other();
      await run(join(bin, 'pg_ctl'), ['promote', '-w', '-D', folders[primary] ?? ''], account);
      // Copied with the rest: alone, it would wait for a standby for ever.
      await configure('ALTER SYSTEM RESET synchronous_standby_names');
    },
    rejoin: addStandby,
  };
}

/** @param {import('./servers.mjs').Home} home */
async function startRedises({ folder, running }) {
  const password = randomBytes(18).toString('hex');
  const own = [
    `requirepass ${password}`,
    `masterauth ${password}`,
    'appendonly yes',
    'maxmemory-policy noeviction',
    'repl-diskless-sync-delay 0',
    'save ""',
  ];
  const master = await serveRedis(running, { home: join(folder, 'redis-0'), lines: own });
  const lines = [...own, `replicaof 127.0.0.1 ${master}`];
  await serveRedis(running, { home: join(folder, 'redis-1'), lines });
  const sentinels = [];
  for (const index of [0, 1, 2]) {
    const lines = [
      `requirepass ${password}`,
      `sentinel sentinel-pass ${password}`,
      `sentinel monitor main 127.0.0.1 ${master} 2`,
      `sentinel auth-pass main ${password}`,
      `sentinel down-after-milliseconds main ${DOWN_AFTER_MS}`,
      'sentinel failover-timeout main 5000',
    ];
    const place = { name: `sentinel ${index}`, home: join(folder, `sentinel-${index}`) };
    sentinels.push(await serveRedis(running, { ...place, lines, args: ['--sentinel'] }));
  }
  const hosts = sentinels.map((port) => `127.0.0.1:${port}`).join(',');
  return `redis+sentinel://:${password}@${hosts}/main?sentinelPassword=${password}`;
}
