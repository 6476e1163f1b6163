import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Problem } from '@vectorlane/errors';
import { within } from '@vectorlane/time';
import type { KeyRateLimit } from './api-key';
import { ApiKeysService, type Principal } from './api-keys.service';
import { type ConsoleSession, ConsoleSessionsRepository } from './console-sessions.repository';
import { LookupBudget } from './lookup-budget';

/** How long a person stays signed in. */
export const SESSION_SECONDS = 12 * 60 * 60;
const LINK_MS = 60 * 60_000;
const MOST_OF_ONE_KEY = 100;
/** A session is read again after this long: one that another process closed is refused by then. */
const FRESH_MS = 5_000;
const MOST_KNOWN = 10_000;
const LOOKUP_WITHIN_MS = 250;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/**
 * Who is signed in to the console. A session stands for the key that opened it and can do what that key can, for twelve
 * hours and no longer than the key is good. Its token has 256 random bits; the database keeps the digest.
 */
@Injectable()
export class ConsoleSessions {
  private readonly known = new Map<string, { readonly session: ConsoleSession; readonly readAt: number }>();
  private readonly budget = new LookupBudget();
  private link: { readonly token: string; readonly keyId: string; readonly endsAt: number } | undefined;

  constructor(
    private readonly sessions: ConsoleSessionsRepository,
    private readonly keys: ApiKeysService,
  ) {}

  /** @param keyId of a key that was verified just now */
  async open(keyId: string): Promise<{ readonly token: string; readonly expiresAt: Date }> {
    const token = randomBytes(32).toString('base64url');
    const { expiresAt } = await this.sessions.open(digestOf(token), keyId, SESSION_SECONDS, MOST_OF_ONE_KEY);
    return { token, expiresAt };
  }

  /** @throws Problem `INVALID_API_KEY`, the same whether it is unknown, has ended or its key is good no more */
  async verify(token: string): Promise<Principal & { readonly expiresAt: Date }> {
    const session = await this.find(token);
    if (session === null) throw new Problem('INVALID_API_KEY', 'The session has ended. Sign in again.');
    return { ...(await this.keys.principalOf(session.keyId)), expiresAt: session.expiresAt };
  }

  async close(token: string): Promise<void> {
    if (!TOKEN.test(token)) return;
    this.known.delete(token);
    await this.sessions.close(digestOf(token));
  }

  /**
   * The limit of the session's key, asked before anything is spent on a request: within the same bounds as that of a
   * key. Nothing where there is no such session, or it is not found in time.
   */
  async limitOf(
    token: string,
    address: string,
  ): Promise<{ readonly keyId: string; readonly limit: KeyRateLimit } | undefined> {
    if (this.remembered(token) === undefined && !this.budget.spend(address)) return undefined;
    const found = (async () => {
      const session = await this.find(token);
      return session === null ? undefined : this.keys.limitOfId(session.keyId);
    })();
    return within(found, { timeoutMs: LOOKUP_WITHIN_MS }).catch(() => undefined);
  }

  /** A token that signs in once, within the hour, as the owner of this key. The one before it is good no more. */
  makeLink(keyId: string): string {
    const token = randomBytes(32).toString('base64url');
    this.link = { token, keyId, endsAt: performance.now() + LINK_MS };
    return token;
  }

  /** @throws Problem `INVALID_API_KEY` */
  async redeemLink(token: string): Promise<Principal> {
    const { link } = this;
    // Digests: as long for a token that is nearly right as for any other.
    if (link === undefined || link.endsAt < performance.now() || !digestOf(link.token).equals(digestOf(token))) {
      throw new Problem('INVALID_API_KEY', 'This link has been used, or is too old. Sign in with an API key.');
    }
    this.link = undefined;
    return this.keys.principalOf(link.keyId);
  }

  private async find(token: string): Promise<ConsoleSession | null> {
    if (!TOKEN.test(token)) return null;
    const remembered = this.remembered(token);
    if (remembered !== undefined) return remembered;
    const session = await this.sessions.find(digestOf(token));
    this.known.delete(token);
    if (session === null) return null;
    const oldest = this.known.size < MOST_KNOWN ? undefined : this.known.keys().next().value;
    if (oldest !== undefined) this.known.delete(oldest);
    this.known.set(token, { session, readAt: performance.now() });
    return session;
  }

  private remembered(token: string): ConsoleSession | undefined {
    const known = this.known.get(token);
    const isFresh = known !== undefined && performance.now() - known.readAt < FRESH_MS;
    return isFresh && known.session.expiresAt.getTime() > Date.now() ? known.session : undefined;
  }
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
