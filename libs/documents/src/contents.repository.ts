import { createReadStream } from 'node:fs';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/**
 * Size of a stored part, bytes. Small enough that writing one holds the embedded database (one session for all) for a
 * few milliseconds only; large enough that 50 MB are 200 statements.
 */
export const PART_BYTES = 256 * 1024;

export const FOREIGN_KEY_VIOLATION = '23503';

const UNOWNED = `NOT EXISTS (SELECT 1 FROM documents d WHERE d.content_id = c.id)
  AND NOT EXISTS (SELECT 1 FROM files f WHERE f.content_id = c.id)`;

/** Parts that are read one by one, in one piece. @throws the signal's reason */
export async function wholeOf(parts: AsyncIterable<Buffer>, sizeBytes: number, signal: AbortSignal): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(sizeBytes);
  let length = 0;
  for await (const part of parts) {
    signal.throwIfAborted();
    length += part.copy(bytes, length);
  }
  return bytes;
}

/** The bytes are not all there (any more). */
export class ContentGoneError extends Error {
  override readonly name = 'ContentGoneError';
  constructor(contentId: string) {
    super(`Content ${contentId} is incomplete or gone.`);
  }
}

/** Original bytes of documents, in parts. Each part is a transaction of its own; a document adopts them all at once. */
@Injectable()
export class ContentsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Stores a spooled file under a new content id. A crash on the way leaves an orphan for `sweepOrphans`. */
  async store(contentId: string, path: string, signal?: AbortSignal): Promise<void> {
    await this.dataSource.query('INSERT INTO contents (id) VALUES ($1)', [contentId]);
    let part = 0;
    const stream = createReadStream(path, { highWaterMark: PART_BYTES, ...(signal && { signal }) });
    for await (const bytes of stream as AsyncIterable<Buffer>) {
      await this.dataSource.query(
        `WITH touched AS (UPDATE contents SET touched_at = now() WHERE id = $1 RETURNING id)
         INSERT INTO content_parts (content_id, part, bytes) SELECT id, $2, $3 FROM touched`,
        [contentId, part, bytes],
      );
      part += 1;
    }
  }

  /**
   * The bytes in order, one part in memory at a time.
   * @throws ContentGoneError when there are fewer than `sizeBytes`: the document was deleted meanwhile
   */
  async *read(contentId: string, sizeBytes: number): AsyncGenerator<Buffer> {
    let left = sizeBytes;
    for (let part = 0; left > 0; part += 1) {
      const rows = await this.dataSource.query<{ bytes: Buffer }[]>(
        'SELECT bytes FROM content_parts WHERE content_id = $1 AND part = $2',
        [contentId, part],
      );
      const row = rows[0];
      if (row === undefined) throw new ContentGoneError(contentId);
      left -= row.bytes.length;
      yield row.bytes;
    }
  }

  /** Its first bytes, up to one part, for deciding the format. @throws ContentGoneError */
  async head(contentId: string): Promise<Buffer> {
    for await (const bytes of this.read(contentId, 1)) return bytes;
    throw new ContentGoneError(contentId);
  }

  async remove(contentId: string): Promise<void> {
    await this.removeAll([contentId]);
  }

  /** Those that no document and no file has (any more). */
  async removeAll(contentIds: readonly string[]): Promise<void> {
    try {
      await this.dataSource.query(`DELETE FROM contents c WHERE id = ANY($1::uuid[]) AND ${UNOWNED}`, [contentIds]);
    } catch (error) {
      // One of them has got an owner in this moment: what is left is swept.
      if ((error as { code?: unknown }).code !== FOREIGN_KEY_VIOLATION) throw error;
    }
  }

  /**
   * Removes contents that no document and no file adopted and no upload has touched for a while.
   * @returns how many; at most `limit` a call, so that a sweep never holds the database for long
   */
  async sweepOrphans(idleSeconds: number, limit: number): Promise<number> {
    const removed = await this.dataSource.query<unknown[]>(
      `WITH orphans AS (
         SELECT c.id FROM contents c
          WHERE c.touched_at < now() - make_interval(secs => $1)
            AND ${UNOWNED}
          LIMIT $2),
       removed AS (DELETE FROM contents USING orphans WHERE contents.id = orphans.id RETURNING contents.id)
       SELECT id FROM removed`,
      [idleSeconds, limit],
    );
    return removed.length;
  }
}
