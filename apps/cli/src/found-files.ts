import type { Stats } from 'node:fs';
import { lstat, open, readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { UnreadableFile } from './api-errors';

/**
 * Finds the files to upload: everything below the given paths, in the same order each time. Hidden entries,
 * `node_modules` and symbolic links inside a folder are passed over; a path given by name is taken whatever it is.
 */
export interface FoundFile {
  /** As the user would write it, for messages. */
  readonly path: string;
  /** Absolute, for opening. */
  readonly location: string;
  readonly name: string;
  /** From the folder that was named down to the one it lies in, with slashes; left out for a file named by itself. */
  readonly folder?: string;
  readonly sizeBytes: number;
}

export interface UnreadablePath {
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

export interface Findings {
  readonly files: readonly FoundFile[];
  readonly unreadable: readonly UnreadablePath[];
}

const SKIPPED_FOLDERS = new Set(['node_modules']);

/**
 * Every file once, even when named twice. The list is held in memory (about 300 bytes a file): a total is needed
 * before the first upload for progress to mean anything.
 * @param from folder that relative paths start at
 */
export async function findFiles(paths: readonly string[], from: string, signal?: AbortSignal): Promise<Findings> {
  const files = new Map<string, FoundFile>();
  const unreadable: UnreadablePath[] = [];

  const visit = async (path: string, named: boolean, folder?: string): Promise<void> => {
    signal?.throwIfAborted();
    const location = resolve(from, path);
    try {
      // Only a link the user named is followed; inside folders one might lead anywhere, or in circles.
      const found = named ? await stat(location) : await lstat(location);
      if (found.isDirectory()) {
        const inside = [folder, basename(location)].filter(Boolean).join('/');
        for (const name of await childNames(location)) await visit(join(path, name), false, inside);
      } else if (found.isFile()) {
        if (!files.has(location))
          files.set(location, { ...foundFile(path, location, found), ...(folder && { folder }) });
      } else if (named) {
        unreadable.push({ path, code: 'NOT_A_FILE', message: 'neither a file nor a folder' });
      }
    } catch (error) {
      signal?.throwIfAborted();
      unreadable.push({ path, ...describeFileError(error) });
    }
  };

  for (const path of paths) await visit(path, true);
  return { files: [...files.values()], unreadable };
}

function foundFile(path: string, location: string, { size }: Stats): FoundFile {
  return { path, location, name: basename(location), sizeBytes: size };
}

/** Sorted by code unit: the order of no locale, so the same on every machine. */
async function childNames(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => !entry.name.startsWith('.') && !SKIPPED_FOLDERS.has(entry.name) && !entry.isSymbolicLink())
    .map((entry) => entry.name)
    .toSorted((left, right) => (left < right ? -1 : 1));
}

const FILE_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'is a folder',
  EMFILE: 'too many open files',
};

export function describeFileError(error: unknown): { code: string; message: string } {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return { code: 'UNREADABLE', message: 'cannot be read' };
  return { code, message: FILE_ERRORS[code] ?? message };
}

/** Opens the file for a moment; undefined when that works. */
export async function whyUnreadable(location: string): Promise<UnreadableFile | undefined> {
  try {
    const handle = await open(location, 'r');
    await handle.close();
    return undefined;
  } catch (error) {
    const { code, message } = describeFileError(error);
    return new UnreadableFile(code, message, { cause: error });
  }
}
