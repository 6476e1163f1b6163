// Installs and builds what is missing or out of date, with nothing but Node. Every command of package.json begins here,
// so that each of them works straight after `git clone`.
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  addFiles,
  BootstrapError,
  codeOf,
  compiledSources,
  CONSOLE,
  hashOf,
  outputOf,
  read,
  ROOT,
} from './bootstrap/files.mjs';
import { lock } from './bootstrap/lock.mjs';
import { startTicker } from './bootstrap/ticker.mjs';
import { unneeded } from './bootstrap/unneeded.mjs';

export { BootstrapError, ROOT };

/** @typedef {{ version?: string, integrity?: string, optional?: boolean, devOptional?: boolean }} LockedPackage */

const PACKAGES = join(ROOT, 'node_modules');
const STAMP = '.vectorlane-lock-hash';
/** Behind the hash in the stamp, where packages of development are missing. */
const TO_RUN = ' to run';
const BUILT = join(ROOT, 'dist', '.build-hash');
const STEP_TIMEOUT_MS = 900_000;
/** From asking a step to end until it is ended. */
const KILL_AFTER_MS = 5_000;

/**
 * @param {object} [options]
 * @param {boolean} [options.quiet] say nothing when there is nothing to do
 * @param {boolean} [options.toRun] be content with the packages that running needs, a third of all
 */
export async function bootstrap({ quiet = false, toRun = false } = {}) {
  requireNode();
  if (isInstalled(toRun) && isBuilt()) return;
  // Two commands at once on a fresh clone: the second waits, looks again, and finds it done.
  const unlock = await lock('bootstrap');
  try {
    if (!isInstalled(toRun)) await install({ quiet, toRun });
    if (!isBuilt()) await build(quiet);
  } finally {
    unlock();
  }
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new BootstrapError(`Vectorlane needs Node 20.19 or newer; this is ${process.versions.node}.`);
}

/** @param {boolean} toRun */
function isInstalled(toRun) {
  const wanted = hashOf([join(ROOT, 'package-lock.json')]);
  const stamp = read(join(PACKAGES, STAMP));
  if (stamp === wanted || (toRun && stamp === wanted + TO_RUN)) return true;
  // Added by hand to what was installed to run: files of the other packages are missing.
  if (stamp?.endsWith(TO_RUN) || !holdsWhatIsLocked()) return false;
  // `npm install` by hand has done it already: `npm ci` would only fetch everything again.
  writeFileSync(join(PACKAGES, STAMP), wanted);
  return true;
}

/** npm's own note of what lies in node_modules, against the lock file: versions and digests. */
function holdsWhatIsLocked() {
  const note = read(join(ROOT, 'node_modules', '.package-lock.json'));
  if (note === undefined) return false;
  try {
    const installed = packagesIn(note);
    const locked = packagesIn(read(join(ROOT, 'package-lock.json')) ?? '');
    /** @param {string} path */
    const same = (path) =>
      installed[path]?.version === locked[path]?.version && installed[path]?.integrity === locked[path]?.integrity;
    // What is optional is left out where it does not fit the machine.
    /** @param {LockedPackage} entry */
    const isOptional = ({ optional, devOptional }) => optional || devOptional;
    const missing = Object.keys(locked).filter(
      (path) => path !== '' && !isOptional(locked[path]) && !(path in installed),
    );
    return missing.length === 0 && Object.keys(installed).every(same);
  } catch {
    return false; // a half-written note: install again
  }
}

/** @param {string} lockFile @returns {Record<string, LockedPackage>} */
function packagesIn(lockFile) {
  /** @type {{ packages: Record<string, LockedPackage> }} */
  const { packages } = JSON.parse(lockFile);
  return packages;
}

function isBuilt() {
  return read(BUILT) === hashOf(sources());
}

/**
 * Installs beside what is there and changes places with it: a program that runs reads its files until then and after,
 * and what is cut off has changed nothing. Once complete, an installation stays complete.
 * @param {{ quiet: boolean, toRun: boolean }} options
 */
async function install({ quiet, toRun }) {
  const stamp = read(join(PACKAGES, STAMP));
  const part = toRun && (stamp === undefined ? !existsSync(PACKAGES) : stamp.endsWith(TO_RUN));
  const aside = join(ROOT, '.cache', 'packages');
  rmSync(aside, { recursive: true, force: true });
  mkdirSync(aside, { recursive: true });
  for (const file of ['package.json', 'package-lock.json', '.npmrc']) copyFileSync(join(ROOT, file), join(aside, file));
  const hash = hashOf([join(ROOT, 'package-lock.json')]);
  const args = ['ci', ...(part ? ['--omit=dev'] : []), '--no-audit', '--no-fund', '--loglevel=error'];
  await step('Installing packages', ...npm(...args), {
    cwd: aside,
    quiet,
    hint: 'Is the npm registry reachable? Try `npm ci` by hand.',
  });
  const installed = join(aside, 'node_modules');
  if (part) for (const path of unneeded(installed)) rmSync(path, { recursive: true });
  writeFileSync(join(installed, STAMP), part ? hash + TO_RUN : hash);
  try {
    if (existsSync(PACKAGES)) renameSync(PACKAGES, join(aside, 'before'));
    renameSync(installed, PACKAGES);
  } catch (error) {
    // A mounted folder, or one that Windows holds for a program that runs.
    throw new BootstrapError(`node_modules cannot be replaced (${codeOf(error)}). Run \`npm ci\` by hand.`);
  }
  rmSync(aside, { recursive: true });
}

