import type { Dependency } from '@vectorlane/domain';

/**
 * SQLSTATEs and socket errors of a database that is away, or that takes no work at present: connections (08), resources
 * (53: out of memory, too many connections), intervention (57: shutdown, a statement cancelled), the system
 * (58: input and output), a server demoted to read-only (25006), an idle transaction ended (25P03), a lock that is held
 * too long (55P03).
 */
const DATABASE_CODE =
  /^(?:08...|53...|57...|58...|25006|25P03|55P03|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EPIPE|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/;
/** What pg and the engine inside say of a lost connection without any code. */
const DATABASE_MESSAGE =
  /timeout exceeded when trying to connect|timeout expired|Connection terminated|Query read timeout|is not queryable|Client has encountered a connection error/;
const DATABASE_NAMES: ReadonlySet<string> = new Set(['EngineError', 'DatabaseSilentError', 'ConnectionLostError']);
/** A folder or a database's volume that takes no more bytes, or a process that may open no more files. */
const DISK_CODES: ReadonlySet<string> = new Set(['53100', 'ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EMFILE', 'ENFILE']);
/** Causes have causes; none of ours is deeper. */
const MAX_DEPTH = 5;

/**
 * The dependency whose fault an error is, told by codes and names down its causes: this library is below all clients.
 * @returns nothing for an error that may be of any making
 */
export function dependencyOf(error: unknown): Dependency | undefined {
  for (let inner = error, depth = 0; inner instanceof Error && depth < MAX_DEPTH; depth += 1) {
    const { code, driverError } = inner as Error & { code?: unknown; driverError?: unknown };
    if (typeof code === 'string' && DISK_CODES.has(code)) return 'disk';
    if (DATABASE_NAMES.has(inner.name) || DATABASE_MESSAGE.test(inner.message)) return 'database';
    if (typeof code === 'string' && DATABASE_CODE.test(code)) return 'database';
    inner = driverError ?? inner.cause;
  }
  return undefined;
}
