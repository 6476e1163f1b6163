import { Injectable } from '@nestjs/common';
import { inTransaction, prepared } from '@vectorlane/database';
import type { Lane, OnDuplicate } from '@vectorlane/domain';
import { Problem } from '@vectorlane/errors';
import { DataSource, type EntityManager } from 'typeorm';
import { ContentsRepository } from './contents.repository';
import { type Chunking, type Document, DOCUMENT_COLUMNS, type DocumentMetadata } from './document';
import { NEXT_GENERATION, RETRIED } from './ingestion-ledger';

export interface NewDocument {
  readonly id: string;
  /** Key of its collection. */
  readonly collection: string;
  readonly sha256: Buffer;
  readonly contentId: string;
  readonly filename: string;
  readonly format: string;
  readonly lane: Lane;
  readonly mediaType: string;
  readonly declaredCharset: string | undefined;
  readonly sizeBytes: number;
  readonly metadata: DocumentMetadata;
  /** Its owner's name for it; unique in the collection. */
  readonly externalId: string | undefined;
  /** Id of the key. */
  readonly uploadedBy: string;
  /** Left out: as the service is set. */
  readonly chunking?: Chunking | undefined;
}

/** What an upload says of a document beside its bytes, as far as it says it. */
export interface Said {
  readonly filename?: string | undefined;
  readonly metadata?: DocumentMetadata | undefined;
}

/** What became of an upload; `rowId` is the row whose ingestion is to be queued. */
export type Adoption =
  | { readonly outcome: 'created' | 'revised'; readonly document: Document; readonly rowId: string }
  | { readonly outcome: 'same'; readonly document: Document };

interface Placed {
  readonly outcome: 'created' | 'revised';
  readonly id: string;
  readonly rowId: string;
}

interface Revisable {
  readonly id: string;
  readonly external_id: string | null;
  readonly is_seen: boolean;
  readonly filename: string;
  readonly metadata: DocumentMetadata;
}

const REVISABLE = 'id, external_id, visible_generation IS NOT NULL AS is_seen, filename, metadata';

/** Somebody else was first, with the same bytes or the end of the document: nothing is done, all is looked at again. */
class LostRaceError extends Error {
  override readonly name = 'LostRaceError';
}

const UNIQUE_VIOLATION = '23505';

/** What becomes of an upload: a document is made or revised, or is found to be there. */
@Injectable()
export class UploadsRepository {
  constructor(
    private readonly contents: ContentsRepository,
    private readonly dataSource: DataSource,
  ) {}

  /** @param collection its key */
  async findByExternalId(collection: string, externalId: string): Promise<Document | null> {
    const [document] = await this.dataSource.query<Document[]>(
      `SELECT ${DOCUMENT_COLUMNS} FROM documents WHERE collection = $1 AND external_id = $2 AND revision_of IS NULL`,
      [collection, externalId],
    );
    return document ?? null;
  }

  /**
   * The document that has these bytes already, or has them on their way; takes over what is said of it where it is
   * called by its external id. Bytes that are in the collection without an external id get this one.
   */
  async takeOver(
    document: Pick<NewDocument, 'collection' | 'sha256' | 'externalId' | 'filename'>,
    said: Said,
    onDuplicate: OnDuplicate = 'return',
  ): Promise<Document | null> {
    const { collection, sha256, externalId, filename } = document;
    if (externalId !== undefined) {
      const id = await inTransaction(this.dataSource, (manager) =>
        this.sameOf(manager, { collection, sha256, externalId }, said),
      );
      return id === undefined ? null : this.byId(id);
    }
    const [same] = await this.dataSource.query<{ id: string; is_revision: boolean }[]>(
      prepared(
        `SELECT coalesce(revision_of, id) AS id, revision_of IS NOT NULL AS is_revision FROM documents
          WHERE collection = $1 AND sha256 = $2 AND external_id IS NULL`,
      ),
      [collection, sha256],
    );
    if (same === undefined) return null;
    if (onDuplicate === 'replace' && !same.is_revision) {
      // Back to what readers see: a revision that is on its way is not wanted any more.
      await this.dataSource.query(
        `DELETE FROM documents AS r USING documents AS m
          WHERE m.id = $1 AND m.filename = $2 AND r.revision_of = m.id`,
        [same.id, filename],
      );
    }
    return this.byId(same.id);
  }

