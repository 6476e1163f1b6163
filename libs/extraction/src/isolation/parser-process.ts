import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import type { OpenParser, ParserDeath } from './parser-host';
import { MEMORY_REASON, processArguments, REASON_FD } from './parser-process-child';
import type { ParserReply } from './parser-protocol';

export interface ParserProcessOptions {
  /** Resident memory of one process; a file that needs more ends its process, never the program. */
  readonly maxMemoryBytes: number;
  /** Compiled entry of the process. */
  readonly entry: string;
}

const MEBIBYTE = 1024 * 1024;
/** Of the resident memory, what Node itself and the bytes of the file take beside the heap. */
const OUTSIDE_HEAP_MEGABYTES = 96;
const MIN_HEAP_MEGABYTES = 64;
/** The report of V8 on a full heap, its first line above all, has to fit. */
const KEPT_STDERR_BYTES = 16 * 1024;
const QUOTED_STDERR_LENGTH = 4 * 1024;
/** After its end a process may still have words in its pipes; one that holds them open longer is not waited for. */
const LAST_WORDS_MS = 1_000;

/**
 * Parsers in child processes, so that no file can take more than a process of its own with it: what a thread allocates
 * beyond its limits ends the whole program. A child is given no environment, and so no secret of the program.
 */
export function parserProcess({ maxMemoryBytes, entry }: ParserProcessOptions): OpenParser {
  const heap = Math.max(MIN_HEAP_MEGABYTES, Math.floor(maxMemoryBytes / MEBIBYTE) - OUTSIDE_HEAP_MEGABYTES);
  return (events) => {
    const child = fork(entry, processArguments({ parentPid: process.pid, maxMemoryBytes }), {
      env: {},
      // Small young generations: what a parser leaves behind is cleared away sooner than its memory runs out.
      execArgv: [`--max-old-space-size=${heap}`, '--max-semi-space-size=4'],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc', 'pipe'],
    });
    const stderr = lastWords(pipeOf(child, 2));
    const reason = lastWords(pipeOf(child, REASON_FD));
    const gone = new Promise<void>((resolve) => {
      const died = (death: ParserDeath): void => {
        events.died(death);
        resolve();
      };
      // A process that never began has an error and no exit.
      child.on('error', (cause) => {
        if (child.pid === undefined) died({ of: 'crash', cause });
        else child.kill('SIGKILL');
      });
      child.once('exit', (code, signal) => {
        const report = (): void => died(deathOf(code, signal, stderr(), reason()));
        const timer = setTimeout(report, LAST_WORDS_MS);
        child.once('close', () => {
          clearTimeout(timer);
          report();
        });
      });
    });
    child.on('message', (reply: ParserReply) => events.reply(reply));
    // Only work holds the program.
    setHeld(child, false);
    return {
      send: (request) =>
        new Promise((resolve) => {
          // What cannot be sent was meant for a process that is gone, or (then without `send`) never began; its end
          // tells.
          const { send } = child as Partial<ChildProcess>;
          if (send === undefined) resolve();
          else send.call(child, request, undefined, undefined, () => resolve());
        }),
      hold: () => setHeld(child, true),
      release: () => setHeld(child, false),
      kill: () => {
        child.kill('SIGKILL');
        return gone;
      },
    };
  };
}

/** Pipes hold the program as sockets do, which they are. A process that could not be begun has none. */
function pipeOf(child: ChildProcess, fd: number): Socket | undefined {
  return ((child as Partial<ChildProcess>).stdio?.[fd] ?? undefined) as Socket | undefined;
}

function setHeld(child: ChildProcess, held: boolean): void {
  const action = held ? 'ref' : 'unref';
  for (const holder of [child, child.channel, pipeOf(child, 2), pipeOf(child, REASON_FD)]) holder?.[action]();
}

/** Reads all and keeps the end. */
function lastWords(stream: Socket | undefined): () => string {
  let kept: Buffer = Buffer.alloc(0);
  stream?.on('data', (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk]).subarray(-KEPT_STDERR_BYTES);
  });
  // A broken pipe of a process that is ending says nothing that its exit does not.
  stream?.on('error', () => undefined);
  return () => kept.toString();
}

function deathOf(code: number | null, signal: string | null, stderr: string, reason: string): ParserDeath {
  const end = signal === null ? `code ${code}` : signal;
  const words = stderr.trim();
  const cause = new Error(`the parser process ended with ${end}${words && `: ${words.slice(-QUOTED_STDERR_LENGTH)}`}`);
  if (reason.startsWith(MEMORY_REASON) || words.includes('heap out of memory')) return { of: 'memory', cause };
  return { of: signal === 'SIGKILL' ? 'kill' : 'crash', cause };
}
