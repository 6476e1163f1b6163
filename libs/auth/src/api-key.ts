import type { Scope } from '@vectorlane/domain';

/**
 * Requests a minute that a key may make wherever they come from; `none`: as many as it likes. `null`: it has no limit
 * of its own, and its requests count with those of the address they come from.
 */
export type KeyRateLimit = number | 'none' | null;

/** A key as we keep it: never the key itself. */
export interface ApiKey {
  /** Public part of the key: finds the row, may be shown and logged. */
  readonly id: string;
  readonly name: string;
  readonly secretSha256: Buffer;
  readonly scopes: readonly Scope[];
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  /** To the minute: writing it on every request would cost more than it tells. */
  lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
  readonly rateLimitPerMinute: KeyRateLimit;
  /** Keys of the collections it is bound to: it sees nothing else. Null: it sees all. */
  readonly collections: readonly string[] | null;
}

/** What an administrator may see of a key. */
export type ApiKeyListing = Omit<ApiKey, 'secretSha256'>;