/**
 * The npm that started us, where one did: on every system a script that this very Node can run.
 * @param {...string} args
 * @returns {[string, string[]]}
 */
function npm(...args) {
  const script = process.env.npm_execpath;
  return script?.endsWith('npm-cli.js') ? [process.execPath, [script, ...args]] : ['npm', args];
}

/** @param {boolean} quiet */
async function build(quiet) {
  const hash = hashOf(sources());
  // From here until the new stamp the build counts as missing, should this be cut off in the middle.
  rmSync(BUILT, { force: true });
  await compile(quiet);
  if (!settleOutputs()) throw new BootstrapError('The build left files out. Delete `dist` and try again.');
  writeFileSync(BUILT, hash);
}

/** @param {boolean} quiet */
async function compile(quiet) {
  const hint = 'The compiler’s words are above.';
  await step('Building', process.execPath, [join(ROOT, 'scripts', 'compile.mjs')], { quiet, hint });
  await step('Bundling', process.execPath, [join(ROOT, 'scripts', 'bundle.mjs')], { quiet, hint });
  const console = [join(ROOT, 'node_modules/vite/bin/vite.js'), 'build', 'apps/console', '--logLevel', 'warn'];
  await step('Building the console', process.execPath, console, { quiet, hint });
}

/** Deletes what has no source any more, and leaves the rest alone: a running program may read it. @returns complete? */
function settleOutputs() {
  const expected = new Set(compiledSources().map(outputOf));
  expected.add(join(ROOT, 'dist', 'console', 'index.html'));
  expected.add(join(ROOT, 'dist', 'bundle', 'programs.js'));
  /** @type {string[]} */
  const present = [];
  addFiles(join(ROOT, 'dist', 'console'), present, (name) => name === 'index.html');
  addFiles(join(ROOT, 'dist', 'bundle'), present, (name) => name === 'programs.js');
  for (const folder of ['apps', 'libs'])
    addFiles(join(ROOT, 'dist', folder), present, (name) => /\.js(\.map)?$/.test(name));
  for (const file of present) if (!expected.has(file.replace(/\.map$/, ''))) rmSync(file);
  return [...expected].every((file) => present.includes(file));
}

/**
 * Runs one slow step with a line that counts the seconds; its output is shown only when it fails.
 * @param {string} title
 * @param {string} command
 * @param {string[]} args
 * @param {{ quiet: boolean, hint: string, cwd?: string }} options
 */
async function step(title, command, args, { quiet, hint, cwd = ROOT }) {
  /** @param {string} text */
  const say = (text) => process.stderr.write(text);
  const live = process.stderr.isTTY && !quiet;
  const { seconds, stop } = startTicker(title, { isTerminal: live, say });
  const { code, output } = await run(command, args, cwd);
  stop();
  if (code !== 0) {
    say(`\n${output.slice(-8_000)}\n`);
    throw new BootstrapError(`${title} failed after ${seconds()}. ${hint}`);
  }
  say(`${live ? '\r' : ''}${title} … done in ${seconds()}\n`);
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {string} cwd
 * @returns {Promise<{ code: number | null, output: string }>}
 */
function run(command, args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: withoutNpmSettings(),
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: STEP_TIMEOUT_MS,
      killSignal: 'SIGKILL',
      shell: process.platform === 'win32' && command === 'npm',
    });
    let output = '';
    /** @param {Buffer} data */
    const keep = (data) => (output = (output + data.toString()).slice(-64_000));
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    /** @param {NodeJS.Signals} signal */
    const onSignal = (signal) => {
      child.kill(signal);
      setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS).unref();
      child.once('close', () => process.exit(signal === 'SIGINT' ? 130 : 143));
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
    child.once('error', reject);
    child.once('close', (code) => {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
      resolve({ code, output });
    });
  });
}

/** Settings that an outer npm hands down (`npm run --silent`, its log level, its prefix) are not meant for ours. */
function withoutNpmSettings() {
  const kept = /^npm_config_(registry|cache|userconfig|globalconfig|cafile|.*proxy)$/i;
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_config_/i.test(name) || kept.test(name)),
  );
}

/** What the build is made of. */
function sources() {
  const files = ['package-lock.json', 'tsconfig.json', 'scripts/compile.mjs', 'scripts/bundle.mjs'].map((file) =>
    join(ROOT, file),
  );
  files.push(...compiledSources());
  addFiles(CONSOLE, files, (name) => /(?<!\.spec)\.(tsx?|css|html|svg|json)$/.test(name));
  return files;
}

/**
 * Runs a command's main part and turns an expected failure into one line and exit code 1.
 * @param {() => Promise<unknown>} work
 */
export async function main(work) {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof BootstrapError)) throw error;
    process.stderr.write(`\n${error.message}\n`);
    process.exit(1);
  }
}
