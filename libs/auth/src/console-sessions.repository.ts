import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

export interface ConsoleSession {
  readonly keyId: string;
  readonly expiresAt: Date;
}

@Injectable()
export class ConsoleSessionsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Makes a session, and takes away those that have ended and the oldest of this key beyond `most`. */
  async open(tokenSha256: Buffer, keyId: string, lastsSeconds: number, most: number): Promise<ConsoleSession> {
    const [session] = await this.dataSource.query<ConsoleSession[]>(
      `INSERT INTO console_sessions (token_sha256, key_id, expires_at)
       VALUES ($1, $2, now() + make_interval(secs => $3)) RETURNING key_id AS "keyId", expires_at AS "expiresAt"`,
      [tokenSha256, keyId, lastsSeconds],
    );
    await this.dataSource.query(
      `DELETE FROM console_sessions WHERE expires_at <= now() OR token_sha256 IN (
         SELECT token_sha256 FROM console_sessions WHERE key_id = $1 ORDER BY expires_at DESC OFFSET $2)`,
      [keyId, most],
    );
    if (session === undefined) throw new Error('The session was not made.');
    return session;
  }

  /** Nothing for one that is unknown or has ended. */
  async find(tokenSha256: Buffer): Promise<ConsoleSession | null> {
    const [session] = await this.dataSource.query<ConsoleSession[]>(
      `SELECT key_id AS "keyId", expires_at AS "expiresAt" FROM console_sessions
        WHERE token_sha256 = $1 AND expires_at > now()`,
      [tokenSha256],
    );
    return session ?? null;
  }

  async close(tokenSha256: Buffer): Promise<void> {
    await this.dataSource.query('DELETE FROM console_sessions WHERE token_sha256 = $1', [tokenSha256]);
  }
}
