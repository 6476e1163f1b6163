// Child processes of a deployment: bounded, ended with it, and with their words at hand when they fail.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';

/**
 * @typedef {{ input?: string | import('node:stream').Readable, output?: import('node:stream').Writable,
 *   env?: NodeJS.ProcessEnv, cwd?: string, timeoutMs?: number, signal?: AbortSignal | undefined }} AttemptOptions
 *   output: where its standard output goes instead of into the answer
 * @typedef {{ code: number, stdout: string, stderr: string }} Attempt
 */

/** Why a step failed, in words for the operator; never with a secret in them. */
export class StepError extends Error {}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {AttemptOptions} [options]
 * @returns {Promise<Attempt>} code 127: it could not be started
 */
export async function attempt(command, args, { input, output, env, cwd, timeoutMs = 120_000, signal } = {}) {
  const child = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    cwd,
    env: { ...process.env, ...env },
    signal:
      signal === undefined ? AbortSignal.timeout(timeoutMs) : AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    killSignal: 'SIGTERM',
  });
  /** @type {NodeJS.ErrnoException | undefined} */
  let failure;
  child.on('error', (error) => (failure = error));
  let stdout = '';
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr = (stderr + text).slice(-16_000)));
  // A child that ends early breaks the pipe; its exit code says why.
  child.stdin.on('error', () => undefined);
  if (typeof input === 'object') pipeline(input, child.stdin).catch(() => undefined);
  else child.stdin.end(input ?? '');
  /** @type {Promise<void> | undefined} */
  let written;
  if (output === undefined) child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
  else written = pipeline(child.stdout, output);
  /** @type {(number | null)[]} */
  const [code] = await once(child, 'close').catch(() => [127]);
  await written?.catch((/** @type {Error} */ error) => (failure ??= error));
  const error = failure;
  if (error === undefined) return { code: code ?? 1, stdout, stderr };
  if (signal?.aborted) throw new StepError('interrupted');
  const why =
    error.name === 'TimeoutError' || error.code === 'ABORT_ERR'
      ? `took longer than ${timeoutMs / 1000} s`
      : error.message;
  return { code: 127, stdout, stderr: `${stderr}${command} ${why}` };
}

/**
 * @returns {Promise<string>} what it printed; @throws StepError with its last words
 * @param {string} command
 * @param {string[]} args
 * @param {AttemptOptions} [options]
 */
export async function run(command, args, options) {
  const { code, stdout, stderr } = await attempt(command, args, options);
  if (code !== 0) throw new StepError(`${command} ${named(args)} failed: ${lastLine(stderr || stdout)}`);
  return stdout;
}

/** @param {string[]} args */
const named = (args) =>
  args
    .filter((arg) => /^[a-z][\w-]*$/.test(arg))
    .slice(0, 3)
    .join(' ');

/** @param {string} text */
export function lastLine(text) {
  return text.trim().split('\n').at(-1)?.slice(0, 500) ?? '';
}

/**
 * Asks until the answer is not undefined.
 * @template T
 * @param {number} timeoutMs
 * @param {() => Promise<T | undefined>} question
 * @param {() => string | number | Promise<string | number>} describe
 * @param {{ signal?: AbortSignal | undefined, intervalMs?: number }} [options]
 * @returns {Promise<T>}
 * @throws StepError when it never is, with what `describe` makes of the last state
 */
export async function until(timeoutMs, question, describe, { signal, intervalMs = 500 } = {}) {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await question();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new StepError(`not within ${timeoutMs / 1000} s: ${await describe()}`);
    await pause(intervalMs, signal);
  }
}

/**
 * @param {unknown} error of `fetch`
 * @returns {string} why there was no answer, in a word
 */
export function reasonOf(error) {
  const { cause, name } = /** @type {Error & { cause?: NodeJS.ErrnoException }} */ (error);
  return cause?.code ?? name;
}

/**
 * @throws StepError when the deployment is interrupted meanwhile
 * @param {number} ms
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
export function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(new StepError('interrupted'));
    };
    if (signal?.aborted) return reject(new StepError('interrupted'));
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
