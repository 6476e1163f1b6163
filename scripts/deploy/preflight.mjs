// Step 1: nothing is touched; a database there is dumped, and the dump is read back.
import { createHash } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { connect } from 'node:tls';
import { ROOT } from '../bootstrap/files.mjs';
import * as decide from './decisions.mjs';
import { attempt, lastLine, StepError } from './process.mjs';

/** @import { Compose } from './compose.mjs' */
/** @import { Steps } from './flow.mjs' */

const DATABASE = '-U vectorlane -d vectorlane';
/** A dump of a large database takes its time. */
const DUMP_TIMEOUT_MS = 4 * 3_600_000;

/** @satisfies {Steps} */
export const preflight = {
  'preflight.secrets': async ({ compose, options }) => {
    const secrets = decide.secretsOf((await compose.config()).services);
    const check = await attempt('sh', [join(ROOT, 'docker/require-secrets.sh'), 'true'], {
      env: { ...secrets, REQUIRE_SECRETS: Object.keys(secrets).join(' ') },
    });
    const refused = check.stderr.split('\n').filter((line) => line.startsWith('Refusing to start: '));
    if (check.code !== 0 && refused.length === 0) throw new StepError(lastLine(check.stderr));
    const file = statSync(resolve(ROOT, options.envFile), { throwIfNoEntry: false });
    return decide.checkSecrets(secrets, refused, file?.mode);
  },

  'preflight.cors': async ({ compose }) => decide.checkCors(await backendSetting(compose, 'CORS_ORIGIN')),

  'preflight.tls': async ({ compose, options: { publicUrl, waiveTls } }) => {
    const trustProxy = await backendSetting(compose, 'TRUST_PROXY');
    const daysLeft = publicUrl === undefined ? undefined : await certificateDays(publicUrl);
    return decide.checkTls({
      publicUrl,
      waived: waiveTls,
      trustProxy,
      hasProxy: await compose.has('proxy'),
      daysLeft,
    });
  },

  'preflight.versions': async ({ compose }) =>
    decide.checkVersions({
      docker: (await compose.docker(['version', '--format', '{{.Server.Version}}'])).trim(),
      compose: (await compose.run(['version', '--short'])).trim(),
    }),

  'preflight.disk': async ({ compose, options }) => {
    const { minFreeBytes } = options;
    const dockerRoot = (await compose.docker(['info', '--format', '{{.DockerRootDir}}'])).trim();
    const backups = backupFolder(options);
    const places = [await freeIn(backups, Math.max(minFreeBytes, await databaseBytes(compose)))];
    // An engine on another machine has its folder there.
    const here = await freeIn(dockerRoot, minFreeBytes).catch(() => undefined);
    if (here !== undefined) places.unshift(here);
    return decide.checkDisk(places);
  },

  'preflight.migrations': async ({ compose, notes }) => {
    const applied = (await databaseState(compose)) === 'running' ? await appliedMigrations(compose) : undefined;
    const { pending, line } = decide.checkMigrations(knownMigrations(), applied);
    notes.pending = applied === undefined ? [] : pending;
    return line;
  },

  'preflight.backup': async ({ compose, options, notes }) => {
    const state = await databaseState(compose);
    if (state === 'none') return 'no database yet, so nothing to lose';
    if (state === 'stopped')
      throw new StepError(
        `the database is there and does not run, so it cannot be dumped: ${compose.line('up', '-d', '--wait', 'postgres')}`,
      );
    const file = join(
      backupFolder(options),
      `vectorlane-${new Date().toISOString().replaceAll(/[:-]|\.\d+/g, '')}.dump`,
    );
    const partial = `${file}.partial`;
    try {
      await dump(compose, partial);
      const tables = await readBack(compose, partial);
      renameSync(partial, file);
      notes.dump = file;
      return `${file}, ${(statSync(file).size / 1e6).toFixed(1)} MB, ${tables} tables, read back whole, SHA-256 ${(await digest(file)).slice(0, 12)}…`;
    } finally {
      rmSync(partial, { force: true });
    }
  },
};

/** @param {Compose} compose @param {string} name */
async function backendSetting(compose, name) {
  return (await compose.config()).services.backend.environment[name] ?? '';
}

