// What is driven against the running service, in this order.
import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../bootstrap.mjs';
import { withKey } from './service.mjs';

/**
 * @typedef {{ service: import('./service.mjs').Service, folder: string, python: string | undefined,
 *   suites: () => Promise<string>, run: Run, full: boolean }} Scene
 * @typedef {(command: string, args: string[], options?: { cwd?: string, env?: NodeJS.ProcessEnv,
 *   timeoutMs?: number }) => Promise<string>} Run throws what the command printed where it fails
 * @typedef {{ name: string, needsPython: boolean, isAlone?: boolean,
 *   work(scene: Scene): Promise<string> }} Suite
 */

const HERE = join(ROOT, 'test', 'protocols');
const OPENAPI = join(ROOT, 'openapi.json');
/** The same cases at every run, until the description changes. */
const SEED = 20261130;

/** @type {Suite[]} */
export const SUITES = [
  {
    name: 'openapi-python-client: the client it makes',
    needsPython: true,
    async work({ service, folder, python = '', run }) {
      const generated = join(folder, 'generated');
      mkdirSync(generated);
      const config = join(HERE, 'openapi-python-client.yml');
      const args = ['generate', '--path', OPENAPI, '--config', config, '--meta', 'none', '--output-path'];
      const target = join(generated, 'vectorlane_generated');
      const env = { PATH: `${dirname(python)}:${process.env.PATH ?? ''}` };
      const told = await run(python, ['-m', 'openapi_python_client', ...args, target], { cwd: folder, env });
      if (/Warning|Error|WARNING|Skipping/.test(told)) throw new Error(`It could not make something of all:\n${told}`);
      return run(python, [join(HERE, 'generated_client.py'), service.url, service.key], {
        env: { PYTHONPATH: generated },
      });
    },
  },
  {
    name: 'openapi-typescript and openapi-fetch',
    needsPython: false,
    async work({ service, run }) {
      // Inside the checkout, whose packages it finds from there.
      mkdirSync(join(ROOT, '.cache'), { recursive: true });
      const there = mkdtempSync(join(ROOT, '.cache', 'fetch-client-'));
      try {
        const bin = join(ROOT, 'node_modules');
        const program = join(there, 'fetch_client.mjs');
        copyFileSync(join(HERE, 'fetch_client.mjs'), program);
        const typescript = join(bin, 'openapi-typescript/bin/cli.js');
        await run(process.execPath, [typescript, OPENAPI, '--output', join(there, 'schema.d.ts')]);
        const strict = [
          '--ignoreConfig',
          '--noEmit',
          '--strict',
          '--allowJs',
          '--checkJs',
          '--skipLibCheck',
          '--types',
          'node',
        ];
        const like = ['--module', 'nodenext', '--target', 'es2023', '--lib', 'es2023,dom,dom.iterable'];
        await run(process.execPath, [join(bin, 'typescript/bin/tsc'), ...strict, ...like, program], { cwd: there });
        return await run(process.execPath, [program, service.url, service.key]);
      } finally {
        rmSync(there, { recursive: true, force: true });
      }
    },
  },
  {
    name: 'openai (PyPI)',
    needsPython: true,
    work: ({ service, python = '', run }) =>
      run(python, [join(HERE, 'openai_client.py'), `${service.url}/openai/v1`, service.key]),
  },
  {
    name: 'vectorlane: its wheel in an empty folder, with the retrievers for LangChain and LlamaIndex',
    needsPython: true,
    async work({ service, folder, python = '', run, full }) {
      const [source, wheels, target] = ['source', 'wheels', 'empty'].map((name) => join(folder, name));
      // A build leaves files behind, which belong to nobody's checkout.
      cpSync(join(ROOT, 'clients', 'python'), source, { recursive: true });
      const bounds = ['--no-deps', '--no-index', '--disable-pip-version-check', '--quiet'];
      await run(python, ['-m', 'pip', 'wheel', ...bounds, '--no-build-isolation', '--wheel-dir', wheels, source]);
      const [wheel = ''] = readdirSync(wheels);
      await run(python, ['-m', 'pip', 'install', ...bounds, '--target', target, join(wheels, wheel)]);
      if (!existsSync(join(target, 'vectorlane', 'py.typed'))) throw new Error('The wheel says nothing of its types.');
      // Their types take half a minute of a processor: npm run test:ai-worker checks all others.
      const typed = ['langchain', 'llama_index'].map((name) => `src/vectorlane/${name}.py`);
      if (full) await run(python, ['-m', 'mypy', '--cache-dir', join(folder, 'mypy'), ...typed], { cwd: source });
      const readme = join(ROOT, 'clients', 'python', 'README.md');
      const where = { VECTORLANE_URL: service.url, VECTORLANE_KEY: service.key, VECTORLANE_README: readme };
      const installed = { cwd: folder, env: { PYTHONPATH: target, ...where } };
      const packaged = join(HERE, 'packaged_client.py');
      const told = await run(python, [packaged, service.url, service.key, readme], installed);
      const pytest = ['-p', 'no:cacheprovider', '-o', 'asyncio_mode=auto', '-q', '--rootdir', folder];
      const retrieved = await run(python, ['-m', 'pytest', ...pytest, join(HERE, 'retrievers.py')], installed);
      return `${told}\n${retrieved}`;
    },
  },
  {
    name: '@modelcontextprotocol/client: revisions 2026-07-28 and 2025-11-25',
    needsPython: false,
    async work({ service, suites, run }) {
      const program = join(await suites(), 'mcp_client.mjs');
      copyFileSync(join(HERE, 'mcp_client.mjs'), program);
      return run(process.execPath, [program, service.url, service.key]);
    },
  },
  {
    name: '@modelcontextprotocol/conformance, server scenarios',
    needsPython: false,
    async work({ service, suites, run }) {
      const installed = await suites();
      const proxy = await withKey(service);
      try {
        const entry = join(installed, 'node_modules/@modelcontextprotocol/conformance/dist/index.js');
        const expected = ['--expected-failures', join(HERE, 'mcp-expected-failures.yml')];
        const args = [entry, 'server', '--url', `${proxy.url}/mcp`, '--suite', 'all', ...expected];
        return await run(process.execPath, args, { cwd: installed });
      } finally {
        proxy.close();
      }
    },
  },
  {
    name: 'schemathesis: examples, fuzzing and sequences of all operations',
    needsPython: true,
    isAlone: true,
    work: (scene) => schemathesis(scene, ['--phases', 'examples,fuzzing,stateful', ...cases(scene.full ? 370 : 4)]),
  },
  {
    name: 'schemathesis: every boundary of the schemas of a sixth of the operations, of all at full size',
    needsPython: true,
    isAlone: true,
    work: (scene) => schemathesis(scene, ['--phases', 'coverage', ...(scene.full ? [] : aSixthOfOperations())]),
  },
];

