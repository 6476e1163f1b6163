import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { DataSource, Repository } from 'typeorm';
import { ContentsRepository } from './contents.repository';
import { type DocumentPosition, encodeCursor } from './cursor';
import { Document, type DocumentMetadata, type DocumentStatus } from './document.entity';

export interface NewDocument {
  readonly id: string;
  readonly sha256: Buffer;
  readonly contentId: string;
  readonly filename: string;
  readonly format: string;
  readonly lane: 'fast' | 'heavy';
  readonly mediaType: string;
  readonly declaredCharset: string | undefined;
  readonly sizeBytes: number;
  readonly metadata: DocumentMetadata;
}

export interface DocumentFilter {
  readonly status?: readonly DocumentStatus[];
  readonly format?: readonly string[];
  readonly lane?: readonly ('fast' | 'heavy')[];
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Pass it to get the next page; null at the end. */
  readonly nextCursor: string | null;
}

const DEFAULT_COLLECTION = 'default';

/** Documents as callers know them: made, found, listed, deleted. Status moves of ingestion are in `IngestionLedger`. */
@Injectable()
export class DocumentsRepository {
  constructor(
    @InjectRepository(Document) private readonly documents: Repository<Document>,
    private readonly contents: ContentsRepository,
    private readonly dataSource: DataSource,
  ) {}

  async findById(id: string): Promise<Document | null> {
    return this.documents.findOneBy({ id });
  }

  async findByContent(sha256: Buffer): Promise<Document | null> {
    return this.documents.findOneBy({ collection: DEFAULT_COLLECTION, sha256 });
  }

  /**
   * Makes the document and adopts its stored content, or finds that the same bytes are here already. One statement, so
   * that of any number of equal uploads exactly one makes the document.
   */
  async adopt(document: NewDocument): Promise<{ document: Document; created: boolean }> {
    const inserted = await this.dataSource.query<unknown[]>(
      `INSERT INTO documents (id, collection, sha256, content_id, filename, format, lane, media_type, declared_charset,
                              size_bytes, metadata, status, stage)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'pending', 'queued')
       ON CONFLICT ON CONSTRAINT documents_identity DO NOTHING
       RETURNING id`,
      [
        document.id,
        DEFAULT_COLLECTION,
        document.sha256,
        document.contentId,
        document.filename,
        document.format,
        document.lane,
        document.mediaType,
        document.declaredCharset ?? null,
        document.sizeBytes,
        JSON.stringify(document.metadata),
      ],
    );
    if (inserted.length > 0) {
      return { document: await this.documents.findOneByOrFail({ id: document.id }), created: true };
    }
    const existing = await this.findByContent(document.sha256);
    // Deleted between the conflict and this read: the bytes are not here any more, so try again as the first.
    if (existing === null) return this.adopt(document);
    await this.contents.remove(document.contentId);
    return { document: existing, created: false };
  }

  /** Newest first; keyset, so that a page is never shifted by what arrives meanwhile. */
  async list(filter: DocumentFilter, limit: number, after: DocumentPosition | undefined): Promise<Page<Document>> {
    const query = this.documents
      .createQueryBuilder('document')
      // To the microsecond: a JavaScript date would round it and repeat or skip rows at a page border.
      .addSelect(`to_char(document.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`, 'position')
      .orderBy('document.created_at', 'DESC')
      .addOrderBy('document.id', 'DESC')
      .limit(limit + 1);
    if (filter.status) query.andWhere('document.status IN (:...status)', { status: filter.status });
    if (filter.format) query.andWhere('document.format IN (:...format)', { format: filter.format });
    if (filter.lane) query.andWhere('document.lane IN (:...lane)', { lane: filter.lane });
    if (after) {
      query.andWhere('(document.created_at, document.id) < (:createdAt::timestamptz, :id::uuid)', {
        createdAt: after[0],
        id: after[1],
      });
    }
    const { entities, raw } = await query.getRawAndEntities<{ position: string }>();
    const items = entities.slice(0, limit);
    const last = items.at(-1);
    const position = raw[items.length - 1]?.position;
    const more = entities.length > limit && last !== undefined && position !== undefined;
    return { items, nextCursor: more ? encodeCursor([position, last.id]) : null };
  }

  /**
   * Removes the document with all that hangs on it, in any state, in one transaction: search, which reads through the
   * document's row, finds none of it from that moment. A worker in the middle of it finds its generation gone.
   * @returns whether there was one
   */
  async remove(id: string): Promise<boolean> {
    const removed = await this.dataSource.query<unknown[]>(
      `WITH gone AS (DELETE FROM documents WHERE id = $1 RETURNING content_id)
       SELECT content_id FROM gone`,
      [id],
    );
    const row = removed[0] as { content_id: string } | undefined;
    if (row === undefined) return false;
    // A second transaction on purpose (the parts may be many megabytes); a crash in between leaves an orphan, swept later.
    await this.contents.remove(row.content_id);
    return true;
  }
}
