import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { momentOf } from '@vectorlane/database';
import { COLLECTION_NAME } from '@vectorlane/domain';
import { Problem } from '@vectorlane/errors';
import { DataSource } from 'typeorm';
import type { CollectionScope } from '../collections/collection-scope';
import { CollectionsRepository } from '../collections/collections.repository';
import { SqlParameters } from '../search/sql-parameters';
import { type Anchor, type Stretch, type AgePage, AgePageQuery } from './age-page';

/** A collection as OpenAI's interface sees it: by its key, with a title that need not be unique. */
export interface VectorStore {
  readonly key: string;
  /** Its name as a collection. */
  readonly collection: string;
  readonly title: string;
  readonly metadata: Record<string, unknown>;
  readonly createdAt: Date;
  readonly lastActiveAt: Date;
  readonly expiresAfterDays: number | null;
  readonly expiresAt: Date | null;
  readonly isExpired: boolean;
  readonly inProgress: number;
  readonly completed: number;
  readonly failed: number;
  /** Of the original files of what can be found. */
  readonly bytes: number;
}

/** What is left out stays. */
export interface VectorStoreChange {
  readonly title?: string;
  readonly metadata?: Record<string, unknown>;
  readonly expiresAfterDays?: number | null;
}

const UNNAMED = 'vector-store';
/** Beside it there is room for what tells two of one title apart. */
const LONGEST_SLUG = 48;

