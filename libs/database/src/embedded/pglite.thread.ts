import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { DURABLE_START_PARAMS, DurableFiles, syncTree } from './durable-files';
import { SessionBridge } from './session-bridge';
import { monotonicMs, type ThreadData, type ThreadReply, type ThreadRequest } from './thread-protocol';

/**
 * The thread that owns PGlite. PGlite computes synchronously, so in the main thread every query would stop the event
 * loop, an index build for a minute.
 *
 * Durability: by itself PGlite runs with fsync off. What is acknowledged is in the operating system's hands and
 * survives kill -9 of this process at any moment; it does not survive a power loss or a crash of the kernel in the
 * seconds after. With `durable` it does: a commit waits for the disk.
 *
 * PGlite does not act on `statement_timeout` or a cancel request: nothing interrupts a running batch but the end of
 * this thread, which the engine brings about when the batch clock says so. To the data that is a kill -9.
 */

const port = parentPort;
if (port === null) throw new Error('pglite.thread runs as a worker thread');
const { clusterFolder, durable, batchClock } = workerData as ThreadData;

/** PostgreSQL's own 128 MB are all touched at its start; what does not fit is in the system's cache of files. */
const SMALL: readonly string[] = ['-c', 'shared_buffers=64MB'];

/** Outside of V8's heap, of a cluster that was there already. */
const USUAL_BYTES = 256 * 2 ** 20;
const COLLECTED_AFTER_MS = 3_000;

function reply(message: ThreadReply): void {
  // An answer can be large and nobody here looks at it again: hand it over instead of copying.
  port?.postMessage(message, message.type === 'data' ? [message.bytes.buffer as ArrayBuffer] : []);
}

function fail(error: unknown): void {
  reply({ type: 'failed', message: error instanceof Error ? error.message : `engine ended: ${JSON.stringify(error)}` });
  // Not a moment longer: the state in memory is unknown, the state on disk is good for a restart. A port flushes what
  // was posted when its thread exits.
  process.exit(1);
}

/**
 * Collects what making a cluster leaves behind: 400 MB outside of V8's heap that nothing refers to, which it collects
 * only when its own heap has grown, and at rest that never does. Takes a twentieth of a second.
 */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  // What the first time ends, objects with memory behind them, the second one collects.
  for (let time = 1; time <= 2; time += 1) collect();
}

async function main(): Promise<void> {
  const database = await PGlite.create({
    ...(durable ? { fs: new DurableFiles(clusterFolder) } : { dataDir: clusterFolder }),
    startParams: [...(durable ? DURABLE_START_PARAMS : PGlite.defaultStartParams), ...SMALL],
    extensions: { vector },
  });
  if (durable) syncTree(clusterFolder);
  const bridge = new SessionBridge((bytes, limitMs) => {
    Atomics.store(batchClock, 1, BigInt(limitMs));
    Atomics.store(batchClock, 0, monotonicMs());
    try {
      return database.execProtocolRawSync(bytes);
    } finally {
      Atomics.store(batchClock, 0, 0n);
    }
  }, reply);

  port?.on('message', (request: ThreadRequest) => {
    try {
      if (request.type !== 'close') return bridge.receive(request);
      bridge.close();
      database.close().then(() => {
        reply({ type: 'closed' });
        port?.close();
      }, fail);
    } catch (error) {
      fail(error);
    }
  });
  reply({ type: 'ready' });
  // After those who wait for the answer have it.
  if (process.memoryUsage().external > USUAL_BYTES) setTimeout(collectGarbage, COLLECTED_AFTER_MS).unref();
}

process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);
main().catch(fail);
