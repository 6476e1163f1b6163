// The built service in a folder of its own, for benchmarks: started, called, measured, stopped.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootstrap, ROOT } from '../../scripts/bootstrap.mjs';
import { memoryOf } from './processes.mjs';

/** @typedef {Awaited<ReturnType<typeof startService>>} Service */

/** A program as `npm start` and `npm run worker` start it. @param {string} entry @returns {[string, string[]]} */
const asStarted = (entry) => ['sh', [join(ROOT, 'scripts/lean-malloc.sh'), process.execPath, join(ROOT, entry)]];

/** @param {NodeJS.ProcessEnv} [settings] */
export async function startService(settings = {}) {
  await bootstrap({ quiet: true });
  const dataDir = mkdtempSync(join(tmpdir(), 'vectorlane-bench-'));
  const startedAt = performance.now();
  const child = spawn(...asStarted('dist/apps/api/src/main.js'), {
    env: {
      ...process.env,
      PORT: '0',
      DATA_DIR: dataDir,
      LOG_LEVEL: 'warn',
      LOG_FORMAT: 'json',
      RATE_LIMIT_PER_MINUTE: '1000000000',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (data) => {
      output += data;
      const found = /is up at (http:\S+)/.exec(output)?.[1];
      if (!found) return;
      resolve(found);
      child.stdout.removeAllListeners('data');
    });
    child.once('exit', (code) => reject(new Error(`The service ended with ${code}:\n${output}`)));
  });
  const upAfterMs = performance.now() - startedAt;
  const key = readFileSync(join(dataDir, 'api-key'), 'utf8').trim();

  /** @param {string} path @param {object} [body] @returns {Promise<any>} */
  const call = async (path, body) => {
    const response = await fetch(`${url}${path}`, {
      headers: { 'X-API-Key': key, 'Content-Type': 'application/json' },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${path} was answered ${response.status}: ${JSON.stringify(answer)}`);
    return answer;
  };

  const { pid } = child;
  if (pid === undefined) throw new Error('The service has no process.');
  const completed = completionsOf(child.stdout);

  return {
    url,
    completed,
    key,
    pid,
    dataDir,
    upAfterMs,
    call,
    /** Resident memory of the whole process, bytes. */
    rssBytes: () => memoryOf(pid).resident,
    peakRssBytes: () => memoryOf(pid).peak,
    /** CPU seconds so far, user and system. */
    cpuSeconds: () => {
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
      return (Number(fields[11]) + Number(fields[12])) / 100;
    },
    /** @param {number} [everyMs] each look takes CPU of the service */
    async untilIdle(everyMs = 50) {
      for (;;) {
        const { items } = await call('/api/documents?status=pending,processing&limit=1');
        if (items.length === 0) return;
        await new Promise((resolve) => setTimeout(resolve, everyMs));
      }
    },
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'exit');
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/**
 * Documents that it has completed, by its log (`LOG_LEVEL` info): to ask for them would cost what is to be measured.
 * @param {import('node:stream').Readable} output
 * @returns {(count: number) => Promise<void>} resolves when so many more than at the last call are completed
 */
function completionsOf(output) {
  let [seen, wanted, rest] = [0, 0, ''];
  let go = () => {};
  output.on('data', (data) => {
    const lines = `${rest}${data}`.split('\n');
    rest = lines.pop() ?? '';
    seen += lines.filter((line) => line.includes('"document completed"')).length;
    if (seen >= wanted) go();
  });
  return (count) => {
    wanted += count;
    return new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
      go = resolve;
      if (seen >= wanted) resolve();
    });
  };
}

/** A worker beside it. @param {NodeJS.ProcessEnv} settings */
export async function startWorker(settings) {
  const child = spawn(...asStarted('dist/apps/worker/src/main.js'), {
    env: { ...process.env, WORKER_PORT: '0', LOG_FORMAT: 'json', ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((/** @type {(value?: undefined) => void} */ resolve, reject) => {
    child.stdout.on('data', (data) => String(data).includes('"url":"http') && resolve());
    child.once('exit', (code) => reject(new Error(`The worker ended with ${code}.`)));
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('The worker has no process.');
  return {
    pid,
    completed: completionsOf(child.stdout),
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

/**
 * Runs `work` over all items, a few at a time.
 * @template T
 * @param {T[]} items
 * @param {number} width
 * @param {(item: T, index: number) => Promise<unknown>} work
 */
export async function inParallel(items, width, work) {
  const queue = [...items.entries()];
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (let next = queue.shift(); next; next = queue.shift()) await work(next[1], next[0]);
    }),
  );
}

/** @param {number[]} values @param {number} share */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
