import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ContentsRepository } from '../contents.repository';

/** Rows that one step takes away. With a chunk go its vector and its words. */
const CHUNKS = 250;
const DOCUMENTS = 8;

/**
 * Takes away what deleted collections held, a short transaction after the other: the embedded database is one session
 * for everybody. Nobody sees any of it meanwhile; after a crash the next step goes on.
 */
@Injectable()
export class DeletedCollectionsRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly contents: ContentsRepository,
  ) {}

  /** The next step. @returns whether there was anything to do */
  async sweep(): Promise<boolean> {
    const [collection] = await this.dataSource.query<{ key: string }[]>(
      'SELECT key FROM collections WHERE deleted_at IS NOT NULL ORDER BY key LIMIT 1',
    );
    if (collection === undefined) return false;
    const { key } = collection;
    if ((await this.removeChunks(key)) > 0) return true;
    if ((await this.removeDocuments(key)) > 0) return true;
    // An upload that was under way when the collection was deleted may still arrive: it goes with the next step.
    await this.dataSource.query(
      `DELETE FROM collections c WHERE key = $1 AND deleted_at IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM documents d WHERE d.collection = c.key)`,
      [key],
    );
    return true;
  }

  private async removeChunks(key: string): Promise<number> {
    const rows = await this.dataSource.query<unknown[]>(
      `WITH next AS (
         SELECT c.id FROM documents d JOIN chunks c ON c.document_id = d.id WHERE d.collection = $1 LIMIT $2),
       removed AS (DELETE FROM chunks USING next WHERE chunks.id = next.id RETURNING 1 AS one)
       SELECT one FROM removed`,
      [key, CHUNKS],
    );
    return rows.length;
  }

  /** Chunks that a worker has stored meanwhile go along: they are few. */
  private async removeDocuments(key: string): Promise<number> {
    const rows = await this.dataSource.query<{ content_id: string }[]>(
      `WITH next AS (SELECT id FROM documents WHERE collection = $1 LIMIT $2),
       removed AS (DELETE FROM documents d USING next WHERE d.id = next.id RETURNING d.content_id)
       SELECT content_id FROM removed`,
      [key, DOCUMENTS],
    );
    // Its own transaction, as for one document: a crash in between leaves orphans, which are swept.
    await this.contents.removeAll(rows.map(({ content_id }) => content_id));
    return rows.length;
  }
}
