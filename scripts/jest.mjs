// Runs Jest and closes with one line of counts that a machine can read.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codeOf } from './bootstrap/files.mjs';
import { ROOT } from './bootstrap.mjs';

/**
 * @typedef {{ env?: NodeJS.ProcessEnv, workers?: number, timeoutMs: number }} JestOptions
 * @typedef {{ code: number, passed: number, failed: number, skipped: number }} JestCounts
 */

/** So many suites are named that took the most of a processor, where a run has many. */
const DEAREST = 25;

/** How long Jest may take to end when all tests have. */
const LINGER_MS = 20_000;

/**
 * Runs Jest and prints the line that tells the outcome.
 * @param {string[]} args for Jest
 * @param {JestOptions} options
 * @returns {Promise<number>} exit code
 */
export async function runJest(args, options) {
  const { code, passed, failed, skipped } = await countJest(args, options);
  process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
  return code;
}

/**
 * The same for a caller that has more to count.
 * @param {string[]} args
 * @param {JestOptions} options
 * @returns {Promise<JestCounts>}
 */
export async function countJest(args, { env = {}, workers = 2, timeoutMs }) {
  const folder = mkdtempSync(join(tmpdir(), 'vectorlane-jest-'));
  const resultFile = join(folder, 'result.json');
  const processorFile = join(folder, 'processor.txt');
  try {
    const code = await new Promise((/** @type {(code: number) => void} */ resolve, reject) => {
      const child = spawn(
        process.execPath,
        [
          join(ROOT, 'node_modules/jest/bin/jest.js'),
          `--maxWorkers=${workers}`,
          '--json',
          `--outputFile=${resultFile}`,
          ...args,
        ],
        // A group of its own, so that Jest's workers and what the tests started end with it.
        {
          cwd: ROOT,
          stdio: ['ignore', 'ignore', 'inherit'],
          env: { ...process.env, ...env, TEST_PROCESSOR_FILE: processorFile },
          detached: true,
        },
      );
      const timer = setTimeout(() => {
        process.stderr.write(`\nThe tests did not end within ${timeoutMs / 60_000} minutes and are ended.\n`);
        end(child, 'SIGKILL');
      }, timeoutMs);
      // Jest writes the result and then waits for whatever the tests left open, for ever if need be.
      /** @type {number | undefined} */
      let resultSince;
      const lingering = setInterval(() => {
        if (!existsSync(resultFile)) return;
        resultSince ??= Date.now();
        if (Date.now() - resultSince < LINGER_MS) return;
        clearInterval(lingering);
        process.stderr.write(`\nJest does not end: a test left something open. It is ended.\n`);
        end(child, 'SIGKILL');
      }, 1_000);
      /** @param {NodeJS.Signals} signal */
      const onSignal = (signal) => {
        end(child, signal);
        setTimeout(() => end(child, 'SIGKILL'), 10_000).unref();
      };
      process.on('SIGINT', onSignal);
      process.on('SIGTERM', onSignal);
      child.once('error', reject);
      child.once('close', (exitCode) => {
        end(child, 'SIGKILL'); // what a test has left behind
        clearTimeout(timer);
        clearInterval(lingering);
        process.off('SIGINT', onSignal);
        process.off('SIGTERM', onSignal);
        resolve(exitCode ?? 1);
      });
    });
    tellDearest(processorFile);
    return close(code, resultFile);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * What the gate is long by. Children count when they have ended.
 * @param {string} file a line for each suite: processor seconds, a space, its path
 */
function tellDearest(file) {
  if (!existsSync(file)) return;
  const suites = readFileSync(file, 'utf8').trim().split('\n');
  if (suites.length <= DEAREST) return;
  const seconds = (/** @type {string} */ suite) => Number.parseFloat(suite);
  const all = suites.reduce((sum, suite) => sum + seconds(suite), 0);
  const dearest = suites.sort((one, other) => seconds(other) - seconds(one)).slice(0, DEAREST);
  const lines = dearest.map((suite) => `${seconds(suite).toFixed(1).padStart(8)}${suite.slice(suite.indexOf(' '))}`);
  process.stderr.write(`\nProcessor seconds: ${Math.round(all)} in all, of which\n${lines.join('\n')}\n`);
}

/**
 * Ends the whole group: Jest, its workers and what they have started.
 * @param {import('node:child_process').ChildProcess} child
 * @param {NodeJS.Signals} signal
 */
function end(child, signal) {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}

/** @param {number} code @param {string} resultFile @returns {JestCounts} */
function close(code, resultFile) {
  /**
   * @type {{ numPendingTests: number, numTodoTests: number, numFailedTests: number, numPassedTests: number,
   *   numRuntimeErrorTestSuites: number }}
   */
  let result;
  try {
    result = JSON.parse(readFileSync(resultFile, 'utf8'));
  } catch {
    // Jest died before it could write: that is one failure, whatever had passed.
    return { code: code || 1, passed: 0, failed: 1, skipped: 0 };
  }
  const skipped = result.numPendingTests + result.numTodoTests;
  // A suite that could not even be loaded has no test in it that could fail.
  const broken = result.numFailedTests + result.numRuntimeErrorTestSuites;
  // Whatever else made Jest fail (it had to be ended, a threshold) counts as one, so that the line tells the outcome.
  const failed = broken === 0 && code !== 0 ? 1 : broken;
  const passed = result.numPassedTests;
  return { code: failed > 0 || passed === 0 ? code || 1 : code, passed, failed, skipped };
}