  /**
   * Makes the document and adopts its stored content, or makes a revision of the one that has its external id, or finds
   * that the same bytes are here already. Of any number of equal uploads exactly one makes the document.
   * @param said of a revision, what is left out stays as it was
   * @param onDuplicate what a document of the same name means to one without an external id
   * @throws Problem `COLLECTION_NOT_FOUND` where the collection was deleted meanwhile, `DUPLICATE`
   */
  async adopt(document: NewDocument, said: Said = {}, onDuplicate: OnDuplicate = 'return'): Promise<Adoption> {
    // Another round where what was found is gone a moment later, or was not there yet.
    for (;;) {
      const same = await this.takeOver(document, said, onDuplicate);
      if (same !== null) {
        await this.contents.remove(document.contentId);
        return { outcome: 'same', document: same };
      }
      const placed = await unlessLost(() =>
        inTransaction(this.dataSource, (manager) => this.place(manager, document, said, onDuplicate)),
      );
      if (placed !== undefined) return { ...placed, document: await this.byId(placed.id) };
      await this.requireCollection(document.collection);
    }
  }

  private async place(
    manager: EntityManager,
    document: NewDocument,
    said: Said,
    onDuplicate: OnDuplicate,
  ): Promise<Placed> {
    const { collection, externalId, filename } = document;
    if (externalId === undefined && onDuplicate !== 'return') {
      // One after the other: of two that come together the second finds the first.
      await manager.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`${collection}/${filename}`]);
      const [main] = await manager.query<Revisable[]>(
        `SELECT ${REVISABLE} FROM documents
          WHERE collection = $1 AND md5(filename) = md5($2) AND filename = $2 AND revision_of IS NULL
          ORDER BY created_at DESC, id LIMIT 1 FOR UPDATE`,
        [collection, filename],
      );
      if (main !== undefined && onDuplicate === 'reject') {
        throw new Problem('DUPLICATE', `There is a document "${filename}" already, with other content: ${main.id}.`);
      }
      if (main !== undefined) return this.revise(manager, main, document, said);
    }
    if (await this.insert(document, null, manager)) {
      return { outcome: 'created', id: document.id, rowId: document.id };
    }
    const [main] = await manager.query<Revisable[]>(
      `SELECT ${REVISABLE} FROM documents
        WHERE collection = $1 AND external_id = $2 AND revision_of IS NULL FOR UPDATE`,
      [collection, externalId ?? null],
    );
    if (main === undefined) throw new LostRaceError();
    return this.revise(manager, main, document, said);
  }

  private async sameOf(
    manager: EntityManager,
    { collection, sha256, externalId }: { collection: string; sha256: Buffer; externalId: string },
    said: Said,
  ): Promise<string | undefined> {
    const [named] = await manager.query<{ id: string; is_same: boolean }[]>(
      `WITH named AS (
         UPDATE documents SET external_id = $3
          WHERE collection = $1 AND sha256 = $2 AND external_id IS NULL AND revision_of IS NULL
            AND NOT EXISTS (SELECT 1 FROM documents o WHERE o.collection = $1 AND o.external_id = $3)
         RETURNING id)
       SELECT id, true AS is_same FROM named`,
      [collection, sha256, externalId],
    );
    const [main] = named
      ? [named]
      : await manager.query<{ id: string; is_same: boolean }[]>(
          `SELECT id, sha256 = $3 AS is_same FROM documents
            WHERE collection = $1 AND external_id = $2 AND revision_of IS NULL FOR UPDATE`,
          [collection, externalId, sha256],
        );
    if (main === undefined) return undefined;
    if (main.is_same) {
      // Back to what readers see: a revision that is on its way is not wanted any more.
      await manager.query('DELETE FROM documents WHERE revision_of = $1', [main.id]);
      await this.say(manager, main.id, said);
      return main.id;
    }
    const [pending] = await manager.query<{ id: string }[]>(
      'SELECT id FROM documents WHERE revision_of = $1 AND sha256 = $2',
      [main.id, sha256],
    );
    if (pending === undefined) return undefined;
    await this.say(manager, pending.id, said);
    return main.id;
  }

  private async say(manager: EntityManager, id: string, { filename, metadata }: Said): Promise<void> {
    if (filename === undefined && metadata === undefined) return;
    await manager.query(
      `UPDATE documents SET filename = coalesce($2, filename), metadata = coalesce($3::jsonb, metadata), updated_at = now()
        WHERE id = $1`,
      [id, filename ?? null, metadata === undefined ? null : JSON.stringify(metadata)],
    );
  }

  /** @returns whether it was made: not where its identity is taken, or its collection is gone */
  private async insert(
    document: NewDocument,
    revisionOf: string | null,
    manager: EntityManager = this.dataSource.manager,
  ): Promise<boolean> {
    const rows = await manager.query<unknown[]>(
      `WITH made AS (
         INSERT INTO documents (id, collection, sha256, content_id, filename, format, lane, media_type, declared_charset,
                                size_bytes, metadata, external_id, revision_of, chunking, uploaded_by, status, stage)
         SELECT $1, key, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 'pending', 'queued'
           FROM collections WHERE key = $2 AND deleted_at IS NULL
         ON CONFLICT DO NOTHING
         RETURNING id)
       SELECT id FROM made`,
      [
        document.id,
        document.collection,
        document.sha256,
        document.contentId,
        document.filename,
        document.format,
        document.lane,
        document.mediaType,
        document.declaredCharset ?? null,
        document.sizeBytes,
        JSON.stringify(document.metadata),
        document.externalId ?? null,
        revisionOf,
        document.chunking === undefined ? null : JSON.stringify(document.chunking),
        document.uploadedBy,
      ],
    );
    return rows.length > 0;
  }

  private async revise(manager: EntityManager, main: Revisable, document: NewDocument, said: Said): Promise<Placed> {
    const next: NewDocument = {
      ...document,
      externalId: main.external_id ?? undefined,
      filename: said.filename ?? main.filename,
      metadata: said.metadata ?? main.metadata,
    };
    // The newest upload is the one that counts, whatever has become of the one before.
    await manager.query('DELETE FROM documents WHERE revision_of = $1', [main.id]);
    if (!main.is_seen) {
      await this.replaceUnseen(manager, main.id, next);
      return { outcome: 'revised', id: main.id, rowId: main.id };
    }
    if (!(await this.insert(next, main.id, manager))) throw new LostRaceError();
    return { outcome: 'revised', id: main.id, rowId: next.id };
  }

  /** Nobody has seen anything of the document yet: its content is another one from here on. */
  private async replaceUnseen(manager: EntityManager, id: string, next: NewDocument): Promise<void> {
    await manager.query(
      `UPDATE documents AS d
          SET ${RETRIED}, generation = ${NEXT_GENERATION('d')}, last_generation = ${NEXT_GENERATION('d')},
              sha256 = $2, content_id = $3, filename = $4, format = $5, lane = $6, media_type = $7,
              declared_charset = $8, size_bytes = $9, metadata = $10, chunking = $11,
              uploaded_by = $12
        WHERE id = $1`,
      [
        id,
        next.sha256,
        next.contentId,
        next.filename,
        next.format,
        next.lane,
        next.mediaType,
        next.declaredCharset ?? null,
        next.sizeBytes,
        JSON.stringify(next.metadata),
        next.chunking === undefined ? null : JSON.stringify(next.chunking),
        next.uploadedBy,
      ],
    );
  }

  private async byId(id: string): Promise<Document> {
    const [document] = await this.dataSource.query<Document[]>(
      prepared(`SELECT ${DOCUMENT_COLUMNS} FROM documents WHERE id = $1`),
      [id],
    );
    if (document === undefined) throw new Problem('DOCUMENT_NOT_FOUND', 'The document was deleted meanwhile.');
    return document;
  }

  private async requireCollection(key: string): Promise<void> {
    const rows = await this.dataSource.query<unknown[]>(
      'SELECT 1 FROM collections WHERE key = $1 AND deleted_at IS NULL',
      [key],
    );
    if (rows.length === 0) throw new Problem('COLLECTION_NOT_FOUND', 'The collection was deleted meanwhile.');
  }
}

async function unlessLost<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (error instanceof LostRaceError || code === UNIQUE_VIOLATION) return undefined;
    throw error;
  }
}
