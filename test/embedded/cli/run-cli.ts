import { main } from '../../../apps/cli/src/main';
import type { Clock, Io } from '../../../apps/cli/src/terminal';
import { STAND_IN_KEY, type StandInApi } from '../../support/stand-in-api';

/** Runs the client in this process, with captured output and a clock that jumps instead of waiting. */
export interface CliRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Milliseconds of every wait, in order. */
  readonly waits: readonly number[];
}

export interface CliOptions {
  readonly interrupt?: AbortSignal;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly confirm?: Io['confirm'];
  readonly environment?: NodeJS.ProcessEnv;
  /** @default one that jumps */
  readonly clock?: Clock;
}

/** Time moves by what is waited for and by nothing else; a turn of the event loop lets sockets be served meanwhile. */
export function jumpingClock(waits: number[] = []): Clock {
  let now = Date.now();
  return {
    now: () => now,
    sleep: async (milliseconds, signal) => {
      signal?.throwIfAborted();
      waits.push(milliseconds);
      now += milliseconds;
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
    },
  };
}

export async function runCli(argv: readonly string[], options: CliOptions = {}): Promise<CliRun> {
  const output = { stdout: '', stderr: '' };
  const waits: number[] = [];
  const stream = (name: 'stdout' | 'stderr') => ({
    isTTY: options.isTTY ?? false,
    columns: options.columns ?? 100,
    write: (text: string) => (output[name] += text),
  });
  const exitCode = await main(argv, {
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    interrupt: options.interrupt ?? new AbortController().signal,
    clock: options.clock ?? jumpingClock(waits),
    random: () => 0.5,
    confirm: options.confirm,
    environment: options.environment ?? {},
  });
  return { exitCode, ...output, waits };
}

/** Environment of a client that knows the stand-in and its key. */
export function environmentFor(api: StandInApi): NodeJS.ProcessEnv {
  return { VECTORLANE_URL: api.url, VECTORLANE_API_KEY: STAND_IN_KEY };
}
