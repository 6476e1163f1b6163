import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Vectorlane } from './client.ts';
import { hasCode } from './errors.ts';
import type { CallOptions, Document } from './types.ts';
import type { Reopenable } from './upload-body.ts';

export interface SyncOptions extends CallOptions {
  readonly collection?: string;
  /** Whether documents of files that are gone from the folder are deleted, in `collection`, which must be given. */
  readonly prune?: boolean;
  /** How many uploads run at once. */
  readonly uploadsAtOnce?: number;
}

export interface SyncResult {
  /** Documents whose bytes were sent: wait for each by `waitUntilDone`. */
  readonly uploaded: readonly Document[];
  /** How many files were there already. */
  readonly unchanged: number;
  readonly deleted: number;
  /** Files and folders that could not be read or sent. Nothing is pruned where there are any. */
  readonly failed: readonly { readonly path: string; readonly error: unknown }[];
}

interface FoundFile {
  readonly path: string;
  readonly externalId: string;
}

/** As many as the service takes in one question or condition. */
const ITEMS_AT_ONCE = 1_000;

/** A file that is read while it is sent. */
export function fileAt(path: string): Reopenable {
  return { filename: basename(resolve(path)), open: () => createReadStream(path) };
}

/**
 * Brings the service up to date with a folder, as `npm run ingest -- folder --sync` does: each file is the document
 * that has its path, from the folder's own name on, as external id. Hidden files,
 * `node_modules` and links are passed over.
 * @throws TypeError for `prune` without `collection`
 * @throws what reading the folder itself or a question about all of it throws, or the signal's reason
 */
export async function syncFolder(client: Vectorlane, folder: string, options: SyncOptions = {}): Promise<SyncResult> {
  const { collection, signal, prune = false, uploadsAtOnce = 4 } = options;
  if (prune && collection === undefined) {
    throw new TypeError('`prune` needs `collection`: it deletes in that one alone.');
  }
  const root = resolve(folder);
  // A folder that is not there is a mistake of the caller, and no reason to delete anything.
  await readdir(root);
  const failed: { path: string; error: unknown }[] = [];
  const note = (path: string, error: unknown): void => {
    signal?.throwIfAborted();
    failed.push({ path, error });
  };
  const named = collection === undefined ? {} : { collection };
  const uploaded: Document[] = [];
  const kept = new Set<string>();
  let unchanged = 0;

  const send = async ({ path, externalId }: FoundFile): Promise<void> => {
    try {
      uploaded.push(await client.upload(fileAt(path), { ...named, externalId, signal }));
    } catch (error) {
      note(path, error);
    }
  };
  const compare = async (files: readonly FoundFile[]): Promise<void> => {
    const asked: (FoundFile & { readonly sha256: string })[] = [];
    for (const file of files) {
      kept.add(file.externalId);
      await digestOf(file.path, signal).then(
        (sha256) => asked.push({ ...file, sha256 }),
        (error: unknown) => note(file.path, error),
      );
    }
    if (asked.length === 0) return;
    const items = asked.map(({ externalId, sha256 }) => ({ externalId, sha256 }));
    const states = await statesOf(client, { ...named, items }, signal);
    const changed = asked.filter((_, index) => states?.[index]?.state !== 'current');
    unchanged += asked.length - changed.length;
    const waiting = changed.values();
    const work = async (): Promise<void> => {
      for (const file of waiting) await send(file);
    };
    await Promise.all(Array.from({ length: Math.max(1, uploadsAtOnce) }, work));
  };

  let batch: FoundFile[] = [];
  for await (const file of filesBelow(root, basename(root), note)) {
    signal?.throwIfAborted();
    if (batch.push(file) < ITEMS_AT_ONCE) continue;
    await compare(batch);
    batch = [];
  }
  await compare(batch);
  const deleted =
    prune && failed.length === 0 ? await deleteGone(client, `${basename(root)}/`, kept, named, signal) : 0;
  return { uploaded, unchanged, deleted, failed };
}

/** In the order of names by code unit: the same on every machine. */
async function* filesBelow(
  folder: string,
  name: string,
  note: (path: string, error: unknown) => void,
): AsyncGenerator<FoundFile> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => note(folder, error));
  for (const entry of (entries ?? []).sort((left, right) => (left.name < right.name ? -1 : 1))) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
    const path = join(folder, entry.name);
    const externalId = `${name}/${entry.name}`;
    if (entry.isDirectory()) yield* filesBelow(path, externalId, note);
    else if (entry.isFile()) yield { path, externalId };
  }
}

async function digestOf(path: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash, signal ? { signal } : {});
  return hash.digest('hex');
}

/** @returns nothing where the collection is not there yet: the first upload makes it */
async function statesOf(
  client: Vectorlane,
  request: Parameters<Vectorlane['compareFiles']>[0],
  signal: AbortSignal | undefined,
): Promise<Awaited<ReturnType<Vectorlane['compareFiles']>>['items'] | undefined> {
  try {
    return (await client.compareFiles(request, { signal })).items;
  } catch (error) {
    if (hasCode(error, 'COLLECTION_NOT_FOUND')) return undefined;
    throw error;
  }
}

/** Documents of this folder alone, and of one collection: what came by another way is left alone. */
async function deleteGone(
  client: Vectorlane,
  prefix: string,
  kept: ReadonlySet<string>,
  { collection = 'default' }: { readonly collection?: string },
  signal: AbortSignal | undefined,
): Promise<number> {
  const gone: string[] = [];
  for await (const { id, externalId } of client.documents(
    { collection: [collection], sort: 'createdAt' },
    { signal },
  )) {
    if (externalId?.startsWith(prefix) && !kept.has(externalId)) gone.push(id);
  }
  let deleted = 0;
  for (let at = 0; at < gone.length; at += ITEMS_AT_ONCE) {
    const documentId = gone.slice(at, at + ITEMS_AT_ONCE);
    for (;;) {
      const step = await client.deleteDocuments({ filter: { documentId } }, { signal });
      deleted += step.deleted;
      if (step.deleted === 0 || step.deleted >= step.matched) break;
    }
  }
  return deleted;
}
