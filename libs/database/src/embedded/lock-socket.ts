import { createHash } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';

/** The socket under a data folder's lock: listened on by who wants the folder, answered with who that is. */

export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  /** ISO 8601. */
  readonly since: string;
}

export interface Probe {
  /** `dead`: nobody listens. `silent`: somebody does and does not answer. */
  readonly state: 'holding' | 'contending' | 'silent' | 'dead';
  readonly holder?: LockHolder;
}

/** `sun_path` holds 107 bytes on Linux and 103 elsewhere. */
const MAX_SOCKET_PATH_BYTES = 103;
const MAX_ANSWER_BYTES = 4_096;
const MAX_CONNECTIONS = 32;

export class LockSocket {
  private state: 'contending' | 'holding' = 'contending';
  private readonly connections = new Set<Socket>();

  private constructor(
    readonly name: string,
    private readonly folder: string,
    private readonly server: Server,
    private readonly address: SocketAddress,
    self: LockHolder,
  ) {
    server.maxConnections = MAX_CONNECTIONS;
    server.on('connection', (connection) => {
      this.connections.add(connection);
      connection.on('close', () => this.connections.delete(connection));
      connection.on('error', () => connection.destroy()); // the asker went away; it learnt what it needed
      connection.end(JSON.stringify({ state: this.state, holder: self }));
    });
    // Never the reason for the process to go on.
    server.unref();
  }

  /** Listens, and only then shows itself under `name`: a socket found there that refuses is dead for certain. */
  static async listen(folder: string, name: string, self: LockHolder): Promise<LockSocket> {
    const unlisted = isPipe(name) ? name : `${name}.new`;
    const address = await socketAddress(folder, unlisted);
    const server = createServer();
    const lock = new LockSocket(name, folder, server, address, self);
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ path: address.path }, resolve);
      });
      if (unlisted !== name) await rename(join(folder, unlisted), join(folder, name));
    } catch (error) {
      await lock.close();
      throw new Error(`Cannot lock the data folder: no socket can be made in ${folder} (${String(error)}).`, {
        cause: error,
      });
    }
    return lock;
  }

  hold(): void {
    this.state = 'holding';
  }

  /** Takes the name away first: a refused connection to a listed name would only make others sweep it. */
  async close(): Promise<void> {
    if (!isPipe(this.name)) await rm(join(this.folder, this.name), { force: true });
    for (const connection of this.connections) connection.destroy();
    if (this.server.listening) await new Promise<void>((resolve) => this.server.close(() => resolve()));
    await this.address.folder?.close();
  }
}

const PIPE_PREFIX = '\\\\.\\pipe\\';

/** Windows: the one named pipe of a data folder, given by its real path. */
export function pipeName(folder: string): string {
  return `${PIPE_PREFIX}vectorlane-${createHash('sha256').update(folder.toLowerCase()).digest('hex')}`;
}

function isPipe(name: string): boolean {
  return name.startsWith(PIPE_PREFIX);
}

/** Shortest time to answer in: one that asks late, because it stood still itself, still hears who is alive. */
const MIN_ANSWER_MS = 400;

/**
 * Asks the socket `name` who listens on it. Resolves within `timeoutMs` (at least 400); never rejects on what the
 * other side does.
 */
export async function probeLock(folder: string, name: string, timeoutMs: number): Promise<Probe> {
  const address = await socketAddress(folder, name);
  try {
    return await new Promise<Probe>((resolve) => {
      const connection = createConnection({ path: address.path });
      let answer = '';
      const finish = (probe: Probe): void => {
        clearTimeout(timer);
        connection.destroy();
        resolve(probe);
      };
      const timer = setTimeout(() => finish({ state: 'silent' }), Math.max(MIN_ANSWER_MS, timeoutMs));
      connection.setEncoding('utf8');
      connection.on('data', (text: string) => {
        answer += text;
        if (answer.length > MAX_ANSWER_BYTES) finish({ state: 'silent' });
      });
      connection.on('end', () => finish(readAnswer(answer)));
      connection.on('error', (error: NodeJS.ErrnoException) => {
        // Only these two mean that nobody can be there; a full backlog or a missing permission does not.
        finish({ state: error.code === 'ECONNREFUSED' || error.code === 'ENOENT' ? 'dead' : 'silent' });
      });
    });
  } finally {
    await address.folder?.close();
  }
}

function readAnswer(answer: string): Probe {
  try {
    return JSON.parse(answer) as Probe;
  } catch {
    return { state: 'contending' }; // cut off: it is closing, look again
  }
}

interface SocketAddress {
  readonly path: string;
  /** Kept open as long as the path is used, when that goes through it. */
  readonly folder?: FileHandle;
}

async function socketAddress(folder: string, name: string): Promise<SocketAddress> {
  if (isPipe(name)) return { path: name };
  const path = join(folder, name);
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES) return { path };
  if (process.platform !== 'linux') {
    throw new Error(`The path of the data folder is too long for a socket (${path}): set DATA_DIR to a shorter one.`);
  }
  const handle = await open(folder, 'r');
  return { path: `/proc/self/fd/${handle.fd}/${name}`, folder: handle };
}
