// Lint, format, types, generated files and tests of the AI worker and of the Python client, then the backend's own
// tests with a real AI worker beside it; the last line counts all of them together.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { countJest } from '../jest.mjs';
import { apt } from '../test-servers/packages.mjs';
import { attempt } from '../test-servers/process.mjs';
import { sourcesOf } from './serve.mjs';

const TIMEOUT_MS = 10 * 60_000;
/** @type {[string, string[]][]} */
const TOOLS = [
  ['lint', ['-m', 'ruff', 'check', '--no-cache', '.']],
  ['format', ['-m', 'ruff', 'format', '--no-cache', '--check', '.']],
  ['types', ['-m', 'mypy']],
];
/** @type {[string, string[]]} */
const GENERATED = ['generated files are current', ['-B', '-m', 'vectorlane_ai_worker', 'generate', '--check']];

/**
 * @param args go to pytest @returns {Promise<number>} exit code
 * @param {string} python
 * @param {string[]} args
 * @param {string} root
 */
export async function test(python, args, root) {
  await installTesseract();
  const app = join(root, 'apps', 'ai-worker');
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...process.env, ...sourcesOf(root), PYTHONDONTWRITEBYTECODE: '1' };
  // What is set for a service of one's own says nothing about these tests.
  for (const name of Object.keys(env))
    if (/^(AI_WORKER_(?!PYTHON)|OCR_|RERANK_|TESSERACT_|MODEL_PATH)/.test(name)) delete env[name];
  const total = { passed: 0, failed: 0, skipped: 0 };
  const runs = [{ name: 'AI worker', cwd: app, tools: [...TOOLS, GENERATED], pytest: ['-n', '2', ...args] }];
  // Its own tests hold what is generated there.
  const client = { name: 'Python client', cwd: join(root, 'clients', 'python'), tools: TOOLS, pytest: [] };
  for (const { name: project, cwd, tools, pytest } of args.length === 0 ? [...runs, client] : runs) {
    for (const [name, command] of tools) {
      const { code, output } = await attempt(python, command, { cwd, env, timeoutMs: TIMEOUT_MS });
      process.stdout.write(`${code === 0 ? 'ok    ' : 'FAILED'} ${project}: ${name}\n${code === 0 ? '' : output}`);
      total[code === 0 ? 'passed' : 'failed'] += 1;
    }
    const { code, output } = await shown(python, ['-m', 'pytest', '-p', 'no:cacheprovider', '-q', ...pytest], {
      cwd,
      env,
    });
    const counts = countsOf(output);
    total.passed += counts.passed;
    total.failed += counts.failed + counts.errors;
    total.skipped += counts.skipped;
    // A run that broke off has counted too little.
    if (code !== 0 && counts.failed + counts.errors === 0) total.failed += 1;
  }
  if (args.length === 0) {
    const jest = ['--selectProjects', 'ai-worker'];
    const together = await countJest(jest, { env: { TEST_AI_WORKER_PYTHON: python }, timeoutMs: TIMEOUT_MS });
    total.passed += together.passed;
    total.failed += together.failed;
    total.skipped += together.skipped;
  }
  const tail = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
  process.stdout.write(`${total.passed} passed, ${total.failed} failed${tail}\n`);
  return total.failed > 0 ? 1 : 0;
}

/** @param {string} output */
function countsOf(output) {
  const summary = output.trimEnd().split('\n').at(-1) ?? '';
  /** @param {string} word */
  const count = (word) => Number(new RegExp(`(\\d+) ${word}`).exec(summary)?.[1] ?? 0);
  return { passed: count('passed'), failed: count('failed'), errors: count('errors?'), skipped: count('skipped') };
}

/** On Debian and its kin where we may; elsewhere the tests that need it are skipped and say so, or fail. */
async function installTesseract() {
  if ((await attempt('tesseract', ['--version'])).code === 0) return;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) await apt('tesseract-ocr');
}

/**
 * Runs a command whose output is worth watching.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv }} options
 * @returns {Promise<{ code: number, output: string }>}
 */
function shown(command, args, { cwd, env }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'inherit'], timeout: TIMEOUT_MS });
    let output = '';
    child.stdout.on('data', (/** @type {Buffer} */ data) => {
      process.stdout.write(data);
      output = (output + data.toString()).slice(-64_000);
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
