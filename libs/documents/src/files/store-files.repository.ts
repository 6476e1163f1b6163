import { Injectable } from '@nestjs/common';
import { momentOf } from '@vectorlane/database';
import type { DocumentStatus } from '@vectorlane/domain';
import { Problem } from '@vectorlane/errors';
import { DataSource } from 'typeorm';
import type { CollectionScope } from '../collections/collection-scope';
import { type Document, DOCUMENT_COLUMNS } from '../document';
import { SqlParameters } from '../search/sql-parameters';
import { fileIdOf, IS_NO_COPY, uuidOfFile } from './file-id';
import { type Anchor, type Stretch, type AgePage, AgePageQuery } from './age-page';

/** Documents of a collection by the ids of their files. */
@Injectable()
export class StoreFilesRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** @param key of the collection @throws Problem `FILE_NOT_FOUND` */
  async find(scope: CollectionScope, key: string, fileId: string): Promise<Document> {
    return this.one(scope, key, fileId);
  }

  /** By age. @throws Problem `FILE_NOT_FOUND` where `after` or `before` names none */
  async list(
    scope: CollectionScope,
    key: string,
    statuses: readonly DocumentStatus[] | undefined,
    page: AgePage,
  ): Promise<Stretch<Document>> {
    const parameters = new SqlParameters();
    const paged = new AgePageQuery(
      {
        ...{ limit: page.limit, order: page.order },
        ...(page.after !== undefined && { after: await this.one(scope, key, page.after) }),
        ...(page.before !== undefined && { before: await this.one(scope, key, page.before) }),
      },
      parameters,
    );
    const conditions = [within(scope, key, parameters), paged.conditions];
    if (statuses) conditions.push(`status = ANY(${parameters.add(statuses)}::text[])`);
    const rows = await this.dataSource.query<Document[]>(
      `SELECT ${DOCUMENT_COLUMNS} FROM documents WHERE ${conditions.join(' AND ')} ${paged.tail}`,
      parameters.values,
    );
    return paged.stretch(rows);
  }

  /** Ids of all documents that are this file or were made of it. */
  async documentsOf(scope: CollectionScope, fileId: string): Promise<readonly string[]> {
    const parameters = new SqlParameters();
    const rows = await this.dataSource.query<{ id: string }[]>(
      `SELECT id FROM documents
        WHERE ${isFile(fileId, parameters)} AND revision_of IS NULL
          AND ${scope.condition('collection', parameters) ?? 'true'}`,
      parameters.values,
    );
    return rows.map(({ id }) => id);
  }

  /** Ids of files by those of documents. */
  async fileIdsOf(documentIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const rows = await this.dataSource.query<{ id: string; externalId: string | null }[]>(
      'SELECT id, external_id AS "externalId" FROM documents WHERE id = ANY($1::uuid[])',
      [documentIds],
    );
    return new Map(rows.map((row) => [row.id, fileIdOf(row)]));
  }

  async byIds(scope: CollectionScope, documentIds: readonly string[]): Promise<readonly Document[]> {
    const parameters = new SqlParameters();
    return this.dataSource.query<Document[]>(
      `SELECT ${DOCUMENT_COLUMNS} FROM documents
        WHERE id = ANY(${parameters.add(documentIds)}::uuid[]) AND revision_of IS NULL
          AND ${scope.condition('collection', parameters) ?? 'true'}`,
      parameters.values,
    );
  }

  private async one(scope: CollectionScope, key: string, fileId: string): Promise<Document & Anchor> {
    const parameters = new SqlParameters();
    const [row] = await this.dataSource.query<(Document & Anchor)[]>(
      `SELECT ${DOCUMENT_COLUMNS}, ${momentOf('created_at')} AS moment FROM documents
        WHERE ${within(scope, key, parameters)} AND ${isFile(fileId, parameters)}`,
      parameters.values,
    );
    if (row === undefined)
      throw new Problem('FILE_NOT_FOUND', `There is no file "${fileId.slice(0, 100)}" in this vector store.`);
    return row;
  }
}

function within(scope: CollectionScope, key: string, parameters: SqlParameters): string {
  const own = scope.condition('collection', parameters) ?? 'true';
  return `collection = ${parameters.add(key)} AND revision_of IS NULL AND ${own}`;
}

function isFile(fileId: string, parameters: SqlParameters): string {
  const id = parameters.add(uuidOfFile(fileId) ?? null);
  return `(external_id = ${parameters.add(fileId)} OR (id = ${id}::uuid AND ${IS_NO_COPY}))`;
}
