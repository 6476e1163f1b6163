import type { Document } from '../document';

/**
 * Files, collections and batches by the names that OpenAI's interface knows them by. The document that was made of a
 * file has the file's id as its external id; any other document is a file of its own.
 */
const FILE_ID = /^file-([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/;

export function fileIdFrom(id: string): string {
  return `file-${id.replaceAll('-', '')}`;
}

/** @returns the UUID in it; nothing where it cannot be an id of a file */
export function uuidOfFile(fileId: string): string | undefined {
  const parts = FILE_ID.exec(fileId);
  return parts === null ? undefined : parts.slice(1).join('-');
}

export function fileIdOf({ id, externalId }: Pick<Document, 'id' | 'externalId'>): string {
  return externalId !== null && FILE_ID.test(externalId) ? externalId : fileIdFrom(id);
}

/** SQL for: its external id is not that of a file. */
export const IS_NO_COPY = `(external_id IS NULL OR external_id !~ '^file-[0-9a-f]{32}$')`;