/** @param {{ backupDir: string }} options */
function backupFolder({ backupDir }) {
  const folder = resolve(ROOT, backupDir);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** @param {string} place @param {number} neededBytes */
async function freeIn(place, neededBytes) {
  const { bavail, bsize } = await statfs(place);
  return { place, freeBytes: bavail * bsize, neededBytes };
}

/**
 * @returns {Promise<'none' | 'stopped' | 'running'>}
 * @param {Compose} compose
 */
async function databaseState(compose) {
  if (await compose.isRunning('postgres')) return 'running';
  const { name, volumes } = await compose.config();
  const volume = volumes['postgres-data']?.name ?? `${name}_postgres-data`;
  const found = await attempt('docker', ['volume', 'inspect', volume]);
  return found.code === 0 ? 'stopped' : 'none';
}

/** @param {Compose} compose */
async function appliedMigrations(compose) {
  const table = await query(compose, `SELECT to_regclass('migrations') IS NOT NULL`);
  return table === 't'
    ? (await query(compose, 'SELECT name FROM migrations ORDER BY id')).split('\n').filter(Boolean)
    : undefined;
}

/** @param {Compose} compose */
async function databaseBytes(compose) {
  return (await databaseState(compose)) === 'running'
    ? Number(await query(compose, `SELECT pg_database_size('vectorlane')`))
    : 0;
}

/** @param {Compose} compose @param {string} sql */
async function query(compose, sql) {
  const { code, stdout, stderr } = await compose.inDatabase(`psql ${DATABASE} --no-psqlrc --tuples-only --no-align`, {
    input: sql,
  });
  if (code !== 0) throw new StepError(`the database does not answer: ${lastLine(stderr)}`);
  return stdout.trim();
}

/** Of the sources that `build.images` builds from, in the order they run. */
export function knownMigrations() {
  const folder = join(ROOT, 'libs/database/src/migrations');
  return readdirSync(folder)
    .filter((file) => /^\d+-.*\.ts$/.test(file) && !file.endsWith('.spec.ts'))
    .sort()
    .map((file) => /readonly name = '(\w+)'/.exec(readFileSync(join(folder, file), 'utf8'))?.[1])
    .filter((name) => name !== undefined);
}

/** @param {Compose} compose @param {string} path */
async function dump(compose, path) {
  const output = createWriteStream(path, { mode: 0o600, flags: 'wx' });
  const { code, stderr } = await compose.inDatabase(`pg_dump -Fc ${DATABASE}`, { output, timeoutMs: DUMP_TIMEOUT_MS });
  if (code !== 0) throw new StepError(`pg_dump failed: ${lastLine(stderr)}`);
}

/**
 * Its table of contents, then every byte of it: the list alone is read from the beginning of a file cut off as well.
 * @param {Compose} compose
 * @param {string} path
 */
async function readBack(compose, path) {
  /** @param {string} how */
  const read = async (how) => {
    const answer = await compose.inDatabase(`pg_restore ${how}`, {
      input: createReadStream(path),
      timeoutMs: DUMP_TIMEOUT_MS,
    });
    if (answer.code !== 0) throw new StepError(`the dump cannot be read: ${lastLine(answer.stderr)}`);
    return answer.stdout;
  };
  const tables = decide.checkDump(await read('--list'));
  await read('--file=/dev/null');
  return tables;
}

/** @param {string} path */
async function digest(path) {
  const hash = createHash('sha256');
  for await (const part of createReadStream(path)) hash.update(/** @type {Buffer} */ (part));
  return hash.digest('hex');
}

/**
 * @throws StepError when nothing answers there, or not with a certificate that this machine trusts for that name
 * @param {URL} url
 * @returns {Promise<number>}
 */
export function certificateDays(url) {
  return new Promise((resolveDays, reject) => {
    const socket = connect({
      host: url.hostname,
      port: Number(url.port || 443),
      servername: url.hostname,
      timeout: 10_000,
    });
    /** @param {string} why */
    const failed = (why) => {
      socket.destroy();
      reject(new StepError(`${url.host} shows no TLS that can be trusted: ${why}`));
    };
    socket.once('secureConnect', () => {
      const { valid_to: until } = socket.getPeerCertificate();
      socket.destroy();
      resolveDays((Date.parse(until) - Date.now()) / 86_400_000);
    });
    socket.once('timeout', () => failed('no answer within 10 s'));
    socket.once('error', (/** @type {NodeJS.ErrnoException} */ error) => failed(error.code ?? error.message));
  });
}
