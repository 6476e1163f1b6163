import { timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Page } from '@vectorlane/database';
import type { Scope } from '@vectorlane/domain';
import { Problem } from '@vectorlane/errors';
import { within } from '@vectorlane/time';
import type { ApiKey, ApiKeyListing, KeyRateLimit } from './api-key';
import { generateApiKey, type ParsedApiKey, parseApiKey } from './api-key-format';
import { ApiKeyRows } from './api-key-rows';
import { ApiKeysRepository } from './api-keys.repository';
import { LookupBudget } from './lookup-budget';

/** Who is calling, once the key has been verified. */
export interface Principal {
  readonly keyId: string;
  /** What its maker called the key. */
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
  /** Keys of the collections that the API key is bound to; null where it sees all. */
  readonly collections: readonly string[] | null;
}

export interface NewApiKey {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly expiresAt?: Date;
  /** Left out: none of its own. */
  readonly rateLimitPerMinute?: KeyRateLimit;
  /** Keys of collections; left out: bound to none, so that it sees all. */
  readonly collections?: readonly string[];
}

/** Longest a request waits for the look-up of its key before its address is counted instead. */
const LOOKUP_WITHIN_MS = 250;
const LAST_USED_RESOLUTION_MS = 60_000;
const NEVER_MATCHES = Buffer.alloc(32);

/**
 * Makes, verifies and revokes API keys. Verification reads a row at most once in five seconds; a revocation here takes
 * effect at once, one made by another process within those five seconds.
 */
@Injectable()
export class ApiKeysService {
  private readonly rows: ApiKeyRows;
  private readonly budget = new LookupBudget();

  constructor(private readonly keys: ApiKeysRepository) {
    this.rows = new ApiKeyRows((ids) => this.keys.findByIds(ids));
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
    const adopted = await this.keys.adopt({
      ...parsed,
      name: input.name,
      scopes: input.scopes,
      expiresAt: input.expiresAt ?? null,
      rateLimitPerMinute: input.rateLimitPerMinute ?? null,
      collections: input.collections ?? null,
    });
    this.rows.forget(parsed.id);
    return adopted;
  }

  /** Usable keys: neither revoked nor expired. */
  async anyUsable(): Promise<boolean> {
    return this.keys.anyUsable();
  }

  /** Whether there is a key of this id, usable or not. */
  async isKnown(id: string): Promise<boolean> {
    return (await this.rows.find(id)) !== null;
  }

  /** Newest first. @throws Problem `INVALID_CURSOR` */
  async list(limit: number, cursor: string | undefined): Promise<Page<ApiKeyListing>> {
    return this.keys.list(limit, cursor);
  }

  /** Idempotent: revoking a revoked key changes nothing. */
  async revoke(id: string): Promise<void> {
    const found = await this.keys.revoke(id);
    this.rows.forget(id);
    if (!found) throw new Problem('NOT_FOUND', `There is no API key with the id "${id}".`);
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
    return this.used(row);
  }

  /**
   * The owner of a key who has shown it before, and holds a session since.
   * @throws Problem `INVALID_API_KEY` where the key was revoked or has expired meanwhile
   */
  async principalOf(id: string): Promise<Principal> {
    const row = await this.rows.find(id);
    if (row === null || !isUsable(row)) {
      throw new Problem('INVALID_API_KEY', 'The API key of this session was revoked or has expired.');
    }
    return this.used(row);
  }

  /**
   * The limit of a key whose secret is right, asked before anything is spent on a request: from memory where it was
   * verified in the last 60 s, else looked up once for all who show it, within a budget of all and of this address.
   * Nothing for any other key: it proves no more than its address does.
   */
  async limitOf(
    presented: ParsedApiKey,
    address: string,
  ): Promise<{ readonly keyId: string; readonly limit: KeyRateLimit } | undefined> {
    const row = this.rows.verifiedLately(presented) ?? (await this.lookUp(presented, address));
    if (row === undefined || !isUsable(row)) return undefined;
    return { keyId: row.id, limit: row.rateLimitPerMinute };
  }

  /** The limit of a key whose owner holds a session; nothing where it is good no more. */
  async limitOfId(id: string): Promise<{ readonly keyId: string; readonly limit: KeyRateLimit } | undefined> {
    const row = await this.rows.find(id);
    return row === null || !isUsable(row) ? undefined : { keyId: id, limit: row.rateLimitPerMinute };
  }

  private async used(row: ApiKey): Promise<Principal> {
    await this.touch(row);
    return { keyId: row.id, scopes: new Set(row.scopes), collections: row.collections, name: row.name };
  }

  private async lookUp(presented: ParsedApiKey, address: string): Promise<ApiKey | undefined> {
    if (this.rows.remembered(presented.id) === undefined && !this.budget.spend(address)) return undefined;
    // A database that fails or hangs is the news of the step that needs it, authentication: here the address decides.
    const row = await within(this.rows.find(presented.id), { timeoutMs: LOOKUP_WITHIN_MS }).catch(() => null);
    if (row === null || !timingSafeEqual(row.secretSha256, presented.secretSha256)) {
      return undefined;
    }
    this.rows.noteVerified(row);
    return row;
  }

  private async touch(row: ApiKey): Promise<void> {
    const now = new Date();
    if (row.lastUsedAt !== null && now.getTime() - row.lastUsedAt.getTime() < LAST_USED_RESOLUTION_MS) return;
    row.lastUsedAt = now;
    await this.keys.touch(row.id);
  }
}

function isUsable(key: ApiKey): boolean {
  return key.revokedAt === null && !isExpired(key);
}

function isExpired(key: ApiKey): boolean {
  return key.expiresAt !== null && key.expiresAt.getTime() <= Date.now();
}
