// One program that is measured, in a process of its own: it is asked over IPC what CPU it has taken.
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { once } from 'node:events';

/** @typedef {{ port: number, cpuMicros(): Promise<number>, ask(question: string, given?: unknown): Promise<unknown>,
 *   stop(): Promise<void> }} Contender */

const START_MS = 300_000;

/**
 * @param {string} script
 * @param {{ log: string, args?: string[], nodeArgs?: string[] }} options log: file that takes what it prints
 * @returns {Promise<Contender>}
 */
export async function startContender(script, { log, args = [], nodeArgs = [] }) {
  const output = openSync(log, 'a');
  const child = spawn(process.execPath, [...nodeArgs, script, ...args], {
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', output, 'inherit', 'ipc'],
  });
  closeSync(output);
  const signal = AbortSignal.timeout(START_MS);
  /** @param {string} question @param {unknown} [given] @returns {Promise<any>} */
  const ask = async (question, given) => {
    const gone = new AbortController();
    const answered = once(child, 'message', { signal: AbortSignal.any([gone.signal, AbortSignal.timeout(START_MS)]) });
    const ended = once(child, 'exit', { signal: gone.signal }).then(([code]) => {
      throw new Error(`${script} ended with ${code} when it was asked: ${question}`);
    });
    ended.catch(() => undefined);
    child.send({ question, given });
    try {
      const [answer] = await Promise.race([answered, ended]);
      return answer;
    } finally {
      gone.abort();
    }
  };
  const [{ port }] = await Promise.race([
    once(child, 'message', { signal }),
    once(child, 'exit', { signal }).then(([code]) => {
      throw new Error(`${script} ended with ${code}.`);
    }),
  ]);
  return {
    port,
    ask,
    cpuMicros: () => ask('cpu'),
    async stop() {
      if (child.exitCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/**
 * The other end of it, called by the program when it can be used.
 * @param {number} port
 * @param {Record<string, (given: any) => unknown>} [more] other questions
 */
export function answerAs(port, more = {}) {
  const cpu = () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  };
  process.on('message', (/** @type {{ question: string, given: unknown }} */ { question, given: asked }) => {
    Promise.resolve(question === 'cpu' ? cpu() : more[question]?.(asked)).then(
      (given) => process.send?.(given ?? null),
      (/** @type {unknown} */ error) => {
        throw error;
      },
    );
  });
  // The benchmark went away.
  process.once('disconnect', () => process.exit(0));
  process.send?.({ port });
}
