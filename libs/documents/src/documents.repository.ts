import { Injectable } from '@nestjs/common';
import { inTransaction } from '@vectorlane/database';
import type { Lane } from '@vectorlane/domain';
import { Problem } from '@vectorlane/errors';
import { DataSource, type EntityManager } from 'typeorm';
import type { CollectionScope } from './collections/collection-scope';
import { ContentsRepository } from './contents.repository';
import { type Document, DOCUMENT_COLUMNS, type DocumentMetadata } from './document';
import { NEXT_GENERATION, RETRIED } from './ingestion-ledger';
import { filterCondition, matchesNothing, type SearchFilter } from './search/filter-condition';
import { SqlParameters } from './search/sql-parameters';

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

/** What of a document its owner may change. */
export type Changeable = Pick<Document, 'filename' | 'metadata'>;

/** Documents as callers know them: made, revised, found, changed, deleted. `IngestionLedger` has their status moves. */
@Injectable()
export class DocumentsRepository {
  constructor(
    private readonly contents: ContentsRepository,
    private readonly dataSource: DataSource,
  ) {}

  async findById(scope: CollectionScope, id: string): Promise<Document | null> {
    const parameters = new SqlParameters();
    const [document] = await this.dataSource.query<Document[]>(
      `SELECT ${DOCUMENT_COLUMNS} FROM documents WHERE ${one(scope, id, parameters)}`,
      parameters.values,
    );
    return document ?? null;
  }

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
    { collection, sha256, externalId }: Pick<NewDocument, 'collection' | 'sha256' | 'externalId'>,
    said: Said,
  ): Promise<Document | null> {
    if (externalId === undefined) {
      const [document] = await this.dataSource.query<Document[]>(
        `SELECT ${DOCUMENT_COLUMNS} FROM documents
          WHERE collection = $1 AND sha256 = $2 AND external_id IS NULL AND revision_of IS NULL`,
        [collection, sha256],
      );
      return document ?? null;
    }
    const id = await inTransaction(this.dataSource, (manager) =>
      this.sameOf(manager, { collection, sha256, externalId }, said),
    );
    return id === undefined ? null : this.byId(id);
  }

  /**
   * Makes the document and adopts its stored content, or makes a revision of the one that has its external id, or finds
   * that the same bytes are here already. Of any number of equal uploads exactly one makes the document.
   * @param said of a revision, what is left out stays as it was
   * @throws Problem `COLLECTION_NOT_FOUND` where the collection was deleted meanwhile
   */
  async adopt(document: NewDocument, said: Said = {}): Promise<Adoption> {
    // Another round where what was found is gone a moment later, or was not there yet.
    for (;;) {
      const same = await this.takeOver(document, said);
      if (same !== null) {
        await this.contents.remove(document.contentId);
        return { outcome: 'same', document: same };
      }
      const made = await this.insert(document, null);
      if (made) return { outcome: 'created', rowId: document.id, document: await this.byId(document.id) };
      await this.requireCollection(document.collection);
      const revised = document.externalId === undefined ? undefined : await this.revise(document, said);
      if (revised !== undefined) return { outcome: 'revised', ...revised };
    }
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
                                size_bytes, metadata, external_id, revision_of, status, stage)
         SELECT $1, key, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'pending', 'queued'
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
      ],
    );
    return rows.length > 0;
  }

  /** @returns nothing where the document is gone again */
  private async revise(document: NewDocument, said: Said): Promise<{ document: Document; rowId: string } | undefined> {
    const revised = await inTransaction(this.dataSource, async (manager) => {
      const [main] = await manager.query<
        { id: string; is_seen: boolean; filename: string; metadata: DocumentMetadata }[]
      >(
        `SELECT id, visible_generation IS NOT NULL AS is_seen, filename, metadata FROM documents
          WHERE collection = $1 AND external_id = $2 AND revision_of IS NULL FOR UPDATE`,
        [document.collection, document.externalId],
      );
      if (main === undefined) return undefined;
      const next: NewDocument = {
        ...document,
        filename: said.filename ?? main.filename,
        metadata: said.metadata ?? main.metadata,
      };
      // The newest upload is the one that counts, whatever has become of the one before.
      await manager.query('DELETE FROM documents WHERE revision_of = $1', [main.id]);
      if (main.is_seen)
        return (await this.insert(next, main.id, manager)) ? { id: main.id, rowId: next.id } : undefined;
      await this.replaceUnseen(manager, main.id, next);
      return { id: main.id, rowId: main.id };
    });
    return revised && { document: await this.byId(revised.id), rowId: revised.rowId };
  }

  /** Nobody has seen anything of the document yet: its content is another one from here on. */
  private async replaceUnseen(manager: EntityManager, id: string, next: NewDocument): Promise<void> {
    await manager.query(
      `UPDATE documents AS d
          SET ${RETRIED}, generation = ${NEXT_GENERATION('d')}, last_generation = ${NEXT_GENERATION('d')},
              sha256 = $2, content_id = $3, filename = $4, format = $5, lane = $6, media_type = $7,
              declared_charset = $8, size_bytes = $9, metadata = $10
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
      ],
    );
  }

  private async byId(id: string): Promise<Document> {
    const [document] = await this.dataSource.query<Document[]>(
      `SELECT ${DOCUMENT_COLUMNS} FROM documents WHERE id = $1`,
      [id],
    );
    if (document === undefined) throw new Problem('DOCUMENT_NOT_FOUND', 'The document was deleted meanwhile.');
    return document;
  }

  /**
   * Changes what is told of a document. Search filters by the new values at once, and nothing is embedded again.
   * @param change from what is there to what is to be there; may throw, and then nothing is changed
   * @returns nothing when there is no such document
   */
  async change(
    scope: CollectionScope,
    id: string,
    change: (current: Changeable) => Changeable,
  ): Promise<Document | undefined> {
    const changed = await inTransaction(this.dataSource, async (manager) => {
      const parameters = new SqlParameters();
      const [current] = await manager.query<Changeable[]>(
        `SELECT filename, metadata FROM documents WHERE ${one(scope, id, parameters)} FOR UPDATE`,
        parameters.values,
      );
      if (current === undefined) return false;
      const { filename, metadata } = change(current);
      // A revision on its way is told of in the same words once it is there.
      await manager.query(
        'UPDATE documents SET filename = $2, metadata = $3, updated_at = now() WHERE id = $1 OR revision_of = $1',
        [id, filename, JSON.stringify(metadata)],
      );
      return true;
    });
    return changed ? ((await this.findById(scope, id)) ?? undefined) : undefined;
  }

  /** @returns how many pass the filter, and the moment at which that was so, for `removeMatching` */
  async countMatching(filter: SearchFilter): Promise<{ readonly matched: number; readonly moment: string }> {
    const parameters = new SqlParameters();
    const [row] = await this.dataSource.query<{ matched: number; moment: string }[]>(
      `SELECT count(*)::integer AS matched, now()::text AS moment FROM documents d WHERE ${matching(filter, parameters)}`,
      parameters.values,
    );
    if (row === undefined) throw new Error('Counting returned no row.');
    return row;
  }

  /**
   * Removes the next of them, as `remove` does.
   * @param moment one that is uploaded after it stays
   * @returns how many
   */
  async removeMatching(filter: SearchFilter, moment: string, limit: number): Promise<number> {
    const parameters = new SqlParameters();
    const rows = await this.dataSource.query<{ content_id: string }[]>(
      `WITH next AS (
         SELECT d.id FROM documents d
          WHERE ${matching(filter, parameters)} AND d.created_at <= ${parameters.add(moment)}::timestamptz
          LIMIT ${parameters.add(limit)}),
       gone AS (DELETE FROM documents USING next WHERE documents.id = next.id RETURNING documents.content_id)
       SELECT content_id FROM gone`,
      parameters.values,
    );
    await this.contents.removeAll(rows.map(({ content_id }) => content_id));
    return rows.length;
  }

  /**
   * Removes the document with all that hangs on it, in any state, in one transaction: search, which reads through the
   * document's row, finds none of it from that moment. A worker in the middle of it finds its generation gone.
   * @returns whether there was one
   */
  async remove(scope: CollectionScope, id: string): Promise<boolean> {
    const parameters = new SqlParameters();
    const removed = await this.dataSource.query<unknown[]>(
      `WITH gone AS (DELETE FROM documents WHERE ${one(scope, id, parameters)} RETURNING content_id)
       SELECT content_id FROM gone`,
      parameters.values,
    );
    const row = removed[0] as { content_id: string } | undefined;
    if (row === undefined) return false;
    // A revision on its way goes with it; its content is swept as that of an upload that nobody has finished.
    // A second transaction on purpose (the parts may be many megabytes); a crash in between leaves an orphan, swept
    // later.
    await this.contents.remove(row.content_id);
    return true;
  }

  private async requireCollection(key: string): Promise<void> {
    const rows = await this.dataSource.query<unknown[]>(
      'SELECT 1 FROM collections WHERE key = $1 AND deleted_at IS NULL',
      [key],
    );
    if (rows.length === 0) throw new Problem('COLLECTION_NOT_FOUND', 'The collection was deleted meanwhile.');
  }
}

function one(scope: CollectionScope, id: string, parameters: SqlParameters): string {
  const own = scope.condition('collection', parameters);
  return `id = ${parameters.add(id)} AND revision_of IS NULL${own === undefined ? '' : ` AND ${own}`}`;
}

function matching(filter: SearchFilter, parameters: SqlParameters): string {
  const condition = matchesNothing(filter) ? 'false' : (filterCondition(filter, parameters, 'd', 'id') ?? 'true');
  return `d.revision_of IS NULL AND (${condition})`;
}
