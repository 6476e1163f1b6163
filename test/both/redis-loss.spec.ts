import { RedisConnections } from '@vectorlane/redis';
import { type GeneratedDocument, generateDocuments, readDocument, seededRandom } from '../support/ingestion-digest';
import { TestApp } from '../support/test-app';
import { sized } from '../support/sizes';

const SEED = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
const DOCUMENTS = sized(20, 200);
/** Redis is emptied after each so many uploads. */
const PORTION = 10;

let open: TestApp[] = [];
afterEach(async () => {
  for (const service of open) await service.stop();
  open = [];
}, 60_000);

/**
 * Ingests all of them, portion by portion. Where Redis is emptied, that happens behind each portion, while its first
 * document is in work and the others wait, and once more behind the last.
 * @returns digests by name, and how many waiting jobs were lost
 */
async function ingestAll(
  documents: readonly GeneratedDocument[],
  { emptied }: { readonly emptied: boolean },
): Promise<{ readonly digests: Record<string, string>; readonly lost: number }> {
  const service = await TestApp.start({ RECONCILE_INTERVAL_MS: '200', FAST_LANE_CONCURRENCY: '1' });
  open.push(service);
  const redis = service.app.get(RedisConnections).shared;
  const ids: string[] = [];
  let lost = 0;
  for (let from = 0; from < documents.length; from += PORTION) {
    let release = (): void => undefined;
    const until = new Promise<void>((resolve) => (release = resolve));
    if (emptied) service.embeddings?.behaveAlways({ kind: 'held', until });
    for (const { filename, content } of documents.slice(from, from + PORTION)) {
      ids.push((await service.upload(filename, content)).body.id as string);
    }
    if (!emptied) continue;
    lost += await redis.zcard('vectorlane:ingestion-fast:prioritized');
    await redis.flushdb();
    service.embeddings?.behaveAlways({ kind: 'well' });
    release();
  }
  if (emptied) await redis.flushdb();
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
  return { digests, lost };
}

describe(`a Redis that is emptied (TEST_SEED=${SEED})`, () => {
  it(
    'loses and doubles no work: what is unfinished in PostgreSQL is queued again',
    async () => {
      const random = seededRandom(SEED);
      const documents = generateDocuments(random, DOCUMENTS, { chunks: () => 0.3 + random() * 3, wordsPerChunk: 170 });
      const expected = await ingestAll(documents, { emptied: false });
      const { digests, lost } = await ingestAll(documents, { emptied: true });
      // There was something to lose.
      expect(lost).toBeGreaterThan(DOCUMENTS / 2);
      expect(digests).toEqual(expected.digests);
    },
    60_000 + DOCUMENTS * 1_500,
  );
});
