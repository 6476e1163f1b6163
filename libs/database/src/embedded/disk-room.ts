import { statfsSync } from 'node:fs';

/**
 * Bytes without which the engine is not started: it writes 16 MiB of log ahead, and a first start makes the cluster of
 * some 40 MiB. PostgreSQL that runs out of room in its log ends, and one that is started without it ends again.
 */
const LEAST_BYTES = 64 * 1024 * 1024;
const MIB = 1024 * 1024;

/** The data folder's disk is full. It goes by itself when there is room, and a restart changes nothing. */
export class NoSpaceError extends Error {
  override readonly name = 'NoSpaceError';
  /** As the system calls it; told apart by this from a database that is away. */
  readonly code = 'ENOSPC';

  constructor(folder: string, freeBytes: number) {
    const free = `${Math.floor(freeBytes / MIB)} MiB free, ${LEAST_BYTES / MIB} MiB are needed`;
    super(`There is no space left in ${folder} (${free}).`);
  }
}

/**
 * @param freeBytesOf for tests
 * @returns why the engine cannot run in `folder` at present; nothing where there is room, or nobody can tell
 */
export function lackOfRoom(
  folder: string,
  freeBytesOf: (folder: string) => number = freeBytes,
): NoSpaceError | undefined {
  const free = freeBytesOf(folder);
  return free < LEAST_BYTES ? new NoSpaceError(folder, free) : undefined;
}

function freeBytes(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