/** Vector stores: collections, by other names. */
@Injectable()
export class VectorStoresRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly collections: CollectionsRepository,
  ) {}

  /** @throws Problem `COLLECTION_NOT_FOUND` */
  async find(scope: CollectionScope, key: string): Promise<VectorStore> {
    const { items } = await this.select(scope, { limit: 1, order: 'desc' }, key);
    const [found] = items;
    if (found === undefined) throw noSuchStore(key);
    return found;
  }

  /** By age. @throws Problem `COLLECTION_NOT_FOUND` where `after` or `before` names none */
  async list(scope: CollectionScope, page: AgePage): Promise<Stretch<VectorStore>> {
    return this.select(scope, {
      ...{ limit: page.limit, order: page.order },
      ...(page.after !== undefined && { after: await this.anchor(scope, page.after) }),
      ...(page.before !== undefined && { before: await this.anchor(scope, page.before) }),
    });
  }

  /** @returns its key */
  async create(title: string, description: string | undefined, change: VectorStoreChange): Promise<string> {
    const slug = slugOf(title);
    // Named as a collection by its title where that is free.
    let name = title === '' ? `${slug}-${suffix()}` : slug;
    for (let round = 1; ; round += 1) {
      try {
        await this.collections.create(name, { description, metadata: change.metadata });
        break;
      } catch (error) {
        if (!(error instanceof Problem) || error.code !== 'COLLECTION_EXISTS' || round > 3) throw error;
        name = `${slug}-${suffix()}`;
      }
    }
    const [key] = await this.collections.keysOf([name]);
    if (key === undefined) throw noSuchStore(name);
    await this.set(key, { ...change, title });
    return key;
  }

  /** @throws Problem `COLLECTION_NOT_FOUND` */
  async change(scope: CollectionScope, key: string, change: VectorStoreChange): Promise<void> {
    await this.find(scope, key);
    await this.set(key, change);
  }

  /** @throws Problem `COLLECTION_NOT_FOUND`, `DEFAULT_COLLECTION` */
  async remove(scope: CollectionScope, key: string): Promise<void> {
    const { collection } = await this.find(scope, key);
    await this.collections.remove(scope, collection);
  }

  /** Documents of stores whose time is over. */
  async expiredDocuments(limit: number): Promise<readonly string[]> {
    const rows = await this.dataSource.query<{ id: string }[]>(
      `SELECT d.id FROM collections c JOIN documents d ON d.collection = c.key AND d.revision_of IS NULL
        WHERE c.expires_after_days IS NOT NULL AND c.deleted_at IS NULL
          AND c.last_active_at + make_interval(days => c.expires_after_days) <= now()
        LIMIT $1`,
      [limit],
    );
    return rows.map(({ id }) => id);
  }

  private async set(key: string, { title, metadata, expiresAfterDays }: VectorStoreChange): Promise<void> {
    await this.dataSource.query(
      `UPDATE collections
          SET title = coalesce($2, title), metadata = coalesce($3::jsonb, metadata),
              expires_after_days = CASE WHEN $4 THEN $5 ELSE expires_after_days END,
              last_active_at = now(), updated_at = now()
        WHERE key = $1 AND deleted_at IS NULL`,
      [
        ...[key, title ?? null, metadata === undefined ? null : JSON.stringify(metadata)],
        ...[expiresAfterDays !== undefined, expiresAfterDays ?? null],
      ],
    );
  }

  private async anchor(scope: CollectionScope, key: string): Promise<Anchor> {
    const parameters = new SqlParameters();
    const [row] = await this.dataSource.query<Anchor[]>(
      `SELECT ${momentOf('created_at')} AS moment, key AS id FROM collections c
        WHERE key = ${parameters.add(key)} AND ${own(scope, parameters)}`,
      parameters.values,
    );
    if (row === undefined) throw noSuchStore(key);
    return row;
  }

  private async select(scope: CollectionScope, page: AgePage<Anchor>, key?: string): Promise<Stretch<VectorStore>> {
    const parameters = new SqlParameters();
    const conditions = [own(scope, parameters)];
    if (key !== undefined) conditions.push(`key = ${parameters.add(key)}`);
    const paged = new AgePageQuery(page, parameters, { id: 'key', type: 'text' });
    const rows = await this.dataSource.query<VectorStore[]>(
      `SELECT c.key, c.name AS collection, coalesce(c.title, c.name) AS title, c.metadata, c.created_at AS "createdAt",
              greatest(c.last_active_at, held.changed_at) AS "lastActiveAt", c.expires_after_days AS "expiresAfterDays",
              expires.at AS "expiresAt", coalesce(expires.at <= now(), false) AS "isExpired",
              held.in_progress AS "inProgress", held.completed, held.failed, held.bytes
         FROM (SELECT * FROM collections c WHERE ${conditions.join(' AND ')} AND ${paged.conditions} ${paged.tail}) AS c
         CROSS JOIN LATERAL (SELECT c.last_active_at + make_interval(days => c.expires_after_days) AS at) AS expires
         CROSS JOIN LATERAL (
           SELECT max(d.updated_at) AS changed_at,
                  count(*) FILTER (WHERE d.status IN ('pending', 'processing'))::integer AS in_progress,
                  count(*) FILTER (WHERE d.status = 'completed')::integer AS completed,
                  count(*) FILTER (WHERE d.status = 'failed')::integer AS failed,
                  coalesce(sum(d.size_bytes) FILTER (WHERE d.visible_generation IS NOT NULL), 0)::double precision AS bytes
             FROM documents d WHERE d.collection = c.key AND d.revision_of IS NULL) AS held
        ${paged.tail.replace('created_at', 'c.created_at').replace(', key ', ', c.key ')}`,
      parameters.values,
    );
    return paged.stretch(rows);
  }
}

function own(scope: CollectionScope, parameters: SqlParameters): string {
  return `deleted_at IS NULL AND ${scope.condition('key', parameters) ?? 'true'}`;
}

function noSuchStore(key: string): Problem {
  return new Problem('COLLECTION_NOT_FOUND', `There is no vector store "vs_${key.slice(0, 100)}".`);
}

function suffix(): string {
  return randomBytes(4).toString('hex');
}

/** As a collection may be called: `Support FAQ` → `support-faq`. */
function slugOf(title: string): string {
  const slug = title
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, LONGEST_SLUG)
    .replace(/[._-]+$/, '');
  return COLLECTION_NAME.test(slug) ? slug : UNNAMED;
}
