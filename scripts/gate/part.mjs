// One part of the gate: a command in a process group of its own, bounded, with nothing left behind it.
import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { codeOf } from '../bootstrap/files.mjs';
import { ROOT } from '../bootstrap.mjs';

/** From asking a part to end until it is ended. */
const KILL_AFTER_MS = 30_000;
/** For what was printed last to arrive; a process that has left the group may hold the pipe for ever. */
const PIPE_MS = 2_000;
/** Kept of what a part prints; its closing line is the last one. */
const OUTPUT_LIMIT = 4_000_000;
const CLOSING_LINE = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/;

/**
 * @typedef {{ passed: number, failed: number, skipped: number }} Counts
 * @param {string[]} command
 * @param {{ env: NodeJS.ProcessEnv, timeoutMs: number, signal: AbortSignal }} options
 * @returns {Promise<{ code: number, output: string, counts: Counts | undefined }>}
 */
export async function runPart([command = '', ...args], { env, timeoutMs, signal }) {
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  /** @param {unknown} data */
  const keep = (data) => (output = (output + String(data)).slice(-OUTPUT_LIMIT));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  /** @type {NodeJS.Timeout | undefined} */
  let killTimer;
  const end = () => {
    endGroup(child, 'SIGTERM');
    killTimer ??= setTimeout(() => endGroup(child, 'SIGKILL'), KILL_AFTER_MS);
  };
  const timer = setTimeout(() => {
    keep(`\nNot done after ${Math.round(timeoutMs / 60_000)} minutes: ended.\n`);
    end();
  }, timeoutMs);
  signal.addEventListener('abort', end, { once: true });
  const code = await new Promise((/** @type {(code: number) => void} */ resolve, reject) => {
    child.once('error', reject);
    // Not "close": a process that was left behind holds the pipe, and goes now.
    child.once('exit', (/** @type {number | null} */ exitCode) => resolve(exitCode ?? 1));
  });
  clearTimeout(timer);
  clearTimeout(killTimer);
  signal.removeEventListener('abort', end);
  const closed = new Promise((resolve) => child.once('close', resolve));
  endGroup(child, 'SIGKILL');
  await Promise.race([closed, delay(PIPE_MS)]);
  return { code, output, counts: countsOf(output) };
}

/**
 * @param {string} output
 * @returns {Counts | undefined} undefined where there is no closing line
 */
function countsOf(output) {
  const lines = output.split('\n').map((line) => CLOSING_LINE.exec(line));
  const last = lines.findLast((match) => match !== null);
  if (!last) return undefined;
  const [passed = 0, failed = 0, skipped = 0] = last.slice(1).map((digits) => Number(digits ?? 0));
  return { passed, failed, skipped };
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {NodeJS.Signals} signal
 */
function endGroup({ pid }, signal) {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}
