import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Ajv from 'ajv';
import {
  MissingVariableError,
  parseEnvironment,
  parseYaml,
  read,
  renderCompose,
  ROOT,
} from '../../support/compose-file';
import type { Untyped } from '../../support/test-app';

const filled = parseEnvironment(spawnSync('sh', [join(ROOT, 'docker/fill-env.sh')], { encoding: 'utf8' }).stdout);
const example = parseEnvironment(read('.env.example'));
const ROLLING = ['docker-compose.yml', 'docker/compose.rolling.yml'];
const SECRETS = [
  'POSTGRES_PASSWORD',
  'REDIS_PASSWORD',
  'AI_WORKER_TOKEN',
  'METRICS_TOKEN',
  'BOOTSTRAP_API_KEY',
  'GRAFANA_ADMIN_PASSWORD',
];

const stack = renderCompose(filled);
const services = stack.services as Record<string, Untyped>;
const rolling = renderCompose(filled, ROLLING).services as Record<string, Untyped>;
const inProfile = (profile: string | undefined): string[] =>
  Object.keys(services)
    .filter((name) => services[name].profiles?.[0] === profile)
    .toSorted();
const bytes = (size: string): number =>
  Number.parseFloat(size) * { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }[size.at(-1) as 'K' | 'M' | 'G'];
const everyService = Object.keys(services);

describe('which services there are', () => {
  it('runs the four of the contract without a profile', () => {
    expect(inProfile(undefined)).toEqual(['ai-worker', 'backend', 'postgres', 'redis']);
  });

  it('adds the observers with `observability` and the proxy and a second backend with `rolling`', () => {
    expect(inProfile('observability')).toEqual(['alertmanager', 'alloy', 'grafana', 'loki', 'prometheus']);
    expect(inProfile('rolling')).toEqual(['backend-2', 'proxy']);
    expect(everyService).toHaveLength(11);
  });

  it('takes a PostgreSQL and a Redis of one’s own by `.env` alone', () => {
    const files = ['docker-compose.yml', 'docker/compose.external.yml'];
    const own = { DATABASE_URL: 'postgres://me@db.example.org/v', REDIS_URL: 'rediss://cache.example.org' };
    const { services: there } = renderCompose({ ...filled, ...own }, files);
    for (const name of ['backend', 'backend-2']) {
      expect(there[name].environment).toMatchObject({ ...own, AI_WORKER_URL: 'http://ai-worker:8000' });
      expect(there[name].depends_on ?? []).toHaveLength(0);
      expect(there[name].networks).toHaveProperty('edge'); // the network that leads outside
    }
    for (const name of ['postgres', 'redis']) expect(there[name].profiles).toEqual(['not-in-this-stack']);
    expect(() => renderCompose(filled, files)).toThrow('DATABASE_URL');
  });

  it('takes a cross-encoder of one’s own by `.env` alone', () => {
    const files = ['docker-compose.yml', 'docker/compose.reranker.yml'];
    const own = { RERANK_MODEL_FOLDER: '/srv/models/reranker', RERANK_DEFAULT: 'true' };
    const { services: there } = renderCompose({ ...filled, ...own }, files);
    expect(there['ai-worker'].volumes).toEqual([
      { type: 'bind', source: '/srv/models/reranker', target: '/app/reranker', read_only: true },
    ]);
    expect(there['ai-worker'].environment).toMatchObject({
      AI_WORKER_TOKEN: filled['AI_WORKER_TOKEN'],
      RERANK_MODEL_PATH: '/app/reranker',
    });
    for (const name of ['backend', 'backend-2'])
      expect(there[name].environment).toMatchObject({ RERANK_DEFAULT: 'true', AI_WORKER_URL: 'http://ai-worker:8000' });
    expect(() => renderCompose(filled, files)).toThrow('RERANK_MODEL_FOLDER');
  });

  it('runs the backend with all roles on PostgreSQL, Redis and the AI worker', () => {
    expect(services['backend'].environment).toMatchObject({
      ROLE: 'all',
      NODE_ENV: 'production',
      DATABASE_URL: `postgres://vectorlane:${filled['POSTGRES_PASSWORD']}@postgres:5432/vectorlane`,
      REDIS_URL: `redis://:${filled['REDIS_PASSWORD']}@redis:6379/0`,
      AI_WORKER_URL: 'http://ai-worker:8000',
      AI_WORKER_TOKEN: filled['AI_WORKER_TOKEN'],
    });
  });

  it('makes the second backend from the same cloth', () => {
    const { ports, build, ...first } = services['backend'];
    const { profiles, ...second } = services['backend-2'];
    expect(second).toEqual(first);
    expect([ports, profiles, build.dockerfile]).toEqual([['3000:3000'], ['rolling'], 'docker/backend.Dockerfile']);
  });
});

