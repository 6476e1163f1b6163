import { Worker } from 'node:worker_threads';
import type { OpenParser } from './parser-host';
import type { ExtractionReply } from './parser-protocol';

export interface ParserThreadOptions {
  /** Heap of one thread; a file that needs more ends its thread, never the program. */
  readonly maxHeapMegabytes: number;
  /** Compiled entry of the thread. */
  readonly entry: string;
}

/** Parsers in worker threads: cheap, and enough for formats whose parsers hold all they know in the heap. */
export function parserThread({ maxHeapMegabytes, entry }: ParserThreadOptions): OpenParser {
  return (events) => {
    const worker = new Worker(entry, { name: 'parser', resourceLimits: { maxOldGenerationSizeMb: maxHeapMegabytes } });
    const died = (cause: Error): void => {
      const outOfMemory = (cause as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY';
      events.died({ of: outOfMemory ? 'memory' : 'crash', cause });
    };
    // Only work holds the program.
    worker.unref();
    worker.on('message', (reply: ExtractionReply) => events.reply(reply));
    worker.on('messageerror', died);
    worker.on('error', died);
    // An exit follows every error, which then has been told already.
    worker.on('exit', (code) => died(new Error(`the parser thread ended with code ${code}`)));
    return {
      send: (request) => worker.postMessage(request, [request.bytes.buffer]),
      hold: () => worker.ref(),
      release: () => worker.unref(),
      kill: async () => {
        await worker.terminate();
      },
    };
  };
}
