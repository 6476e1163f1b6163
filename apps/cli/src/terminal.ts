import { setMaxListeners } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { REAL_TIMING } from '@vectorlane/time';

/**
 * Everything a command meets of the outside but the network and the files, in one value, so that tests run the whole
 * client inside their own process.
 */
export interface OutputStream {
  /** Columns when it is a terminal. */
  readonly columns?: number | undefined;
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

export interface Clock {
  /** Milliseconds since 1970 that never run backwards. */
  now(): number;
  /** Rejects with the signal's reason when that is aborted first. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export interface Io {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Aborted by Ctrl-C or SIGTERM. */
  readonly interrupt: AbortSignal;
  readonly clock: Clock;
  /** Uniform in [0, 1), for jitter. */
  readonly random: () => number;
  /** Asks a yes-or-no question; absent where nobody can answer. */
  readonly confirm?: ((question: string) => Promise<boolean>) | undefined;
  /** Instead of the environment of the process. */
  readonly environment?: NodeJS.ProcessEnv | undefined;
}

export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  sleep: async (milliseconds, signal) => {
    await REAL_TIMING.wait(milliseconds, signal);
  },
};

/** Why a command was ended from outside; `exitCode` is what a shell expects for the signal. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  constructor(readonly exitCode: 130 | 143 = 130) {
    super('Interrupted.');
  }
}

/** npm passes the terminal's Ctrl-C on, so that one key press arrives twice; a second one this much later is meant. */
const SECOND_SIGNAL_AFTER_MS = 1_000;

/** The real terminal. The first signal aborts `interrupt`; a deliberate second one ends the process at once. */
export function processIo(): Io {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  let firstAt: number | undefined;
  const onSignal = (exitCode: 130 | 143) => {
    const now = systemClock.now();
    if (firstAt === undefined) {
      firstAt = now;
      controller.abort(new Interrupted(exitCode));
    } else if (now - firstAt >= SECOND_SIGNAL_AFTER_MS) {
      process.exit(exitCode);
    }
  };
  process.on('SIGINT', () => onSignal(130));
  process.on('SIGTERM', () => onSignal(143));
  // `… | head` closes the pipe early: that is the reader's decision and no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    interrupt: controller.signal,
    clock: systemClock,
    random: Math.random,
    confirm: process.stdin.isTTY && process.stderr.isTTY ? (question) => ask(question, controller.signal) : undefined,
  };
}

async function ask(question: string, signal: AbortSignal): Promise<boolean> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  // In a terminal readline takes Ctrl-C for itself: give it back to the process.
  prompt.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    const answer = await prompt.question(`${question} [y/N] `, { signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    prompt.close();
  }
}