describe('every service', () => {
  it.each(everyService)('%s ends in order, has nothing it does not need, and cannot fill the disk', (name) => {
    expect(services[name]).toMatchObject({
      init: true,
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      restart: 'unless-stopped',
      stop_grace_period: '90s',
      logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '5' } },
    });
    expect(services[name]).not.toHaveProperty('privileged');
    expect(services[name]).not.toHaveProperty('cap_add');
    expect(JSON.stringify(services[name])).not.toContain('docker.sock');
  });

  it.each(everyService)('%s has a health check, a memory limit, and a bound on its temporary files', (name) => {
    const { healthcheck, deploy, tmpfs } = services[name];
    expect(healthcheck.test[0]).toMatch(/^CMD(-SHELL)?$/);
    expect(Object.keys(healthcheck)).toEqual(expect.arrayContaining(['interval', 'timeout', 'retries']));
    expect(bytes(deploy.resources.limits.memory)).toBeGreaterThan(0);
    expect(deploy.resources.limits.pids).toBeGreaterThan(0);
    expect(tmpfs.length).toBeGreaterThan(0);
    for (const mount of tmpfs) expect(mount).toMatch(/:size=\d+m,.*nosuid,nodev,noexec/);
  });

  // Our own images say in their Dockerfile who they run as.
  it.each(everyService.filter((name) => !services[name].image.startsWith('vectorlane/') && name !== 'alloy'))(
    '%s runs as a numbered user that is not root',
    (name) => expect(services[name].user).toMatch(/^[1-9]\d*:[1-9]\d*$/),
  );

  it('names every foreign image with its exact version, and takes another by digest from `.env`', () => {
    const foreign = everyService.filter((name) => !services[name].image.startsWith('vectorlane/'));
    for (const name of foreign) {
      expect(services[name].image).toMatch(/:v?\d+\.\d+\.\d+[\w.-]*$/);
      const variable = `${name.toUpperCase()}_IMAGE`;
      const pinned = `${services[name].image}@sha256:${'0'.repeat(64)}`;
      expect(read('.env.example')).toContain(`# ${variable}=`);
      expect(renderCompose({ ...filled, [variable]: pinned }).services[name].image).toBe(pinned);
    }
    expect(foreign).toHaveLength(8);
    // Without a value here, so that `.env` decides where it does, and the Dockerfile elsewhere.
    expect(services['backend'].build.args).toMatchObject({ NODE_IMAGE: null });
    expect(services['ai-worker'].build.args).toMatchObject({ NODE_IMAGE: null, PYTHON_IMAGE: null });
  });

  it('mounts files of the repository read-only', () => {
    for (const { volumes = [] } of Object.values(services)) {
      for (const volume of volumes) {
        if (typeof volume === 'string' && /^[./]/.test(volume)) expect(volume).toMatch(/:ro$/);
        if (typeof volume === 'object') expect(volume).toMatchObject({ type: 'bind', read_only: true });
      }
    }
  });

  it('gives root to the log shipper alone, without a capability and with the log files alone', () => {
    expect(services['alloy'].user).toBe('0:0');
    expect(services['alloy'].volumes).toEqual([
      './docker/alloy/config.alloy:/etc/alloy/config.alloy:ro',
      '/var/lib/docker/containers:/var/log/containers:ro',
      'alloy-data:/var/lib/alloy/data',
    ]);
  });
});

