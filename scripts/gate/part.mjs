// One part of the gate: a command in a process group of its own, bounded, with nothing left behind it.
import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { ROOT } from '../bootstrap.mjs';

/** From asking a part to end until it is ended. */
const KILL_AFTER_MS = 30_000;
/** For what was printed last to arrive; a process that has left the group may hold the pipe for ever. */
const PIPE_MS = 2_000;
/** Kept of what a part prints; its closing line is the last one. */
const OUTPUT_LIMIT = 4_000_000;
const CLOSING_LINE = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/;

/**
 * @param {string[]} command
 * @param {{ env: Record<string, string>, timeoutMs: number, signal: AbortSignal }} options
 * @returns {Promise<{ code: number, output: string, counts?: { passed: number, failed: number, skipped: number } }>}
 */
export async function runPart([command, ...args], { env, timeoutMs, signal }) {
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  const keep = (data) => (output = (output + data).slice(-OUTPUT_LIMIT));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  let killTimer;
  const end = () => {
    endGroup(child.pid, 'SIGTERM');
    killTimer ??= setTimeout(() => endGroup(child.pid, 'SIGKILL'), KILL_AFTER_MS);
  };
  const timer = setTimeout(() => {
    keep(`\nNot done after ${Math.round(timeoutMs / 60_000)} minutes: ended.\n`);
    end();
  }, timeoutMs);
  signal.addEventListener('abort', end, { once: true });
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    // Not "close": a process that was left behind holds the pipe, and goes now.
    child.once('exit', (exitCode) => resolve(exitCode ?? 1));
  });
  clearTimeout(timer);
  clearTimeout(killTimer);
  signal.removeEventListener('abort', end);
  const closed = new Promise((resolve) => child.once('close', resolve));
  endGroup(child.pid, 'SIGKILL');
  await Promise.race([closed, delay(PIPE_MS)]);
  return { code, output, counts: countsOf(output) };
}

function countsOf(output) {
  const line = output.split('\n').findLast((text) => CLOSING_LINE.test(text));
  if (line === undefined) return undefined;
  const [, passed, failed, skipped = 0] = CLOSING_LINE.exec(line).map(Number);
  return { passed, failed, skipped: skipped || 0 };
}

function endGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}
