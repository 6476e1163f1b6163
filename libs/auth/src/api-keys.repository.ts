import { Injectable } from '@nestjs/common';
import { KeysetCursor, momentOf, momentSchema, type Page } from '@vectorlane/database';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import type { ApiKey, ApiKeyListing } from './api-key';

export type NewApiKeyRow = Pick<
  ApiKey,
  'id' | 'name' | 'secretSha256' | 'scopes' | 'expiresAt' | 'rateLimitPerMinute' | 'collections'
>;

/** Creation time and id of the last key of a page. */
const cursors = new KeysetCursor(z.tuple([momentSchema, z.string().regex(/^[A-Za-z0-9]{1,64}$/)]));

/** The column says 0 for `none`: a key that may make no request at all would be a revoked one. */
const LISTED = `id, name, scopes, created_at AS "createdAt", expires_at AS "expiresAt", last_used_at AS "lastUsedAt",
  revoked_at AS "revokedAt", collections,
  CASE rate_limit_per_minute WHEN 0 THEN '"none"'::jsonb ELSE to_jsonb(rate_limit_per_minute) END AS "rateLimitPerMinute"`;

@Injectable()
export class ApiKeysRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Makes the row, or leaves the one that is there as it is: two processes may bring the same bootstrap key. */
  async adopt(row: NewApiKeyRow): Promise<ApiKeyListing> {
    await this.dataSource.query(
      `INSERT INTO api_keys (id, name, secret_sha256, scopes, expires_at, rate_limit_per_minute, collections)
       VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING`,
      [
        row.id,
        row.name,
        row.secretSha256,
        row.scopes,
        row.expiresAt,
        row.rateLimitPerMinute === 'none' ? 0 : row.rateLimitPerMinute,
        row.collections,
      ],
    );
    const [adopted] = await this.dataSource.query<ApiKeyListing[]>(`SELECT ${LISTED} FROM api_keys WHERE id = $1`, [
      row.id,
    ]);
    if (adopted === undefined) throw new Error(`API key ${row.id} was removed while it was made.`);
    return adopted;
  }

  /** Rows of these ids; those without a row are left out. */
  async findByIds(ids: readonly string[]): Promise<readonly ApiKey[]> {
    return this.dataSource.query<ApiKey[]>(
      `SELECT ${LISTED}, secret_sha256 AS "secretSha256" FROM api_keys WHERE id = ANY($1)`,
      [ids],
    );
  }

  /** Whether there is a key that is neither revoked nor expired. */
  async anyUsable(): Promise<boolean> {
    const [row] = await this.dataSource.query<{ usable: boolean }[]>(
      `SELECT EXISTS (SELECT 1 FROM api_keys
                       WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())) AS usable`,
    );
    return row?.usable === true;
  }

  /** Newest first. @throws Problem `INVALID_CURSOR` */
  async list(limit: number, cursor: string | undefined): Promise<Page<ApiKeyListing>> {
    const [createdAt, id] = cursor === undefined ? [null, null] : cursors.decode(cursor);
    const rows = await this.dataSource.query<(ApiKeyListing & { position: string })[]>(
      `SELECT ${LISTED}, ${momentOf('created_at')} AS position FROM api_keys
        WHERE $2::timestamptz IS NULL OR (created_at, id) < ($2::timestamptz, $3::text)
        ORDER BY created_at DESC, id DESC LIMIT $1`,
      [limit + 1, createdAt, id],
    );
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    const more = rows.length > limit && last !== undefined;
    return { items, nextCursor: more ? cursors.encode([last.position, last.id]) : null };
  }

  /** Revoking a revoked key changes nothing. @returns whether there is such a key */
  async revoke(id: string): Promise<boolean> {
    const rows = await this.dataSource.query<unknown[]>(
      `WITH revoked AS (UPDATE api_keys SET revoked_at = coalesce(revoked_at, now()) WHERE id = $1 RETURNING id)
       SELECT id FROM revoked`,
      [id],
    );
    return rows.length > 0;
  }

  async touch(id: string): Promise<void> {
    await this.dataSource.query('UPDATE api_keys SET last_used_at = now() WHERE id = $1', [id]);
  }
}
