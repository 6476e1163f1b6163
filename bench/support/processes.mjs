// What processes take, as /proc tells it: CPU of whole trees of them, memory of one.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** Of a clock tick, by which Linux counts CPU for others to read. */
const TICK_MICROS = 10_000;

/**
 * CPU of the processes and all below them so far, those that have ended among them.
 * @param {readonly number[]} pids
 */
export function cpuMicrosOf(pids) {
  let ticks = 0;
  const left = [...pids];
  for (let pid = left.pop(); pid !== undefined; pid = left.pop()) {
    const fields = fieldsOf(pid);
    // Ended in this moment: its parent counts it from now on.
    if (fields === undefined) continue;
    for (const at of [11, 12, 13, 14]) ticks += Number(fields[at]);
    left.push(...childrenOf(pid));
  }
  return ticks * TICK_MICROS;
}

/** @param {number} pid */
export const parentOf = (pid) => Number(fieldsOf(pid)?.[1]);

/** Bytes of memory: resident now, and at most since the start or `forgetPeak`. @param {number} pid */
export function memoryOf(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  /** @param {string} name */
  const bytes = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) * 1_024;
  return { resident: bytes('VmRSS'), peak: bytes('VmHWM') };
}

/** From here on the peak is that of what comes. @param {number} pid */
export function forgetPeak(pid) {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** Behind the name, which may hold anything. @param {number} pid */
function fieldsOf(pid) {
  const stat = readOrNothing(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(') ') + 2).split(' ');
}

/** @param {number} pid */
function childrenOf(pid) {
  /** @type {string[]} */
  let threads = [];
  try {
    threads = readdirSync(`/proc/${pid}/task`);
  } catch {
    // It has ended.
  }
  return threads
    .flatMap((thread) => readOrNothing(`/proc/${pid}/task/${thread}/children`)?.split(' ') ?? [])
    .filter((child) => child.trim() !== '')
    .map(Number);
}

/** @param {string} path */
function readOrNothing(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
