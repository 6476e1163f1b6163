import { timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Problem } from '@vectorlane/errors';
import { In, IsNull, Repository } from 'typeorm';
import { generateApiKey, type ParsedApiKey, parseApiKey } from './api-key-format';
import { ApiKeyRows } from './api-key-rows';
import { ApiKey, type Scope } from './api-key.entity';
import type { KeyRateLimit } from './rate-limit';

/** Who is calling, once the key has been verified. */
export interface Principal {
  readonly keyId: string;
  readonly scopes: ReadonlySet<Scope>;
}

export interface NewApiKey {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly expiresAt?: Date;
  /** Left out: none of its own. */
  readonly rateLimitPerMinute?: KeyRateLimit;
}

/** What an administrator may see of a key. */
export type ApiKeyListing = Omit<ApiKey, 'secretSha256'>;

const LAST_USED_RESOLUTION_MS = 60_000;
const NEVER_MATCHES = Buffer.alloc(32);

/**
 * Makes, verifies and revokes API keys. Verification reads a row at most once in five seconds; a revocation here takes
 * effect at once, one made by another process within those five seconds.
 */
@Injectable()
export class ApiKeysService {
  private readonly rows: ApiKeyRows;

  constructor(@InjectRepository(ApiKey) private readonly keys: Repository<ApiKey>) {
    this.rows = new ApiKeyRows((ids) => this.keys.findBy({ id: In(ids) }));
  }

  /** @returns the row and the key itself, which exists nowhere else from here on */
  async create(input: NewApiKey): Promise<{ apiKey: ApiKeyListing; key: string }> {
    const key = generateApiKey();
    return { apiKey: await this.adopt(key, input), key };
  }

  /** Takes over a key made elsewhere (`BOOTSTRAP_API_KEY`). One that is here already stays as it is. */
  async adopt(key: string, input: NewApiKey): Promise<ApiKeyListing> {
    const parsed = parseApiKey(key);
    if (parsed === undefined) throw new Error('An API key has the form vl_<12 characters>_<43 characters>.');
    const row = this.keys.create({
      ...parsed,
      name: input.name,
      scopes: [...input.scopes],
      expiresAt: input.expiresAt ?? null,
      rateLimitPerMinute: input.rateLimitPerMinute ?? null,
    });
    // Two processes that start at once may both bring the bootstrap key: one row, whoever comes first.
    await this.keys.createQueryBuilder().insert().values(row).orIgnore().execute();
    this.rows.forget(parsed.id);
    return listed(await this.keys.findOneByOrFail({ id: parsed.id }));
  }

  /** Usable keys: neither revoked nor expired. */
  async anyUsable(): Promise<boolean> {
    const rows = await this.keys.find({ where: { revokedAt: IsNull() } });
    return rows.some((row) => !isExpired(row));
  }

  async list(): Promise<ApiKeyListing[]> {
    const rows = await this.keys.find({ order: { createdAt: 'ASC', id: 'ASC' }, take: 1_000 });
    return rows.map(listed);
  }

  /** Idempotent: revoking a revoked key changes nothing. */
  async revoke(id: string): Promise<void> {
    const result = await this.keys.update({ id, revokedAt: IsNull() }, { revokedAt: new Date() });
    this.rows.forget(id);
    if (!result.affected && !(await this.keys.existsBy({ id }))) {
      throw new Problem('NOT_FOUND', `There is no API key with the id "${id}".`);
    }
  }

  /**
   * @param presented what `parseApiKey` made of the key; nothing when it cannot be one of ours
   * @throws Problem `INVALID_API_KEY`, the same whether the key is malformed, unknown, wrong, expired or revoked
   */
  async verify(presented: ParsedApiKey | undefined): Promise<Principal> {
    const row = presented === undefined ? null : await this.rows.find(presented.id);
    // Compared in every case, so that the time taken does not tell a known id from an unknown one.
    const matches = timingSafeEqual(presented?.secretSha256 ?? NEVER_MATCHES, row?.secretSha256 ?? NEVER_MATCHES);
    if (row === null || !matches || !isUsable(row)) {
      throw new Problem('INVALID_API_KEY', 'The API key is unknown, expired or revoked.');
    }
    this.rows.noteVerified(row);
    await this.touch(row);
    return { keyId: row.id, scopes: new Set(row.scopes) };
  }

  /**
   * The limit of a key whose secret was verified in the last 60 s; from memory, so that it can be asked before
   * anything is spent on a request. Nothing for any other key: it proves no more than its address does.
   */
  limitOfVerified(presented: ParsedApiKey): { readonly keyId: string; readonly limit: KeyRateLimit } | undefined {
    const row = this.rows.verifiedLately(presented);
    if (row === undefined || !isUsable(row)) return undefined;
    return { keyId: row.id, limit: row.rateLimitPerMinute };
  }

  private async touch(row: ApiKey): Promise<void> {
    const now = new Date();
    if (row.lastUsedAt !== null && now.getTime() - row.lastUsedAt.getTime() < LAST_USED_RESOLUTION_MS) return;
    row.lastUsedAt = now;
    await this.keys.update({ id: row.id }, { lastUsedAt: now });
  }
}

function listed(row: ApiKey): ApiKeyListing {
  const { id, name, scopes, createdAt, expiresAt, lastUsedAt, revokedAt, rateLimitPerMinute } = row;
  return { id, name, scopes, createdAt, expiresAt, lastUsedAt, revokedAt, rateLimitPerMinute };
}

function isUsable(key: ApiKey): boolean {
  return key.revokedAt === null && !isExpired(key);
}

function isExpired(key: ApiKey): boolean {
  return key.expiresAt !== null && key.expiresAt.getTime() <= Date.now();
}
