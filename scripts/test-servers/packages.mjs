// PostgreSQL, pgvector and Redis from the distribution's packages; pgvector from the distribution's own source where it
// is not packaged for the PostgreSQL at hand (Debian 12). No address is written here: the machine's own apt sources are
// used, with another suite for that one source package.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BootstrapError, ROOT } from '../bootstrap.mjs';
import { attempt, retried, run } from './process.mjs';

const POSTGRESQL = '/usr/lib/postgresql';
/** The first Debian suite whose pgvector source builds against PostgreSQL 13 and newer. */
const SOURCE_SUITE = 'trixie';

/** All that the tests need, in one go: what the commands would otherwise install one after the other. */
export async function installForTests() {
  const { TEST_DATABASE_URL, TEST_CHROMIUM, TEST_PROMTOOL, TEST_HAPROXY, TEST_PGBOUNCER, TEST_PROMETHEUS } =
    process.env;
  const missing = [
    ...(TEST_DATABASE_URL ? [] : await missingServers()),
    ...(TEST_CHROMIUM || existsSync('/usr/bin/chromium') ? [] : ['chromium']),
    ...((TEST_PROMTOOL && TEST_PROMETHEUS) || existsSync('/usr/bin/promtool') ? [] : ['prometheus']),
    ...(existsSync('/usr/bin/amtool') ? [] : ['prometheus-alertmanager']),
    ...(TEST_HAPROXY || existsSync('/usr/sbin/haproxy') ? [] : ['haproxy']),
    ...(TEST_PGBOUNCER || existsSync('/usr/sbin/pgbouncer') ? [] : ['pgbouncer']),
    ...((await attempt('tesseract', ['--version'])).code === 0 ? [] : ['tesseract-ocr']),
  ];
  if (missing.length > 0) await apt(...missing);
  if (!TEST_DATABASE_URL) await installServers();
}

async function missingServers() {
  const hasRedis = (await attempt('redis-server', ['--version'])).code === 0;
  return [...(newestPostgresql() ? [] : ['postgresql']), ...(hasRedis ? [] : ['redis-server'])];
}

/** @returns {Promise<{ postgresqlBin: string }>} */
export async function installServers() {
  const missing = await missingServers();
  if (missing.length > 0) await apt(...missing);
  const version = newestPostgresql();
  if (!version) throw new BootstrapError('PostgreSQL was installed but cannot be found below /usr/lib/postgresql.');
  if (!hasPgvector(version)) await installPgvector(version);
  return { postgresqlBin: join(POSTGRESQL, version, 'bin') };
}

/** Debian's Chromium, where the tests look for it unless TEST_CHROMIUM names another. */
export async function installBrowser() {
  if (!existsSync('/usr/bin/chromium')) await apt('chromium');
}

/** promtool with Prometheus, and amtool, where the tests look for them unless TEST_PROMTOOL names another. */
export async function installPromtool() {
  if (!existsSync('/usr/bin/promtool')) await apt('prometheus');
  if (!existsSync('/usr/bin/amtool')) await apt('prometheus-alertmanager');
}

/** A balancer for the rolling restart, where the tests look for it unless TEST_HAPROXY names another. */
export async function installHaproxy() {
  if (!existsSync('/usr/sbin/haproxy')) await apt('haproxy');
}

/** Debian's PgBouncer, where the tests look for it unless TEST_PGBOUNCER names another. */
export async function installPgbouncer() {
  if (!existsSync('/usr/sbin/pgbouncer')) await apt('pgbouncer');
}

function newestPostgresql() {
  if (!existsSync(POSTGRESQL)) return undefined;
  return readdirSync(POSTGRESQL)
    .filter((version) => existsSync(join(POSTGRESQL, version, 'bin', 'initdb')))
    .sort((a, b) => Number(b) - Number(a))[0];
}

/** @param {string} version */
function hasPgvector(version) {
  return existsSync(`/usr/share/postgresql/${version}/extension/vector.control`);
}