describe('limits, health, volumes and order of the contract', () => {
  it('gives the backend 1 GB, 512 MB of it for certain, and the AI worker 4 GB', () => {
    const { limits, reservations } = services['backend'].deploy.resources;
    expect([bytes(limits.memory), bytes(reservations.memory)]).toEqual([2 ** 30, 2 ** 29]);
    expect(bytes(services['ai-worker'].deploy.resources.limits.memory)).toBe(4 * 2 ** 30);
  });

  it('keeps spool and parser of the backend within its limit', () => {
    const { environment, tmpfs, deploy } = services['backend'];
    const spool = Number(/size=(\d+)m/.exec(tmpfs[0])?.[1]) * 2 ** 20;
    expect(environment.MAX_CONCURRENT_UPLOADS * environment.MAX_UPLOAD_BYTES).toBeLessThanOrEqual(spool);
    const rest = bytes(deploy.resources.limits.memory) - spool - Number(environment.PARSER_MAX_MEMORY_BYTES);
    expect(rest).toBeGreaterThan(256 * 2 ** 20);
  });

  it('starts the backend when PostgreSQL and Redis are healthy, and waits for nothing else', () => {
    expect(services['backend'].depends_on).toEqual({
      postgres: { condition: 'service_healthy' },
      redis: { condition: 'service_healthy' },
    });
  });

  it('asks each service the question of the contract', () => {
    expect(services['backend'].healthcheck.test).toEqual(['CMD', 'node', 'docker/healthcheck.mjs']);
    expect(read('docker/healthcheck.mjs')).toContain('/health`');
    expect(services['postgres'].healthcheck.test).toEqual(expect.arrayContaining(['CMD', 'pg_isready']));
    expect(services['redis'].healthcheck.test).toEqual(['CMD-SHELL', 'redis-cli ping | grep -q PONG']);
    expect(services['ai-worker'].healthcheck.test).toEqual(['CMD', 'python', '/app/healthcheck.py']);
    expect(read('docker/ai-worker-healthcheck.py')).toContain('/health"');
  });

  it('keeps data on named volumes', () => {
    expect(Object.keys(stack.volumes)).toEqual(expect.arrayContaining(['postgres-data', 'redis-data']));
    expect(services['postgres'].volumes).toContain('postgres-data:/var/lib/postgresql/data');
    expect(services['redis'].volumes).toContain('redis-data:/data');
  });

  it('has Redis write what it acknowledges and evict nothing', () => {
    const redis = read('docker/redis/redis.conf');
    for (const line of ['appendonly yes', 'appendfsync everysec', 'maxmemory-policy noeviction'])
      expect(redis.split('\n')).toContain(line);
  });
});

describe('what is reached from outside', () => {
  const published = (all: Record<string, Untyped>): Record<string, string[]> =>
    Object.fromEntries(
      Object.entries(all)
        .filter(([, service]) => service.ports !== undefined)
        .map(([name, service]) => [name, service.ports]),
    );

  it('is port 3000 of the backend, and Grafana for this machine alone', () => {
    expect(published(services)).toEqual({
      backend: ['3000:3000'],
      proxy: ['3000:3000'],
      grafana: ['127.0.0.1:3001:3000'],
    });
  });

  it('is port 3000 of the proxy in place of the backend with the profile `rolling`', () => {
    expect(published(rolling)).toEqual({ proxy: ['3000:3000'], grafana: ['127.0.0.1:3001:3000'] });
    expect([rolling['backend'], rolling['backend-2']].map(({ environment }) => environment.TRUST_PROXY)).toEqual([
      '1',
      '1',
    ]);
    expect(rolling['proxy'].depends_on).toEqual({
      backend: { condition: 'service_healthy' },
      'backend-2': { condition: 'service_healthy' },
    });
  });

  it('leaves data, computing and watching on networks that lead nowhere', () => {
    const inner = Object.keys(stack.networks).filter((name) => stack.networks[name].internal === true);
    expect(inner.toSorted()).toEqual(['compute', 'data', 'monitoring']);
    const outside = Object.keys(services).filter((name) => {
      const { networks } = services[name];
      return (Array.isArray(networks) ? networks : Object.keys(networks)).includes('edge');
    });
    expect(outside.toSorted()).toEqual(['alertmanager', 'backend', 'backend-2', 'grafana', 'proxy']);
  });
});

