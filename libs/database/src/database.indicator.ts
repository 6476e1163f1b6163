import type { ReadinessDetails, ReadinessIndicator } from '@vectorlane/health';
import { within } from '@vectorlane/time';
import type { Client } from 'pg';
import { type GuardedPoolConfig, ServerClient } from './guarded-client';
import type { GuardedPool } from './guarded-pool';

/** Word of the database's health, with what it holds open for that. */
export interface DatabaseIndicator extends ReadinessIndicator {
  close(): Promise<void>;
}

/** Below the time a probe has; a migration of an instant is no outage. */
const LOCK_MS = 400;

/** Ending takes one message; a server that does not hang up is not waited for. */
const PARTING_MS = 500;

/**
 * A server, asked on a connection of its own: a pool whose connections are all in use is load and not a loss, and a
 * server that is frozen must not eat the pool by its probes. A question that is given up ends with its connection, so
 * there is never more than one, whatever becomes of the server.
 */
export class ServerIndicator implements DatabaseIndicator {
  readonly name = 'database';
  private client: Client | undefined;

  constructor(private readonly connection: GuardedPoolConfig) {}

  async check(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const client = this.client ?? this.makeClient();
    const giveUp = (): void => this.drop(client);
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      if (this.client === undefined) {
        this.client = client;
        await client.connect();
      }
      const { rows } = await client.query<{ readonly: string }>(
        `SELECT current_setting('transaction_read_only') AS readonly`,
      );
      if (rows[0]?.readonly !== 'off') throw new Error('The database takes no writes: it is read-only, or a standby.');
      // What every upload needs: a lock that somebody else holds on the table keeps all of them out.
      await client.query(`BEGIN; SET LOCAL lock_timeout = ${LOCK_MS};
        LOCK TABLE documents IN ROW EXCLUSIVE MODE; COMMIT`);
    } catch (error) {
      // Whatever went wrong, the next question starts on a fresh connection.
      this.drop(client);
      throw error;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  async close(): Promise<void> {
    const { client } = this;
    this.client = undefined;
    if (client === undefined) return;
    const hangUp = (): void => void client.connection.stream.destroy();
    await within(client.end(), { timeoutMs: PARTING_MS }).catch(hangUp);
  }

  private makeClient(): Client {
    const client = new ServerClient({ ...this.connection, application_name: 'vectorlane-readiness' });
    // Lost between two questions: the next one connects again and tells. Unheard, the event would end the process.
    client.on('error', () => this.drop(client));
    return client;
  }

  private drop(client: Client): void {
    if (this.client === client) this.client = undefined;
    client.connection.stream.destroy();
  }
}

/** What the indicator needs to know of the engine inside. */
export interface EngineActivity {
  /** For how long the batch that runs now has been running; undefined while none runs. */
  readonly batchMs: number | undefined;
  readonly sinceAnswerMs: number;
}

/** How long a turn on the one session is waited for before the engine's own state is looked at. */
const TURN_MS = 500;
/** Longer than any statement of ours should take; a search that waits this long is not served. */
const BUSY_MS = 10_000;

/**
 * The engine inside is one session, so a question waits its turn behind everybody else's statements. When the turn does
 * not come, an engine that is computing, or that answers others, is busy and not lost: without this a large document
 * would make readiness flap. An engine that is silent, stopped or stuck is down.
 */
export class EmbeddedIndicator implements DatabaseIndicator {
  readonly name = 'database';

  constructor(
    private readonly pool: GuardedPool,
    private readonly engine: EngineActivity,
  ) {}

  async check(signal: AbortSignal): Promise<ReadinessDetails | void> {
    const turn = AbortSignal.any([signal, AbortSignal.timeout(TURN_MS)]);
    try {
      await within(this.ask(turn), { signal: turn });
    } catch (error) {
      if (signal.aborted || !turn.aborted || !this.isWorking()) throw error;
      return { busy: true };
    }
  }

  /** The connections are the pool's. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  /** A turn that comes too late goes straight to the next one who waits. */
  private async ask(turn: AbortSignal): Promise<void> {
    turn.throwIfAborted();
    const client = await this.pool.connect();
    try {
      if (!turn.aborted) await client.query('SELECT 1');
      client.release();
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  private isWorking(): boolean {
    const { batchMs, sinceAnswerMs } = this.engine;
    return (batchMs !== undefined && batchMs < BUSY_MS) || sinceAnswerMs < TURN_MS;
  }
}
