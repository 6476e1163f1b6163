import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import { type KeyRateLimit, rateLimitColumn } from './rate-limit';

export const SCOPES = ['read', 'write', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** A key as we keep it: never the key itself. */
@Entity('api_keys')
export class ApiKey {
  /** Public part of the key: finds the row, may be shown and logged. */
  @PrimaryColumn('text')
  id!: string;

  @Column('text')
  name!: string;

  @Column('bytea', { name: 'secret_sha256' })
  secretSha256!: Buffer;

  @Column('text', { array: true })
  scopes!: Scope[];

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'expires_at', nullable: true })
  expiresAt!: Date | null;

  /** To the minute: writing it on every request would cost more than it tells. */
  @Column('timestamptz', { name: 'last_used_at', nullable: true })
  lastUsedAt!: Date | null;

  @Column('timestamptz', { name: 'revoked_at', nullable: true })
  revokedAt!: Date | null;

  @Column('integer', { name: 'rate_limit_per_minute', nullable: true, transformer: rateLimitColumn })
  rateLimitPerMinute!: KeyRateLimit;
}
