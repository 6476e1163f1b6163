import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import type { OpenParser, ParserDeath } from './parser-host';
import { MEMORY_VERDICT, processArguments, VERDICT_FD } from './parser-process-child';
import type { ExtractionReply } from './parser-protocol';

export interface ParserProcessOptions {
  /** Resident memory of one process; a file that needs more ends its process, never the program. */
  readonly maxMemoryBytes: number;
  /** Compiled entry of the process. */
  readonly entry: string;
}

const MEBIBYTE = 1024 * 1024;
/** Of the resident memory, what Node itself and the bytes of the file take beside the heap. */
const OUTSIDE_HEAP_MEGABYTES = 128;
const MIN_HEAP_MEGABYTES = 64;
/** The report of V8 on a full heap, its first line above all, has to fit. */
const KEPT_STDERR_BYTES = 16 * 1024;
const QUOTED_STDERR_LENGTH = 4 * 1024;
/** After its end a process may still have words in its pipes; whoever holds them open longer is not waited for. */
const LAST_WORDS_MS = 1_000;

/**
 * Parsers in child processes: for formats whose parsers take memory outside of the heap, which no thread can be denied.
 * A child is given no environment, and so no secret of the program.
 */
export function parserProcess({ maxMemoryBytes, entry }: ParserProcessOptions): OpenParser {
  const heap = Math.max(MIN_HEAP_MEGABYTES, Math.floor(maxMemoryBytes / MEBIBYTE) - OUTSIDE_HEAP_MEGABYTES);
  return (events) => {
    const child = fork(entry, processArguments({ parentPid: process.pid, maxMemoryBytes }), {
      env: {},
      execArgv: [`--max-old-space-size=${heap}`],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc', 'pipe'],
    });
    const stderr = lastWords(pipeOf(child, 2));
    const verdict = lastWords(pipeOf(child, VERDICT_FD));
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
        const report = (): void => died(deathOf(code, signal, stderr(), verdict()));
        const timer = setTimeout(report, LAST_WORDS_MS);
        child.once('close', () => {
          clearTimeout(timer);
          report();
        });
      });
    });
    child.on('message', (reply: ExtractionReply) => events.reply(reply));
    // Only work holds the program.
    setHeld(child, false);
    return {
      // What cannot be sent was meant for a process that is gone, or (then without `send`) never began; its end tells.
      send: (request) => (child as Partial<ChildProcess>).send?.(request, () => undefined),
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
  for (const holder of [child, child.channel, pipeOf(child, 2), pipeOf(child, VERDICT_FD)]) holder?.[action]();
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

function deathOf(code: number | null, signal: string | null, stderr: string, verdict: string): ParserDeath {
  const end = signal === null ? `code ${code}` : signal;
  const words = stderr.trim();
  const cause = new Error(`the parser process ended with ${end}${words && `: ${words.slice(-QUOTED_STDERR_LENGTH)}`}`);
  if (verdict.startsWith(MEMORY_VERDICT) || words.includes('heap out of memory')) return { of: 'memory', cause };
  return { of: signal === 'SIGKILL' ? 'kill' : 'crash', cause };
}
