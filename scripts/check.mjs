// npm run check: everything that can be said of the sources without running them.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { bootstrap, main, ROOT } from './bootstrap.mjs';

/** @param {string} name @param {...string} args */
const bin = (name, ...args) => [process.execPath, join(ROOT, 'node_modules', name), ...args];
/** @param {string} name @param {...string} args */
const script = (name, ...args) => [process.execPath, join(ROOT, 'scripts', name), ...args];

/** @param {string} project @param {...string} args */
const typesOf = (project, ...args) => bin('typescript-native/bin/tsc', '-p', project, ...args);

/** How many run side by side: the longest come first. */
const AT_ONCE = 2;

const CHECKS = [
  { name: 'lint', command: bin('oxlint/bin/oxlint', '.') },
  { name: 'types', command: typesOf('tsconfig.json', '--noEmit', '--incremental', 'false') },
  { name: 'types of the console', command: typesOf('apps/console/tsconfig.json') },
  { name: 'types of the client', command: typesOf('clients/typescript/tsconfig.json') },
  { name: 'types of the scripts', command: typesOf('scripts/tsconfig.json') },
  { name: 'words and columns', command: script('prose.mjs') },
  { name: 'format', command: bin('oxfmt/bin/oxfmt', '--check', '.') },
  {
    name: 'import rules',
    command: bin(
      'dependency-cruiser/bin/dependency-cruise.mjs',
      '--config',
      '.dependency-cruiser.cjs',
      'apps',
      'clients/typescript/src',
      'libs',
      'test',
    ),
  },
  { name: 'docs/configuration.md is current', command: script('generate-configuration.mjs', '--check') },
  {
    name: 'docs/performance.md is current',
    command: [process.execPath, join(ROOT, 'bench/support/performance-page.mjs'), '--check'],
  },
  { name: 'docs/metrics.md is current', command: script('generate-metrics.mjs', '--check') },
  {
    name: 'the types of the AI worker’s contract are current',
    command: script('generate-ai-worker-types.mjs', '--check'),
  },
  { name: 'package-lock.json has the digest of every package', command: script('lock-integrity.mjs', '--check') },
  { name: 'every package has a licence that is on the list', command: script('sbom.mjs', '--check') },
  { name: 'openapi.json is current', command: script('generate-openapi.mjs', '--check') },
  { name: 'openapi.json breaks no client, or CHANGELOG.md says so', command: script('api-changes.mjs') },
  { name: 'openapi.json follows the rules', command: script('lint-openapi.mjs') },
  {
    name: 'the types of the client and the console are current',
    command: script('generate-console-types.mjs', '--check'),
  },
];

const TIMEOUT_MS = 9 * 60_000;

await main(async () => {
  await bootstrap();
  let failed = 0;
  const waiting = CHECKS.values();
  const work = async () => {
    for (const { name, command } of waiting) {
      const startedAt = Date.now();
      const { code, output } = await run(command);
      process.stdout.write(
        `${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)\n`,
      );
      if (code === 0) continue;
      failed += 1;
      process.stdout.write(`${output}\n`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  process.stdout.write(`${CHECKS.length - failed} passed, ${failed} failed\n`);
  process.exit(failed > 0 ? 1 : 0);
});

/** @param {string[]} command @returns {Promise<{ code: number, output: string }>} */
function run([command, ...args]) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], timeout: TIMEOUT_MS });
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