describe('secrets', () => {
  it('are empty in .env.example, every one of them', () => {
    const named = Object.keys(example).filter((name) => /PASSWORD|TOKEN|KEY|WEBHOOK_URL|SECRET/.test(name));
    expect(named.toSorted()).toEqual([...SECRETS, 'ALERT_WEBHOOK_URL', 'WEBHOOK_KEY'].toSorted());
    for (const name of named) expect(example[name]).toBe('');
  });

  it.each(SECRETS)('stop the stack when %s is empty', (name) => {
    expect(() => renderCompose({ ...filled, [name]: '' })).toThrow(new MissingVariableError(name));
  });

  it('stand nowhere in the files with a value of their own', () => {
    const written = JSON.stringify(parseYaml(read('docker-compose.yml')));
    for (const name of SECRETS) {
      const uses = written.match(new RegExp(`\\$\\{${name}[^}]*\\}`, 'g')) ?? [];
      expect(uses.length).toBeGreaterThan(0);
      for (const use of uses) expect(use).toBe(`\${${name}:?set ${name} in .env}`);
    }
  });

  it('are checked by the entry of each program that holds one', () => {
    const checked = (name: string): string[] => services[name].environment?.REQUIRE_SECRETS?.split(' ') ?? [];
    expect(Object.fromEntries(everyService.map((name) => [name, checked(name)]))).toEqual({
      backend: ['BOOTSTRAP_API_KEY', 'METRICS_TOKEN', 'AI_WORKER_TOKEN'],
      'backend-2': ['BOOTSTRAP_API_KEY', 'METRICS_TOKEN', 'AI_WORKER_TOKEN'],
      'ai-worker': ['AI_WORKER_TOKEN'],
      postgres: ['POSTGRES_PASSWORD'],
      redis: ['REDIS_PASSWORD'],
      prometheus: ['METRICS_TOKEN'],
      grafana: ['GRAFANA_ADMIN_PASSWORD'],
      proxy: [],
      alertmanager: [],
      loki: [],
      alloy: [],
    });
    for (const name of everyService.filter((service) => checked(service).length > 0)) {
      const { entrypoint, image } = services[name];
      const entry = image.startsWith('vectorlane/')
        ? read(`docker/${name.replace('-2', '')}.Dockerfile`)
        : entrypoint.join(' ');
      expect(entry).toContain('require-secrets.sh');
      for (const variable of checked(name)) expect(services[name].environment).toHaveProperty(variable);
    }
  });
});

describe('the files as Compose sees them', () => {
  it('follow the schema of the Compose Specification', () => {
    // `format` is left to Compose: its own names for it are not JSON Schema's.
    const validate = new Ajv({ strict: false, validateFormats: false }).compile({
      ...JSON.parse(read('test/support/compose-spec/compose-spec.json')),
      $schema: 'http://json-schema.org/draft-07/schema#',
    });
    for (const files of [['docker-compose.yml'], ROLLING]) {
      const valid = validate(renderCompose(filled, files));
      expect({ valid, errors: validate.errors }).toEqual({ valid: true, errors: null });
    }
    expect(validate({ services: { backend: { imagee: 'x' } } })).toBe(false);
  });

  const compose = spawnSync('docker', ['compose', 'version'], { encoding: 'utf8', timeout: 20_000 });
  const withCompose = compose.status === 0 ? it : undefined;
  withCompose?.('are read by Compose as these tests read them', () => {
    const env = join(tmpdir(), `vectorlane-env-${process.pid}`);
    writeFileSync(
      env,
      Object.entries(filled)
        .map((entry) => `${entry.join('=')}\n`)
        .join(''),
      { mode: 0o600 },
    );
    try {
      const args = ['--env-file', env, ...ROLLING.flatMap((file) => ['-f', file]), '--profile', '*'];
      const { stdout, stderr, status } = spawnSync('docker', ['compose', ...args, 'config', '--format', 'json'], {
        cwd: ROOT,
        encoding: 'utf8',
        timeout: 60_000,
      });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      const theirs = JSON.parse(stdout).services;
      expect(Object.keys(theirs).toSorted()).toEqual(Object.keys(rolling).toSorted());
      for (const [name, ours] of Object.entries(rolling)) {
        const { image, user, read_only, cap_drop, environment, profiles } = theirs[name];
        expect({ image, user, read_only, cap_drop, profiles }).toEqual({
          image: ours.image,
          user: ours.user,
          read_only: ours.read_only,
          cap_drop: ours.cap_drop,
          profiles: ours.profiles,
        });
        expect(environment ?? {}).toEqual(ours.environment ?? {});
        expect((theirs[name].ports ?? []).length).toBe((ours.ports ?? []).length);
        expect(Number(theirs[name].deploy.resources.limits.memory)).toBe(bytes(ours.deploy.resources.limits.memory));
      }
    } finally {
      rmSync(env);
    }
  });
});
