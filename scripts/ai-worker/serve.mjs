// Runs the AI worker as the only thing this command does: signals go to it, and its exit code is ours.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { read } from '../bootstrap/files.mjs';
import { run } from '../test-servers/process.mjs';

const MODULE = ['-B', '-m', 'vectorlane_ai_worker'];

/**
 * @returns {Promise<number>} exit code
 * @param {string} python
 * @param {string[]} _args
 * @param {string} root
 */
export function serve(python, _args, root) {
  const child = spawn(python, [...MODULE, '--end-with-parent'], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...sourcesOf(root), AI_WORKER_TOKEN: process.env.AI_WORKER_TOKEN || token(root) },
  });
  /** @param {NodeJS.Signals} signal */
  const forward = (signal) => child.kill(signal);
  ['SIGINT', 'SIGTERM'].forEach((signal) => process.on(signal, forward));
  return new Promise((fulfil, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => fulfil(code ?? (signal === 'SIGINT' ? 130 : 143)));
  });
}

/**
 * Writes openapi.json and the table of settings; with `--check` only tells whether they are current.
 * @param {string} python
 * @param {string[]} args
 * @param {string} root
 */
export async function generate(python, args, root) {
  process.stdout.write(await run(python, [...MODULE, 'generate', ...args], { cwd: root, env: sourcesOf(root) }));
  return 0;
}

/** @param {string} root */
export function sourcesOf(root) {
  return { PYTHONPATH: join(root, 'apps', 'ai-worker', 'src') };
}

/**
 * The shared token: kept where only its owner can read it, made at the first start.
 * @param {string} root
 */
function token(root) {
  const folder = resolve(root, process.env.DATA_DIR || 'data');
  const file = join(folder, 'ai-worker-token');
  const kept = read(file)?.trim();
  if (kept) return kept;
  mkdirSync(folder, { recursive: true });
  const made = randomBytes(32).toString('hex');
  writeFileSync(file, `${made}\n`, { mode: 0o600 });
  chmodSync(file, 0o600);
  process.stderr.write(`AI_WORKER_TOKEN is not set: one was made and lies in ${file}. Give it to the backend.\n`);
  return made;
}
