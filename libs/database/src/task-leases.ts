import { randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';

/**
 * Leases on tasks that one process at a time should do, however many there are. A row with an end, not an advisory
 * lock: that would need a connection held for the whole task, and the embedded database has only one. A holder that
 * dies blocks the task until its lease has run out; a lease is no fence, so the task must do no harm when it is done
 * twice.
 */
@Injectable()
export class TaskLeases {
  private readonly logger = new Logger('TaskLeases');
  /** This process, as long as it lives. */
  private readonly holder = randomUUID();
  /** Of the tasks that are ours: from when on the lease is prolonged. */
  private readonly prolongAt = new Map<string, number>();

  constructor(private readonly dataSource: DataSource) {}

  /**
   * Takes the task, or prolongs it when it is ours already and half of its time is over; before that it costs nothing,
   * so that it can be asked for each step.
   * @returns whether it is ours for half of `leaseMs` at least
   */
  async acquire(task: string, leaseMs: number): Promise<boolean> {
    const askedAt = performance.now();
    if (askedAt < (this.prolongAt.get(task) ?? 0)) return true;
    const rows = await this.dataSource.query<unknown[]>(
      `INSERT INTO task_leases AS lease (task, holder, expires_at)
       VALUES ($1, $2, now() + make_interval(secs => $3))
       ON CONFLICT (task) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
         WHERE lease.holder = excluded.holder OR lease.expires_at < now()
            -- Longer than any lease can last: the clock was set back.
            OR lease.expires_at > now() + 2 * make_interval(secs => $3)
       RETURNING task`,
      [task, this.holder, leaseMs / 1000],
    );
    const isOurs = rows.length > 0;
    if (isOurs) this.prolongAt.set(task, askedAt + leaseMs / 2);
    else this.prolongAt.delete(task);
    return isOurs;
  }

  /** Lets the next one have it at once. Costs nothing when it is not ours, and never fails: a lease ends by itself. */
  async release(task: string): Promise<void> {
    if (!this.prolongAt.delete(task)) return;
    try {
      await this.dataSource.query('DELETE FROM task_leases WHERE task = $1 AND holder = $2', [task, this.holder]);
    } catch (error) {
      this.logger.debug({ task, err: error }, 'a lease could not be given back; it runs out by itself');
    }
  }
}
