import { RedisConnections } from '@vectorlane/redis';
import { TestApp } from '../support/test-app';

let service: TestApp;
beforeAll(async () => {
  service = await TestApp.start({ RECONCILE_INTERVAL_MS: '200', FAST_LANE_CONCURRENCY: '1' });
}, 60_000);
afterAll(() => service?.stop(), 60_000);

describe('a Redis that is emptied', () => {
  it('loses no work: what is unfinished in PostgreSQL is queued again', async () => {
    const redis = service.app.get(RedisConnections).shared;
    const ids: string[] = [];
    for (let index = 0; index < 30; index += 1) {
      const { body } = await service.upload(`note-${index}.txt`, `Note ${index} about stone and water. `.repeat(40));
      ids.push(body.id as string);
      if (index % 10 === 9) await redis.flushdb();
    }
    await redis.flushdb();
    for (const id of ids) {
      expect(await service.finished(id)).toMatchObject({ status: 'completed', attempts: 0 });
    }
    // Each of them once: no chunk is missing, none is there twice.
    for (const id of ids) {
      const { body: document } = await service.json(`/api/documents/${id}`);
      const { body: page } = await service.json(`/api/documents/${id}/chunks?limit=100`);
      expect(page.items.map(({ ordinal }: { ordinal: number }) => ordinal)).toEqual(
        Array.from({ length: document.chunkCount as number }, (_, ordinal) => ordinal),
      );
    }
  }, 90_000);
});
