import { timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Problem } from '@vectorlane/errors';
import { IsNull, Repository } from 'typeorm';
import { generateApiKey, parseApiKey } from './api-key-format';
import { ApiKey, type Scope } from './api-key.entity';

/** Who is calling, once the key has been verified. */
export interface Principal {
  readonly keyId: string;
  readonly scopes: ReadonlySet<Scope>;
}

/** What an administrator may see of a key. */
export type ApiKeyListing = Pick<
  ApiKey,
  'id' | 'name' | 'scopes' | 'createdAt' | 'expiresAt' | 'lastUsedAt' | 'revokedAt'
>;

interface CachedKey {
  readonly key: ApiKey | null;
  readonly readAt: number;
}

const CACHE_MS = 5_000;
const CACHE_ENTRIES = 10_000;
const LAST_USED_RESOLUTION_MS = 60_000;
const NEVER_MATCHES = Buffer.alloc(32);

/**
 * Makes, verifies and revokes API keys. Verification reads the row at most once in five seconds per key, so that
 * neither a busy client nor a flood of made-up keys becomes a flood of queries; a revocation here takes effect at once,
 * one made by another replica within those five seconds.
 */
@Injectable()
export class ApiKeysService {
  private readonly cache = new Map<string, CachedKey>();

  constructor(@InjectRepository(ApiKey) private readonly keys: Repository<ApiKey>) {}

  /** @returns the row and the key itself, which exists nowhere else from here on */
  async create(input: {
    name: string;
    scopes: readonly Scope[];
    expiresAt?: Date;
  }): Promise<{ apiKey: ApiKeyListing; key: string }> {
    const key = generateApiKey();
    return { apiKey: await this.store(key, input), key };
  }

  /** Takes over a key made elsewhere (`BOOTSTRAP_API_KEY`). */
  async adopt(key: string, name: string, scopes: readonly Scope[]): Promise<ApiKeyListing> {
    return this.store(key, { name, scopes });
  }

  /** Usable keys: neither revoked nor expired. */
  async anyUsable(): Promise<boolean> {
    const rows = await this.keys.find({ where: { revokedAt: IsNull() } });
    return rows.some((row) => !isExpired(row));
  }

  async list(): Promise<ApiKeyListing[]> {
    return this.keys.find({
      select: {
        id: true,
        name: true,
        scopes: true,
        createdAt: true,
        expiresAt: true,
        lastUsedAt: true,
        revokedAt: true,
      },
      order: { createdAt: 'ASC', id: 'ASC' },
      take: 1_000,
    });
  }

  /** Idempotent: revoking a revoked key changes nothing. */
  async revoke(id: string): Promise<void> {
    const result = await this.keys.update({ id, revokedAt: IsNull() }, { revokedAt: new Date() });
    this.cache.delete(id);
    if (!result.affected && !(await this.keys.existsBy({ id }))) {
      throw new Problem('NOT_FOUND', `There is no API key with the id "${id}".`);
    }
  }

  /**
   * @throws Problem `INVALID_API_KEY`, the same whether the key is malformed, unknown, wrong, expired or revoked
   */
  async verify(presented: string): Promise<Principal> {
    const parsed = parseApiKey(presented);
    const row = parsed === undefined ? null : await this.find(parsed.id);
    // Compared in every case, so that the time taken does not tell a known id from an unknown one.
    const matches = timingSafeEqual(parsed?.secretSha256 ?? NEVER_MATCHES, row?.secretSha256 ?? NEVER_MATCHES);
    if (parsed === undefined || row === null || !matches || row.revokedAt !== null || isExpired(row)) {
      throw new Problem('INVALID_API_KEY', 'The API key is unknown, expired or revoked.');
    }
    await this.touch(row);
    return { keyId: row.id, scopes: new Set(row.scopes) };
  }

  private async store(
    key: string,
    input: { name: string; scopes: readonly Scope[]; expiresAt?: Date },
  ): Promise<ApiKeyListing> {
    const parsed = parseApiKey(key);
    if (parsed === undefined) throw new Error('An API key has the form vl_<12 characters>_<43 characters>.');
    const row = this.keys.create({
      ...parsed,
      name: input.name,
      scopes: [...input.scopes],
      expiresAt: input.expiresAt ?? null,
    });
    // Two processes that start at once may both bring the bootstrap key: one row, whoever comes first.
    await this.keys.createQueryBuilder().insert().values(row).orIgnore().execute();
    this.cache.delete(parsed.id);
    const stored = await this.keys.findOneByOrFail({ id: parsed.id });
    const { id, name, scopes, createdAt, expiresAt, lastUsedAt, revokedAt } = stored;
    return { id, name, scopes, createdAt, expiresAt, lastUsedAt, revokedAt };
  }

  private async find(id: string): Promise<ApiKey | null> {
    const cached = this.cache.get(id);
    if (cached !== undefined && performance.now() - cached.readAt < CACHE_MS) return cached.key;
    const key = await this.keys.findOneBy({ id });
    this.cache.delete(id);
    // Oldest first out: made-up ids must not grow the map without end.
    if (this.cache.size >= CACHE_ENTRIES) {
      const oldest = this.cache.keys().next();
      if (!oldest.done) this.cache.delete(oldest.value);
    }
    this.cache.set(id, { key, readAt: performance.now() });
    return key;
  }

  private async touch(row: ApiKey): Promise<void> {
    const now = new Date();
    if (row.lastUsedAt !== null && now.getTime() - row.lastUsedAt.getTime() < LAST_USED_RESOLUTION_MS) return;
    row.lastUsedAt = now;
    await this.keys.update({ id: row.id }, { lastUsedAt: now });
  }
}

function isExpired(key: ApiKey): boolean {
  return key.expiresAt !== null && key.expiresAt.getTime() <= Date.now();
}
