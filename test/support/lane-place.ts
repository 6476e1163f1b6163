import type { Lane } from '@vectorlane/domain';
import { queueName } from '@vectorlane/queue';
import { RedisConnections } from '@vectorlane/redis';
import { type ConnectionOptions, Worker } from 'bullmq';
import type { TestApp } from './test-app';

/** One place of a lane over a service whose own workers stand still (`ROLE=api`): takes jobs when it is told to. */
export class LanePlace {
  private constructor(private readonly worker: Worker<{ documentId: string }>) {}

  static async open({ app }: TestApp, lane: Lane): Promise<LanePlace> {
    const connection = app.get(RedisConnections).options() as ConnectionOptions;
    const worker = new Worker<{ documentId: string }>(queueName(lane), null, { connection, prefix: 'vectorlane' });
    await worker.waitUntilReady();
    return new LanePlace(worker);
  }

  /** The document of the next job in line, which is done with that. @throws Error when none waits */
  async next(): Promise<string> {
    const documentId = await this.take();
    if (documentId === undefined) throw new Error('No job waits.');
    return documentId;
  }

  /** Takes all that wait. */
  async drain(): Promise<void> {
    while ((await this.take()) !== undefined);
  }

  private async take(): Promise<string | undefined> {
    const job = await this.worker.getNextJob('place', { block: false });
    await job?.moveToCompleted(undefined, 'place', false);
    return job?.data.documentId;
  }

  close(): Promise<void> {
    return this.worker.close();
  }
}
