// Python environments, of the AI worker and of the protocol suites: one folder per lock file under .cache, made once,
// with nothing but Python's own venv and pip.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BootstrapError, read, ROOT } from '../bootstrap/files.mjs';
import { lock } from '../bootstrap/lock.mjs';
import { attempt } from '../test-servers/process.mjs';

/** @typedef {{ kind: Kind, requirements: string, folder: string, python: string, stamp: string }} Place */
/** @typedef {'run' | 'tools' | 'protocols'} Kind */

const FOLDER = join(ROOT, '.cache', 'ai-worker');
const LOCKS = {
  run: join(ROOT, 'apps', 'ai-worker', 'requirements.lock'),
  tools: join(ROOT, 'apps', 'ai-worker', 'requirements-dev.lock'),
  protocols: join(ROOT, 'test', 'protocols', 'requirements.lock'),
};
const WHOSE = { run: 'the AI worker', tools: 'the AI worker', protocols: 'the protocol suites' };
const INSTALL_TIMEOUT_MS = 900_000;
/** Newest first; `AI_WORKER_PYTHON` stands before all of them. */
const CANDIDATES = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python'];
const IS_NEW_ENOUGH = 'import sys; print("%d.%d" % sys.version_info[:2]); sys.exit(sys.version_info < (3, 11))';

/** This machine cannot have the environment: a missing Python, or packages that cannot be reached. One line. */
export class NotPossible extends Error {}

/**
 * @param {{ withTools?: boolean }} [options] withTools: with what the tests need
 * @returns {Promise<string>} path of the environment's Python
 * @throws NotPossible, or BootstrapError when packages were reached and are not what the lock says
 */
export async function environment({ withTools = false } = {}) {
  const { command, version } = await findPython();
  const wanted = placeOf('tools', version);
  // The larger one serves as well.
  return ready(withTools || isComplete(wanted) ? wanted : placeOf('run', version), command, 'ai-worker');
}

/**
 * Of the suites that speak our protocols, which the AI worker has no use for.
 * @returns {Promise<string>} path of the environment's Python
 * @throws as `environment`
 */
export async function environmentOfProtocols() {
  const { command, version } = await findPython();
  return ready(placeOf('protocols', version), command, 'protocols');
}

/** @param {Place} place @param {string} command @param {string} lockName */
async function ready(place, command, lockName) {
  if (!isComplete(place)) {
    const unlock = await lock(lockName);
    try {
      if (!isComplete(place)) await create(place, command);
    } finally {
      unlock();
    }
  }
  return place.python;
}

async function findPython() {
  const own = process.env.AI_WORKER_PYTHON;
  for (const command of own ? [own] : CANDIDATES) {
    const { code, output } = await attempt(command, ['-c', IS_NEW_ENOUGH], { timeoutMs: 20_000 });
    if (code === 0) return { command, version: output.trim() };
  }
  throw new NotPossible(
    'The AI worker needs Python 3.11 or newer, which was not found (AI_WORKER_PYTHON names another): left out.',
  );
}

/** @param {Kind} kind @param {string} version @returns {Place} */
function placeOf(kind, version) {
  const requirements = LOCKS[kind];
  const key = createHash('sha256').update(version).update('\0').update(readFileSync(requirements)).digest('hex');
  const folder = join(FOLDER, `${kind}-${key.slice(0, 16)}`);
  const python = process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');
  return { kind, requirements, folder, python, stamp: join(folder, '.complete') };
}

/** @param {Place} place */
function isComplete({ stamp }) {
  return read(stamp) !== undefined;
}

/** @param {Place} place @param {string} command */
async function create({ kind, requirements, folder, python, stamp }, command) {
  const told = `Setting up the Python packages of ${WHOSE[kind]} …`;
  process.stderr.write(`${told}\n`);
  const startedAt = Date.now();
  mkdirSync(FOLDER, { recursive: true });
  // What earlier lock files left behind goes; a worker that runs from it would only notice when it starts a parser.
  for (const name of readdirSync(FOLDER).filter((entry) => entry.startsWith(`${kind}-`)))
    rmSync(join(FOLDER, name), { recursive: true, force: true });
  const made = await attempt(command, ['-m', 'venv', folder]);
  if (made.code !== 0)
    throw new NotPossible('Python cannot make a virtual environment here (on Debian: python3-venv): left out.');
  // A lock file names all that is needed: there is nothing to resolve.
  const args = ['install', '--no-deps', '--require-hashes', '--only-binary', ':all:'];
  const bounds = ['--no-input', '--disable-pip-version-check', '--retries', '2', '--timeout', '30', '--quiet'];
  // Compiling is for what runs for long.
  if (kind !== 'run') args.push('--no-compile');
  const installed = await attempt(python, ['-m', 'pip', ...args, ...bounds, '-r', requirements], {
    timeoutMs: INSTALL_TIMEOUT_MS,
  });
  if (installed.code !== 0) {
    rmSync(folder, { recursive: true, force: true });
    throw failureOf(kind, installed.output);
  }
  writeFileSync(stamp, '');
  process.stderr.write(`${told} done in ${seconds(startedAt)} s\n`);
}

/**
 * A package that differs from its digest is never passed over; one that cannot be had is.
 * @param {Kind} kind
 * @param {string} output
 */
function failureOf(kind, output) {
  if (/DO NOT MATCH THE HASHES/i.test(output)) {
    return new BootstrapError(`A Python package is not the one that was locked:\n${output.slice(-2_000)}`);
  }
  if (
    /No matching distribution|Could not find a version|ConnectionError|connection|timed out|HTTP error|Max retries|resolve/i.test(
      output,
    )
  ) {
    return new NotPossible(`The Python packages of ${WHOSE[kind]} cannot be reached from here: left out.`);
  }
  return new BootstrapError(`The Python packages of ${WHOSE[kind]} could not be installed:\n${output.slice(-4_000)}`);
}

/** @param {number} startedAt */
function seconds(startedAt) {
  return Math.round((Date.now() - startedAt) / 1000);
}
