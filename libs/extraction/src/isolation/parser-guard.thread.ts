import { writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { type GuardOrders, MEMORY_REASON, REASON_FD } from './parser-process-child';

/**
 * Entry of the guard inside a parser process. A parser may sit in a loop that never comes back to its event loop, so a
 * thread of its own watches that the parent still lives and that memory stays within the bound (Buffers are outside of
 * every bound that V8 knows).
 */

/** A parser that runs away takes some ten megabytes in this time. */
const INTERVAL_MS = 25;
const { parentPid, maxMemoryBytes } = workerData as GuardOrders;

setInterval(() => {
  // An orphan is handed to another parent.
  if (process.ppid !== parentPid) die();
  if (process.memoryUsage.rss() > maxMemoryBytes) {
    try {
      writeSync(REASON_FD, MEMORY_REASON);
    } catch {
      // Nobody reads it any more; what counts is the next line.
    }
    die();
  }
}, INTERVAL_MS);
parentPort?.postMessage('watching');

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}
