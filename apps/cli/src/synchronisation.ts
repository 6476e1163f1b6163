import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { ApiClient } from './api-client';
import type { ManifestEntry } from './api-schemas';
import { ApiProblem } from './api-errors';
import { describeFileError, type FoundFile } from './found-files';

/**
 * What makes a second run of the same command bring the server up to date: each file is the document that has its path
 * as external id. Files whose bytes are there are not sent again, and documents whose files are gone can be deleted.
 */

/** As many as the server takes in one question. */
const MANIFEST_ITEMS = 1_000;
/** As many as one condition takes. */
const DELETED_AT_ONCE = 1_000;

/** The path from the folder that was named, with its name, so that two folders may stand side by side. */
export function externalIdOf({ folder, name }: FoundFile): string {
  return folder === undefined ? name : `${folder}/${name}`;
}

export interface Comparison {
  /** Files to be sent. */
  readonly changed: readonly FoundFile[];
  /** Files whose bytes are there, with what became of them. */
  readonly current: readonly { readonly file: FoundFile; readonly entry: ManifestEntry }[];
  readonly unreadable: readonly { readonly file: FoundFile; readonly code: string; readonly message: string }[];
}

/** Asks which files have to be sent: one request for a thousand of them. */
export async function compareWithServer(
  files: readonly FoundFile[],
  client: Pick<ApiClient, 'compareManifest'>,
  collection: string | undefined,
  signal: AbortSignal,
): Promise<Comparison> {
  const changed: FoundFile[] = [];
  const current: { file: FoundFile; entry: ManifestEntry }[] = [];
  const unreadable: { file: FoundFile; code: string; message: string }[] = [];
  for (let at = 0; at < files.length; at += MANIFEST_ITEMS) {
    const asked: { file: FoundFile; externalId: string; sha256: string }[] = [];
    for (const file of files.slice(at, at + MANIFEST_ITEMS)) {
      signal.throwIfAborted();
      try {
        asked.push({ file, externalId: externalIdOf(file), sha256: await digestOf(file.location, signal) });
      } catch (error) {
        signal.throwIfAborted();
        unreadable.push({ file, ...describeFileError(error) });
      }
    }
    if (asked.length === 0) continue;
    const items = asked.map(({ externalId, sha256 }) => ({ externalId, sha256 }));
    const entries = await knownOf(client, collection, items, signal);
    for (const [index, { file }] of asked.entries()) {
      const entry = entries?.[index];
      if (entry?.state === 'current') current.push({ file, entry });
      else changed.push(file);
    }
  }
  return { changed, current, unreadable };
}

/** @returns nothing where the collection is not there yet: the first upload makes it */
async function knownOf(
  client: Pick<ApiClient, 'compareManifest'>,
  collection: string | undefined,
  items: readonly { readonly externalId: string; readonly sha256: string }[],
  signal: AbortSignal,
): Promise<readonly ManifestEntry[] | undefined> {
  try {
    return await client.compareManifest(collection, items, signal);
  } catch (error) {
    if (error instanceof ApiProblem && error.code === 'COLLECTION_NOT_FOUND') return undefined;
    throw error;
  }
}

async function digestOf(location: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(location), hash, { signal });
  return hash.digest('hex');
}

/**
 * Documents of folders that were named whose files are not there any more. What was never brought by such a folder, or
 * has no external id, is none of them.
 */
export async function findGone(
  files: readonly FoundFile[],
  folders: readonly string[],
  client: Pick<ApiClient, 'listExternalIds'>,
  collection: string | undefined,
  signal: AbortSignal,
): Promise<string[]> {
  const kept = new Set(files.map(externalIdOf));
  const gone: string[] = [];
  for await (const { id, externalId } of client.listExternalIds(collection, signal)) {
    const isOfFolder = folders.some((folder) => externalId.startsWith(`${folder}/`));
    if (isOfFolder && !kept.has(externalId)) gone.push(id);
  }
  return gone;
}

export async function deleteGone(
  ids: readonly string[],
  client: Pick<ApiClient, 'deleteDocuments'>,
  signal: AbortSignal,
): Promise<number> {
  let deleted = 0;
  for (let at = 0; at < ids.length; at += DELETED_AT_ONCE) {
    deleted += await client.deleteDocuments(ids.slice(at, at + DELETED_AT_ONCE), signal);
  }
  return deleted;
}
