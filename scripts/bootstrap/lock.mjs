// One process at a time in a checkout does a thing.
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { BootstrapError, codeOf, read, ROOT } from './files.mjs';

const LOCK_WAIT_MS = 600_000;

/**
 * Waits for its turn. The folder names its owner; one whose owner is gone is taken over.
 * @param {string} name of what only one process may do at a time
 */
export async function lock(name) {
  const place = join(ROOT, '.cache', `${name}.lock`);
  mkdirSync(dirname(place), { recursive: true });
  const mine = `${place}.${process.pid}`;
  const deadline = Date.now() + LOCK_WAIT_MS;
  let told = false;
  for (;;) {
    if (take(place, mine)) {
      const unlock = () => rmSync(place, { recursive: true, force: true });
      process.once('exit', unlock);
      return () => {
        process.off('exit', unlock);
        unlock();
      };
    }
    const owner = ownerOf(place);
    if (owner !== 0 && !isAlive(owner)) {
      if (evict(place, owner, mine)) continue;
    } else if (!told && owner !== 0) {
      told = true;
      process.stderr.write(`Waiting for another command (process ${owner}) to finish installing …\n`);
    }
    if (Date.now() > deadline) {
      throw new BootstrapError(
        `Process ${owner} has been installing for ten minutes. Delete ${relative(ROOT, place)} if it is gone.`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/**
 * The folder comes into being with its owner's name in it: a rename fails where a folder with something in it is.
 * @param {string} place
 * @param {string} mine
 */
function take(place, mine) {
  mkdirSync(mine, { recursive: true });
  writeFileSync(join(mine, 'pid'), String(process.pid));
  try {
    renameSync(mine, place);
    return true;
  } catch (error) {
    rmSync(mine, { recursive: true, force: true });
    if (['ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES'].includes(codeOf(error) ?? '')) return false;
    throw error;
  }
}

/**
 * Of several that see the same dead owner one moves its folder away; one that comes late gives back what it moved.
 * @param {string} place
 * @param {number} owner
 * @param {string} mine
 * @returns gone?
 */
function evict(place, owner, mine) {
  const aside = `${mine}.evicted`;
  try {
    renameSync(place, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return true;
    throw error;
  }
  if (ownerOf(aside) !== owner) {
    renameSync(aside, place);
    return false;
  }
  rmSync(aside, { recursive: true, force: true });
  return true;
}

/**
 * @returns its process id, or 0 when the folder has just gone
 * @param {string} folder
 */
function ownerOf(folder) {
  return Number(read(join(folder, 'pid')) ?? 0);
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}
