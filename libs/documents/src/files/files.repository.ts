import { Injectable } from '@nestjs/common';
import { momentOf } from '@vectorlane/database';
import { Problem } from '@vectorlane/errors';
import { DataSource } from 'typeorm';
import type { CollectionScope } from '../collections/collection-scope';
import type { Beholder } from '../collections/collections.repository';
import { SqlParameters } from '../search/sql-parameters';
import { fileIdFrom, IS_NO_COPY, uuidOfFile } from './file-id';
import { type Anchor, type Stretch, type AgePage, AgePageQuery } from './age-page';

export interface KeptFile {
  /** `file-…` */
  readonly fileId: string;
  readonly filename: string;
  readonly purpose: string;
  readonly declaredType: string | null;
  readonly sizeBytes: number;
  readonly sha256: Buffer;
  readonly contentId: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  /** It is a document, and was never a file beside it. */
  readonly isDocument: boolean;
}

export interface NewFile {
  readonly id: string;
  readonly contentId: string;
  readonly sha256: Buffer;
  readonly sizeBytes: number;
  readonly filename: string;
  readonly declaredType: string | undefined;
  readonly purpose: string;
  /** From now. */
  readonly expiresAfterSeconds: number | undefined;
}

interface FileRow extends Omit<KeptFile, 'fileId'>, Anchor {}

/** What a document counts as that was not made of a file. */
const DOCUMENT_PURPOSE = 'assistants';
const NOT_EXPIRED = '(expires_at IS NULL OR expires_at > now())';

const FILE_COLUMNS = `id::text AS id, filename, purpose, declared_type AS "declaredType",
  size_bytes::double precision AS "sizeBytes", sha256, content_id AS "contentId", created_at AS "createdAt",
  expires_at AS "expiresAt", false AS "isDocument", ${momentOf('created_at')} AS moment`;
const DOCUMENT_COLUMNS = `id::text AS id, filename, '${DOCUMENT_PURPOSE}' AS purpose,
  media_type || coalesce('; charset=' || declared_charset, '') AS "declaredType",
  size_bytes::double precision AS "sizeBytes", sha256, content_id AS "contentId", created_at AS "createdAt",
  NULL::timestamptz AS "expiresAt", true AS "isDocument", ${momentOf('created_at')} AS moment`;

/**
 * Files, and documents as files. A caller that is bound to collections sees the files of callers that were bound to no
 * others, and the documents of its collections.
 */
@Injectable()
export class FilesRepository {
  constructor(private readonly dataSource: DataSource) {}

  async create(beholder: Beholder, file: NewFile): Promise<KeptFile> {
    const [row] = await this.dataSource.query<FileRow[]>(
      `WITH made AS (
         INSERT INTO files (id, content_id, sha256, size_bytes, filename, declared_type, purpose, collections, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now() + make_interval(secs => $9)) RETURNING *)
       SELECT ${FILE_COLUMNS} FROM made`,
      [
        ...[file.id, file.contentId, file.sha256, file.sizeBytes, file.filename, file.declaredType ?? null],
        ...[file.purpose, beholder.collections, file.expiresAfterSeconds ?? null],
      ],
    );
    if (row === undefined) throw new Error('Making a file returned no row.');
    return toFile(row);
  }

  /** @throws Problem `FILE_NOT_FOUND` */
  async find(beholder: Beholder, scope: CollectionScope, fileId: string): Promise<KeptFile> {
    const row = await this.row(beholder, scope, fileId);
    if (row === undefined) throw noSuchFile(fileId);
    return toFile(row);
  }

