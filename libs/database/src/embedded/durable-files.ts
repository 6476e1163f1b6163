import { closeSync, fsyncSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';

/** PGlite is started with these, which switch fsync off, and asks for no fsync when it is on: its files have none. */
const WITHOUT_FSYNC = '-F';

export const DURABLE_START_PARAMS: readonly string[] = [
  ...PGlite.defaultStartParams.filter((parameter) => parameter !== WITHOUT_FSYNC),
  '-c',
  // The other methods are nothing in Emscripten's C library.
  'wal_sync_method=fsync',
];

interface NodeFiles {
  readonly stream_ops: Record<string, unknown>;
  realPath(node: unknown): string;
}

interface OpenFile {
  /** Missing for a folder, which Emscripten does not open. */
  readonly nfd?: number;
  readonly node: unknown;
}

type Init = NodeFS['init'];

/** The files of PGlite, with an fsync that reaches the disk: what was committed survives a loss of power. */
export class DurableFiles extends NodeFS {
  override async init(...[pglite, options]: Parameters<Init>): ReturnType<Init> {
    const { emscriptenOpts } = await super.init(pglite, options);
    const preRun = [...(emscriptenOpts.preRun ?? []), addFsync] as NonNullable<typeof emscriptenOpts.preRun>;
    return { emscriptenOpts: { ...emscriptenOpts, preRun } };
  }
}

/** Emscripten calls it for fsync(2) where a file system has one. */
function addFsync(module: { FS: object }): void {
  const { NODEFS } = (module.FS as { filesystems: { NODEFS: NodeFiles } }).filesystems;
  NODEFS.stream_ops['fsync'] = ({ nfd, node }: OpenFile): void =>
    nfd === undefined ? syncPath(NODEFS.realPath(node)) : fsyncSync(nfd);
}

/** Everything below, also what was written before by a program that did not wait for the disk. */
export function syncTree(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) syncTree(path);
    else if (entry.isFile()) syncPath(path);
  }
  syncPath(folder);
}

function syncPath(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