/** Another sixth when the description changes: all of them take a minute of a processor. */
function aSixthOfOperations() {
  const text = readFileSync(OPENAPI, 'utf8');
  /** @type {{ paths: Record<string, Record<string, { operationId?: string }>> }} */
  const { paths } = JSON.parse(text);
  const all = Object.values(paths).flatMap((methods) =>
    Object.values(methods).flatMap((each) => each.operationId ?? []),
  );
  const first = createHash('sha256').update(text).digest().readUInt8() % 6;
  return all.filter((_, index) => index % 6 === first).flatMap((id) => ['--include-operation-id', id]);
}

/** @param {number} most */
const cases = (most) => ['--max-examples', String(most)];

/** @param {Scene} scene @param {string[]} args */
function schemathesis({ service, folder, python = '', run, full }, args) {
  const common = ['--url', service.url, '--header', `X-API-Key: ${service.key}`, '--seed', String(SEED), '--no-color'];
  const config = ['--config-file', join(HERE, 'schemathesis.toml')];
  return run(join(dirname(python), 'st'), [...config, 'run', OPENAPI, ...common, ...args], {
    cwd: folder,
    env: { SCHEMATHESIS_HOOKS: join(HERE, 'schemathesis_hooks.py') },
    timeoutMs: (full ? 90 : 10) * 60_000,
  });
}
