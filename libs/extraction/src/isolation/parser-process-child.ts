import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { answerFile, type FileDescription, type ParserReply, type ParserRequest, PartsBuffer } from './parser-protocol';
import type { TextExtractor } from '../text-extractor';

/** The child's side of a parser process: answers requests and makes sure that it outlives neither parent nor bound. */

/** What the guard thread watches for. */
export interface GuardOrders {
  /** Whose child this process must remain. */
  readonly parentPid: number;
  /** Resident memory of the whole process. */
  readonly maxMemoryBytes: number;
}

/** Pipe on which the guard says why it kills; a pipe of its own, as standard error may be full of a parser's words. */
export const REASON_FD = 4;
export const MEMORY_REASON = 'memory';

/** Arguments of the process, in order: the parent's process id, the memory bound in bytes. */
export function processArguments({ parentPid, maxMemoryBytes }: GuardOrders): string[] {
  return [String(parentPid), String(maxMemoryBytes)];
}

export function serveProcess(extractors: ReadonlyMap<string, TextExtractor>): void {
  // Terminals and service supervisors signal the whole group; when this process ends is its parent's decision.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  process.on('disconnect', () => process.exit(0));
  offerToOutOfMemoryKiller();
  const guarded = startGuard();
  const parts = new PartsBuffer();
  let open: Extract<ParserRequest, { kind: 'file' }> | undefined;
  const answer = async (file: FileDescription): Promise<void> => {
    await guarded;
    for await (const reply of answerFile(extractors, file, () => parts.take())) {
      await send(reply.kind === 'part' ? reply : { ...reply, residentBytes: process.memoryUsage.rss() });
    }
  };
  process.on('message', (request: ParserRequest) => {
    if (request.kind === 'file') open = request;
    const isWhole = request.kind === 'bytes' ? parts.add(request.bytes, open?.size ?? 0) : request.size === 0;
    if (!isWhole || open === undefined) return;
    // An unhandled rejection ends the process, and its parent reports the file's failure.
    void answer(open);
  });
  void guarded.then(() => send({ kind: 'ready' }));
}

/** Resolves when the reply is on its way, so that no more than one is ever held. */
function send(reply: ParserReply): Promise<void> {
  // The reply cannot arrive when the parent is gone; the disconnect, or the guard, ends this process then.
  return new Promise((resolve) => process.send?.(reply, undefined, undefined, () => resolve()));
}

function startGuard(): Promise<void> {
  const [parentPid, maxMemoryBytes] = process.argv.slice(2).map(Number);
  const orders: GuardOrders = { parentPid: parentPid ?? 0, maxMemoryBytes: maxMemoryBytes ?? 0 };
  const guard = new Worker(join(__dirname, 'parser-guard.thread.js'), {
    name: 'guard',
    workerData: orders,
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
  });
  // Without its guard a process that spins could stay for ever.
  guard.on('error', (error) => {
    throw error;
  });
  guard.on('exit', () => process.exit(1));
  return new Promise((resolve) => guard.once('message', () => resolve()));
}

/** When memory runs out all the same, the kernel takes this process first and not the database beside it. */
function offerToOutOfMemoryKiller(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // Not Linux, or a sandbox that does not allow it: the kernel then picks by size alone.
  }
}