  /** @throws Problem `FILE_NOT_FOUND` where `after` or `before` names none */
  async list(
    beholder: Beholder,
    scope: CollectionScope,
    page: AgePage,
    purpose: string | undefined,
  ): Promise<Stretch<KeptFile>> {
    const anchor = async (fileId: string): Promise<Anchor> => {
      const row = await this.row(beholder, scope, fileId);
      if (row === undefined) throw noSuchFile(fileId);
      return row;
    };
    const parameters = new SqlParameters();
    const paged = new AgePageQuery(
      {
        ...{ limit: page.limit, order: page.order },
        ...(page.after !== undefined && { after: await anchor(page.after) }),
        ...(page.before !== undefined && { before: await anchor(page.before) }),
      },
      parameters,
    );
    const files = [own(beholder, parameters), NOT_EXPIRED, paged.conditions];
    if (purpose !== undefined) files.push(`purpose = ${parameters.add(purpose)}`);
    const documents = ['revision_of IS NULL', inScope(scope, parameters), IS_NO_COPY, paged.conditions];
    // Each branch reads no more than a page by its index.
    const branches = [
      `SELECT ${FILE_COLUMNS} FROM (SELECT * FROM files WHERE ${files.join(' AND ')} ${paged.tail}) AS f`,
    ];
    if (purpose === undefined || purpose === DOCUMENT_PURPOSE) {
      branches.push(
        `SELECT ${DOCUMENT_COLUMNS} FROM (SELECT * FROM documents WHERE ${documents.join(' AND ')} ${paged.tail}) AS d`,
      );
    }
    const merged = paged.tail.replace('created_at', '"createdAt"').replace(', id ', ', id::uuid ');
    const rows = await this.dataSource.query<FileRow[]>(
      `SELECT * FROM (${branches.join(' UNION ALL ')}) AS all_files ${merged}`,
      parameters.values,
    );
    const { items, hasMore } = paged.stretch(rows);
    return { items: items.map(toFile), hasMore };
  }

  /** Takes the file away, not the documents made of it. @returns the id of its bytes */
  async remove(beholder: Beholder, fileId: string): Promise<string | undefined> {
    const parameters = new SqlParameters();
    const rows = await this.dataSource.query<{ content_id: string }[]>(
      `WITH gone AS (
         DELETE FROM files WHERE id = ${parameters.add(uuidOfFile(fileId) ?? null)}::uuid AND ${own(beholder, parameters)}
         RETURNING content_id)
       SELECT content_id FROM gone`,
      parameters.values,
    );
    return rows[0]?.content_id;
  }

  /** Ids of files whose time is over. */
  async expired(limit: number): Promise<readonly string[]> {
    const rows = await this.dataSource.query<{ id: string }[]>(
      'SELECT id FROM files WHERE expires_at <= now() ORDER BY expires_at LIMIT $1',
      [limit],
    );
    return rows.map(({ id }) => fileIdFrom(id));
  }

  /** The file, or else the document that is one or was made of one that the caller does not see (any more). */
  private async row(beholder: Beholder, scope: CollectionScope, fileId: string): Promise<FileRow | undefined> {
    const uuid = uuidOfFile(fileId);
    if (uuid === undefined) return undefined;
    const parameters = new SqlParameters();
    const [file] = await this.dataSource.query<FileRow[]>(
      `SELECT ${FILE_COLUMNS} FROM files
        WHERE id = ${parameters.add(uuid)}::uuid AND ${own(beholder, parameters)} AND ${NOT_EXPIRED}`,
      parameters.values,
    );
    if (file !== undefined) return file;
    const others = new SqlParameters();
    const id = others.add(uuid);
    const [document] = await this.dataSource.query<FileRow[]>(
      `SELECT ${DOCUMENT_COLUMNS} FROM documents
        WHERE (external_id = ${others.add(fileId)} OR (id = ${id}::uuid AND ${IS_NO_COPY})) AND revision_of IS NULL
          AND ${inScope(scope, others)}
        ORDER BY id = ${id}::uuid DESC, created_at LIMIT 1`,
      others.values,
    );
    return document && { ...document, id: uuid };
  }
}

function own({ collections }: Beholder, parameters: SqlParameters): string {
  return collections === null ? 'true' : `collections <@ ${parameters.add(collections)}::text[]`;
}

function inScope(scope: CollectionScope, parameters: SqlParameters): string {
  return scope.condition('collection', parameters) ?? 'true';
}

function noSuchFile(fileId: string): Problem {
  return new Problem('FILE_NOT_FOUND', `There is no file "${fileId.slice(0, 100)}".`);
}

function toFile({ id, moment: _moment, ...file }: FileRow): KeptFile {
  return { fileId: fileIdFrom(id), ...file };
}