/** @param {string} version */
async function installPgvector(version) {
  const packaged = `postgresql-${version}-pgvector`;
  const isPackaged = async () => (await attempt('apt-cache', ['show', packaged])).code === 0;
  if (await isPackaged()) return apt(packaged);
  process.stderr.write('Building pgvector from source …\n');
  await apt(`postgresql-server-dev-${version}`, 'build-essential', 'dpkg-dev');
  const source = await fetchSource('pgvector');
  const pgConfig = `PG_CONFIG=${join(POSTGRESQL, version, 'bin', 'pg_config')}`;
  await run('make', ['-C', source, 'OPTFLAGS=', 'with_llvm=no', pgConfig]);
  await root('make', ['-C', source, 'install', 'with_llvm=no', pgConfig]);
}

/**
 * Fetches and unpacks a source package of the newer suite under an apt configuration of its own.
 * @param {string} name
 */
async function fetchSource(name) {
  const folder = join(ROOT, '.cache', 'apt-source');
  rmSync(folder, { recursive: true, force: true });
  for (const part of ['state/lists/partial', 'cache/archives/partial', 'unpacked'])
    mkdirSync(join(folder, part), { recursive: true });
  const list = join(folder, 'sources.list');
  writeFileSync(list, `deb-src ${debianMirror()} ${SOURCE_SUITE} main\n`);
  const options = [
    ['Dir::Etc::sourcelist', list],
    ['Dir::Etc::sourceparts', '-'],
    ['Dir::State::lists', join(folder, 'state/lists')],
    ['Dir::Cache', join(folder, 'cache')],
    ['APT::Sandbox::User', 'root'],
  ].flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  await retried(() => run('apt-get', [...options, 'update']));
  await retried(() => run('apt-get', [...options, 'source', name], { cwd: join(folder, 'unpacked') }));
  const unpacked = readdirSync(join(folder, 'unpacked'), { withFileTypes: true }).find((entry) => entry.isDirectory());
  if (!unpacked) throw new BootstrapError(`The source of ${name} could not be unpacked.`);
  return join(folder, 'unpacked', unpacked.name);
}

/** The mirror this machine gets Debian's own packages from, in either format of apt's sources. */
export function debianMirror() {
  const folder = '/etc/apt/sources.list.d';
  const files = [
    '/etc/apt/sources.list',
    ...(existsSync(folder) ? readdirSync(folder).map((file) => join(folder, file)) : []),
  ];
  for (const file of files.filter((path) => existsSync(path))) {
    const text = readFileSync(file, 'utf8');
    const oneLine = /^deb(?:-src)?\s+(?:\[[^\]]*\]\s+)?(\S+\/debian\/?)\s/m.exec(text)?.[1];
    const deb822 = /^URIs:\s*(\S+\/debian\/?)(?:\s|$)/m.exec(text)?.[1];
    if (oneLine ?? deb822) return oneLine ?? deb822;
  }
  throw new BootstrapError(
    'No Debian mirror was found in apt’s sources. Set TEST_DATABASE_URL and TEST_REDIS_URL instead.',
  );
}

let listsAreNew = false;

/** @param {...string} packages */
export async function apt(...packages) {
  if ((await attempt('apt-get', ['--version'])).code !== 0) {
    throw new BootstrapError(
      `${packages.join(', ')} missing and there is no apt-get. Install PostgreSQL with pgvector and Redis, or set TEST_DATABASE_URL and TEST_REDIS_URL.`,
    );
  }
  process.stderr.write(`Installing ${packages.join(', ')} …\n`);
  // Another installation at this moment holds the lock for a while.
  const wait = ['-o', 'DPkg::Lock::Timeout=240'];
  const install = () => root('apt-get', [...wait, 'install', '-y', '--no-install-recommends', ...packages]);
  if (!listsAreNew) {
    // The machine's package lists may do; old ones point to files that are gone, and a fresh machine has none.
    try {
      return await install();
    } catch {
      await updateLists();
    }
  }
  return retried(install);
}

async function updateLists() {
  if (listsAreNew) return;
  await retried(() => root('apt-get', ['update']));
  listsAreNew = true;
}

/** @param {string} command @param {string[]} args */
function root(command, args) {
  return process.getuid?.() === 0 ? run(command, args) : run('sudo', ['-n', command, ...args]);
}
