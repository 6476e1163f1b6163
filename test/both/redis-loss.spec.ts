import { RedisConnections } from '@vectorlane/redis';
import { type GeneratedDocument, generateDocuments, readDocument, seededRandom } from '../support/ingestion-digest';
import { TestApp } from '../support/test-app';

const SEED = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
const DOCUMENTS = Number(process.env['TEST_REDIS_LOSS_DOCUMENTS'] ?? 40);
/** Redis is emptied after each so many uploads. */
const PORTION = 10;

let open: TestApp[] = [];
afterEach(async () => {
  for (const service of open) await service.stop();
  open = [];
}, 60_000);

/** Ingests all of them; `disturb` is called between uploads and once more behind the last. @returns digests by name */
async function ingestAll(
  documents: readonly GeneratedDocument[],
  disturb: (service: TestApp) => Promise<void>,
): Promise<Record<string, string>> {
  const service = await TestApp.start({ RECONCILE_INTERVAL_MS: '200', FAST_LANE_CONCURRENCY: '1' });
  open.push(service);
  const ids: string[] = [];
  for (const { filename, content } of documents) {
    const { body } = await service.upload(filename, content);
    ids.push(body.id as string);
    if (ids.length % PORTION === 0) await disturb(service);
  }
  await disturb(service);
  const digests: Record<string, string> = {};
  for (const [index, { filename, marker }] of documents.entries()) {
    const id = ids[index]!;
    expect(await service.finished(id)).toMatchObject({ status: 'completed', attempts: 0 });
    const request = (path: string, body?: object): Promise<Response> =>
      service.fetch(path, {
        ...(body && {
          method: 'POST',
          body: JSON.stringify(body),
          headers: { 'Content-Type': 'application/json' },
        }),
      });
    const { ordinals, hits, digest } = await readDocument(request, id, marker);
    expect(ordinals).toEqual(ordinals.map((_, ordinal) => ordinal));
    expect(hits).toBeGreaterThan(0);
    digests[filename] = digest;
  }
  return digests;
}

describe(`a Redis that is emptied (TEST_SEED=${SEED})`, () => {
  it(
    'loses and doubles no work: what is unfinished in PostgreSQL is queued again',
    async () => {
      const random = seededRandom(SEED);
      const documents = generateDocuments(random, DOCUMENTS, { chunks: () => 0.3 + random() * 3, wordsPerChunk: 170 });
      const expected = await ingestAll(documents, () => Promise.resolve());

      let lost = 0;
      const digests = await ingestAll(documents, async ({ app }) => {
        const redis = app.get(RedisConnections).shared;
        lost += (await redis.keys('vectorlane:ingestion-*:*-[0-9]*')).length;
        await redis.flushdb();
      });
      // There was something to lose.
      expect(lost).toBeGreaterThan(0);
      expect(digests).toEqual(expected);
    },
    60_000 + DOCUMENTS * 1_500,
  );
});
