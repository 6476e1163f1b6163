import { randomBytes, randomUUID } from 'node:crypto';
import { TaskLeases } from '@vectorlane/database';
import {
  type ChunksRepository,
  type Claim,
  ContentsRepository,
  type DocumentsRepository,
  EmbeddingSpacesRepository,
  FailedDocumentsRepository,
  type IngestionLedger,
  PassagesRepository,
  StaleClaimError,
  type StoredSpace,
  type Moment,
  SwitchesRepository,
  WordsRepository,
} from '@vectorlane/documents';
import { Reconciler } from '@vectorlane/ingestion';
import { IngestionScheduler } from '../../../libs/ingestion/src/ingestion-scheduler';
import { fromSql } from 'pgvector';
import type { DataSource } from 'typeorm';
import { eventually } from '../../support/eventually';
import { LanePlace } from '../../support/lane-place';
import { EVERYTHING, LEASE_MS, LedgerMoves } from '../../support/ledger-moves';
import { TestApp, type Untyped } from '../../support/test-app';

// ROLE=api: nobody works the lanes, so that each move is this test's own.
let service: TestApp;
let moves: LedgerMoves;
let ledger: IngestionLedger;
let documents: DocumentsRepository;
let chunks: ChunksRepository;
let dataSource: DataSource;
let space: StoredSpace;

const FAILURE = { code: 'CORRUPT_FILE', message: 'It is broken.', retryable: false } as const;

beforeAll(async () => {
  service = await TestApp.start({ ROLE: 'api' });
  moves = new LedgerMoves(service);
  ({ ledger, documents, chunks, dataSource, space } = moves);
}, 60_000);
afterAll(() => service?.stop(), 60_000);

const newDocument = (): Promise<string> => moves.upload();
const claimed = (id: string): Promise<Claim> => moves.claimed(id);
const lapse = (id: string): Promise<void> => moves.lapse(id);
const store = (claim: Claim, ordinal: number, word: string): Promise<void> => moves.store(claim, ordinal, word);

describe('reading a document again', () => {
  it('is refused while it is read, and leaves what readers see until the new reading is complete', async () => {
    const id = await newDocument();
    const ask = () => service.json(`/api/documents/${id}/reprocess`, {});
    expect((await ask()).body.code).toBe('NOT_FINISHED');
    const first = await claimed(id);
    await store(first, 0, 'seen');
    await moves.complete(first);
    expect((await ask()).status).toBe(202);
    const chunksOf = async () => (await chunks.list(id, 10, undefined)).items.map(({ content }) => content);
    const seen = await chunksOf();
    expect(seen).toHaveLength(1);
    const second = await claimed(id);
    expect(second.generation).toBeGreaterThan(first.generation);
    await store(second, 0, 'afresh');
    expect(await chunksOf()).toEqual(seen);
    await moves.complete(second);
    expect(await chunksOf()).not.toEqual(seen);
    expect(await chunksOf()).toHaveLength(1);
  });
});

describe('a claim', () => {
  it('goes to exactly one of many workers', async () => {
    const id = await newDocument();
    const claims = await Promise.all(Array.from({ length: 20 }, () => moves.claim(id)));
    expect(claims.filter((claim) => claim !== undefined)).toEqual([
      expect.objectContaining({ documentId: id, generation: 1, attempts: 0, interruptions: 0 }),
    ]);
  });

  it('is taken over when its lease has lapsed, and counts as an interruption, not as an attempt', async () => {
    const id = await newDocument();
    await claimed(id);
    expect(await moves.claim(id)).toBeUndefined();
    await lapse(id);
    expect(await claimed(id)).toMatchObject({ generation: 2, interruptions: 1, attempts: 0 });
  });

  it('waits out the backoff after an error that may pass', async () => {
    const id = await newDocument();
    await ledger.postpone(await claimed(id), 60_000, 'attempt');
    expect(await moves.claim(id)).toBeUndefined();
    expect(await documents.findById(EVERYTHING, id)).toMatchObject({
      status: 'processing',
      stage: 'queued',
      attempts: 1,
    });
    await dataSource.query(`UPDATE documents SET next_attempt_at = now() WHERE id = $1`, [id]);
    expect(await claimed(id)).toMatchObject({ generation: 2, attempts: 1, interruptions: 0 });
  });

  it('is not kept from a document by a database clock that is set back', async () => {
    const soon = await newDocument();
    await ledger.postpone(await claimed(soon), 60_000, 'attempt');
    const waiting = await newDocument();
    await ledger.wait(await claimed(waiting), 'embeddings', 60_000);
    const dead = await newDocument();
    await claimed(dead);
    for (const id of [soon, waiting, dead]) expect(await moves.claim(id)).toBeUndefined();
    // As if all of it had been written before the clock went back by a day.
    await dataSource.query(
      `UPDATE documents SET updated_at = updated_at + interval '1 day', next_attempt_at = next_attempt_at + interval '1 day',
              lease_expires_at = lease_expires_at + interval '1 day' WHERE id = ANY($1)`,
      [[soon, waiting, dead]],
    );
    const found = await ledger.claimable('00000000-0000-0000-0000-000000000000', 1_000);
    expect(found.map(({ documentId }) => documentId)).toEqual(expect.arrayContaining([soon, waiting, dead]));
    expect(await claimed(soon)).toMatchObject({ interruptions: 0 });
    expect(await claimed(waiting)).toMatchObject({ interruptions: 0, waits: 1 });
    expect(await claimed(dead)).toMatchObject({ interruptions: 1 });
  });

  it('tells what is unfinished, and since when', async () => {
    await dataSource.query('DELETE FROM documents');
    expect(await ledger.unfinished()).toEqual({ pending: 0, processing: 0, oldestSeconds: 0 });
    const old = await newDocument();
    await claimed(await newDocument());
    await dataSource.query(`UPDATE documents SET unfinished_since = now() - interval '2 hours' WHERE id = $1`, [old]);
    const { pending, processing, oldestSeconds } = await ledger.unfinished();
    expect([pending, processing]).toEqual([1, 1]);
    expect(oldestSeconds).toBeGreaterThanOrEqual(7_200);
    // A retried one is as new as its retry.
    await ledger.fail(await claimed(old), { code: 'TIMEOUT', message: 'Too slow.', retryable: true }, 'attempt');
    await ledger.retry(old);
    expect((await ledger.unfinished()).oldestSeconds).toBeLessThan(3_600);
  });

  it('knows of parsers that died of the document, counted apart from attempts', async () => {
    const id = await newDocument();
    await ledger.postpone(await claimed(id), 0, 'parser-death');
    expect(await documents.findById(EVERYTHING, id)).toMatchObject({
      status: 'processing',
      stage: 'queued',
      attempts: 0,
    });
    expect(await claimed(id)).toMatchObject({ generation: 2, attempts: 0, parserDeaths: 1, interruptions: 0 });
  });

  it('can be handed back untouched', async () => {
    const id = await newDocument();
    await ledger.release(await claimed(id));
    expect(await claimed(id)).toMatchObject({ generation: 2, attempts: 0, interruptions: 0 });
  });
});

describe('a worker whose claim was superseded', () => {
  it('changes nothing, whatever it tries', async () => {
    const id = await newDocument();
    const stale = await claimed(id);
    await store(stale, 0, 'stale words');
    await lapse(id);
    const fresh = await claimed(id);
    const before = await documents.findById(EVERYTHING, id);
    const counts = { pages: null, chunks: 2, chunksDone: 2 };
    for (const attempt of [
      () => store(stale, 1, 'more stale words'),
      () => ledger.prolong(stale, LEASE_MS),
      () => ledger.progress(stale, { stage: 'embedding', percent: 99, leaseMs: LEASE_MS, counts }),
      () => moves.complete(stale),
      () => ledger.postpone(stale, 1, 'attempt'),
      () => ledger.release(stale),
      () => ledger.fail(stale, FAILURE, 'attempt'),
    ]) {
      await expect(attempt()).rejects.toThrow(StaleClaimError);
    }
    expect(await documents.findById(EVERYTHING, id)).toEqual(before);

    await store(fresh, 0, 'fresh words');
    await moves.complete(fresh);
    expect((await chunks.list(id, 10, undefined)).items.map(({ content }) => content)).toEqual(['fresh words']);
    await chunks.sweepDocument(id);
    expect(await dataSource.query('SELECT generation FROM chunks WHERE document_id = $1', [id])).toEqual([
      { generation: 2 },
    ]);
  });

  it('finds a deleted document the same way', async () => {
    const id = await newDocument();
    const claim = await claimed(id);
    expect(await ledger.holds(claim)).toBe(true);
    expect(await documents.remove(EVERYTHING, id)).toBe(true);
    expect(await ledger.holds(claim)).toBe(false);
    await expect(store(claim, 0, 'nothing')).rejects.toThrow(StaleClaimError);
    await expect(moves.complete(claim)).rejects.toThrow(StaleClaimError);
    expect(await dataSource.query('SELECT 1 FROM chunks WHERE document_id = $1', [id])).toEqual([]);
  });
});

describe('chunks', () => {
  it('are seen by nobody before the completion, and all at once after it', async () => {
    const id = await newDocument();
    const claim = await claimed(id);
    await chunks.storeText(claim, 'unseen words');
    await store(claim, 0, 'first');
    await store(claim, 1, 'second');
    expect((await chunks.list(id, 10, undefined)).items).toEqual([]);
    expect(await chunks.visibleText(id)).toBeNull();
    await moves.complete(claim, 2);
    expect((await chunks.list(id, 10, undefined)).items).toMatchObject([
      { ordinal: 0, content: 'first', place: { heading: 'One > Two' } },
      { ordinal: 1, content: 'second' },
    ]);
    expect(await chunks.visibleText(id)).toBe('unseen words');
  });

  it('keep their vectors exactly', async () => {
    const id = await newDocument();
    const claim = await claimed(id);
    await store(claim, 7, 'vector');
    const rows = await dataSource.query<{ embedding: string }[]>(
      `SELECT embedding::text FROM ${space.table} JOIN chunks ON chunks.id = chunk_id WHERE document_id = $1`,
      [id],
    );
    const vector = fromSql(rows[0]?.embedding ?? '') as number[];
    expect(vector.indexOf(1)).toBe(7);
    expect(vector.filter((value) => value !== 0)).toHaveLength(1);
  });

  it('of dead generations are swept, those of the visible one and of work in hand are not', async () => {
    const id = await newDocument();
    const first = await claimed(id);
    await store(first, 0, 'dead');
    await chunks.storeText(first, 'dead');
    await lapse(id);
    await store(await claimed(id), 0, 'in hand');
    await chunks.sweepDeadGenerations(1_000);
    const rows = await dataSource.query<object[]>('SELECT content FROM chunks WHERE document_id = $1', [id]);
    expect(rows).toEqual([{ content: 'in hand' }]);
    expect(await dataSource.query('SELECT 1 FROM document_texts WHERE document_id = $1', [id])).toEqual([]);
  });
});

describe('a failed document', () => {
  it('is retried from the start, with its counters at zero', async () => {
    const id = await newDocument();
    for (const cost of ['attempt', 'parser-death'] as const) await ledger.postpone(await claimed(id), 0, cost);
    await ledger.fail(await claimed(id), FAILURE, 'attempt');
    expect(await documents.findById(EVERYTHING, id)).toMatchObject({
      status: 'failed',
      attempts: 2,
      failureCode: 'CORRUPT_FILE',
    });
    expect(await moves.claim(id)).toBeUndefined();
    expect(await ledger.retry(id)).toEqual([id]);
    expect(await ledger.retry(id)).toEqual([]);
    expect(await documents.findById(EVERYTHING, id)).toMatchObject({
      status: 'pending',
      attempts: 0,
      failureCode: null,
    });
    expect(await claimed(id)).toMatchObject({ generation: 4, attempts: 0, parserDeaths: 0 });
  });
});

describe('a revision', () => {
  const seen = async (id: string): Promise<string[]> =>
    (await chunks.list(id, 100, undefined)).items.map(({ content }) => content);
  const completed = async (externalId: string): Promise<string> => {
    const id = await moves.upload(externalId);
    const claim = await claimed(id);
    await store(claim, 0, 'old');
    await moves.complete(claim);
    return id;
  };
  const revised = async (externalId: string): Promise<string> => {
    const adoption = await moves.adopt(externalId);
    if (adoption.outcome !== 'revised') throw new Error(`It is ${adoption.outcome}.`);
    return adoption.rowId;
  };
  const rowsLeft = async (id: string): Promise<unknown> => {
    const [row] = await dataSource.query<unknown[]>(
      `SELECT (SELECT count(*)::integer FROM documents WHERE revision_of = $1) AS revisions,
              (SELECT count(*)::integer FROM chunks WHERE document_id = $1) AS chunks`,
      [id],
    );
    return row;
  };

  it('is seen once it is complete, all at once, under the same id', async () => {
    const name = randomUUID();
    const id = await completed(name);
    const row = await revised(name);
    expect(row).not.toBe(id);
    expect(await documents.findById(EVERYTHING, row)).toBeNull();
    const claim = await claimed(row);
    expect(claim).toMatchObject({ rowId: row, documentId: id, isRevision: true, generation: 2 });
    await chunks.storeText(claim, 'the new text');
    await store(claim, 0, 'new');
    await store(claim, 1, 'newer');
    expect(await seen(id)).toEqual(['old']);
    await chunks.sweepDocument(id);
    await chunks.sweepDeadGenerations(1_000);
    expect(await documents.findById(EVERYTHING, id)).toMatchObject({
      revision: 1,
      status: 'completed',
      chunkCount: 1,
      pendingRevision: { status: 'processing', stage: 'embedding' },
    });
    await moves.complete(claim, 2);
    expect(await seen(id)).toEqual(['new', 'newer']);
    expect(await chunks.visibleText(id)).toBe('the new text');
    expect(await documents.findById(EVERYTHING, id)).toMatchObject({
      revision: 2,
      status: 'completed',
      chunkCount: 2,
      pendingRevision: null,
    });
    await chunks.sweepDocument(id);
    expect(await rowsLeft(id)).toEqual({ revisions: 0, chunks: 2 });
  });

  it('ends the pages of the content before: what comes next is not of the same document', async () => {
    const name = randomUUID();
    const id = await completed(name);
    const put = async (words: readonly string[]): Promise<void> => {
      const claim = await claimed(await revised(name));
      for (const [ordinal, word] of words.entries()) await store(claim, ordinal, word);
      await moves.complete(claim, words.length);
    };
    await put(['one', 'two', 'three']);
    const first = await chunks.list(id, 1, undefined);
    const second = await chunks.list(id, 1, first.nextCursor ?? 'none');
    expect(second.items.map(({ content }) => content)).toEqual(['two']);
    for (const words of [['uno', 'dos', 'tres'], ['eins']]) {
      await put(words);
      await expect(chunks.list(id, 1, second.nextCursor ?? 'none')).rejects.toMatchObject({ code: 'INVALID_CURSOR' });
    }
    expect(await seen(id)).toEqual(['eins']);
  });

  it('that fails leaves what is there, says so, and can be retried', async () => {
    const name = randomUUID();
    const id = await completed(name);
    const claim = await claimed(await revised(name));
    await store(claim, 0, 'broken');
    await ledger.fail(claim, FAILURE, 'none');
    await chunks.sweepDocument(id);
    expect(await rowsLeft(id)).toEqual({ revisions: 1, chunks: 1 });
    expect(await seen(id)).toEqual(['old']);
    expect(await documents.findById(EVERYTHING, id)).toMatchObject({
      status: 'completed',
      revision: 1,
      pendingRevision: { status: 'failed', failureCode: 'CORRUPT_FILE', failureRetryable: false },
    });
    expect(await ledger.retry(id)).toEqual([claim.rowId]);
    const again = await claimed(claim.rowId);
    expect(again.generation).toBe(3);
    await store(again, 0, 'whole');
    await moves.complete(again);
    expect(await seen(id)).toEqual(['whole']);
  });

  it('is replaced by the next upload, whatever it was at; its worker writes nothing more', async () => {
    const name = randomUUID();
    const id = await completed(name);
    const first = await claimed(await revised(name));
    await store(first, 0, 'first');
    const second = await revised(name);
    await expect(store(first, 1, 'late')).rejects.toBeInstanceOf(StaleClaimError);
    await expect(moves.complete(first)).rejects.toBeInstanceOf(StaleClaimError);
    const claim = await claimed(second);
    expect(claim.generation).toBe(3);
    await store(claim, 0, 'second');
    await moves.complete(claim);
    expect(await seen(id)).toEqual(['second']);
    await chunks.sweepDocument(id);
    expect(await rowsLeft(id)).toEqual({ revisions: 0, chunks: 1 });
  });

  it('of a document that nobody has seen yet takes its place at once', async () => {
    const name = randomUUID();
    const id = await moves.upload(name);
    const first = await claimed(id);
    await store(first, 0, 'first');
    expect(await revised(name)).toBe(id);
    await expect(moves.complete(first)).rejects.toBeInstanceOf(StaleClaimError);
    const claim = await claimed(id);
    expect(claim).toMatchObject({ isRevision: false, generation: 3 });
    await store(claim, 0, 'second');
    await moves.complete(claim);
    expect(await seen(id)).toEqual(['second']);
    expect(await documents.findById(EVERYTHING, id)).toMatchObject({ revision: 1, pendingRevision: null });
  });

  it('goes back to what is there when that is uploaded again, and with the document when that is deleted', async () => {
    const name = randomUUID();
    const digest = randomBytes(32);
    const made = await moves.adopt(name, digest);
    const claim = await claimed(made.document.id);
    await store(claim, 0, 'old');
    await moves.complete(claim);
    const dropped = await claimed(await revised(name));
    expect(await moves.adopt(name, digest)).toMatchObject({ outcome: 'same', document: { id: made.document.id } });
    await expect(store(dropped, 0, 'late')).rejects.toBeInstanceOf(StaleClaimError);
    const doomed = await claimed(await revised(name));
    expect(await documents.remove(EVERYTHING, made.document.id)).toBe(true);
    await expect(moves.complete(doomed)).rejects.toBeInstanceOf(StaleClaimError);
    expect(await rowsLeft(made.document.id)).toEqual({ revisions: 0, chunks: 0 });
  });

  it('and a new embedding space do not get into each other’s way', async () => {
    const name = randomUUID();
    const id = await completed(name);
    const revision = await claimed(await revised(name));
    await dataSource.query(`UPDATE documents SET status = 'pending', stage = 'queued' WHERE id = $1`, [id]);
    const reindexing = await claimed(id);
    expect(reindexing.generation).toBeGreaterThan(revision.generation);
    await store(reindexing, 0, 'old again');
    await store(revision, 0, 'new');
    await chunks.sweepDeadGenerations(1_000);
    await moves.complete(revision);
    expect(await seen(id)).toEqual(['new']);
    await expect(moves.complete(reindexing)).rejects.toBeInstanceOf(StaleClaimError);
  });

  describe('that completes while a search looks', () => {
    /** Completes it at the moment at which a part of the search reads for the first time. */
    const meanwhile = async (part: Untyped, method: string | string[], request: object): Promise<string[]> => {
      const externalId = randomUUID();
      const id = await completed(externalId);
      const claim = await claimed(await revised(externalId));
      await store(claim, 0, 'old and new');
      const spies: jest.SpyInstance[] = [method].flat().map((name) =>
        jest.spyOn(part, name as never).mockImplementation((async (...args: unknown[]) => {
          for (const spy of spies) spy.mockRestore();
          await store(claim, 1, 'old and newer');
          await moves.complete(claim, 2);
          return part[name](...args);
        }) as never),
      );
      const { body } = await service.json('/api/search', {
        ...{ query: 'old', mode: 'keyword', filter: { documentId: [id] } },
        ...request,
      });
      return body.results
        .flatMap(({ content, before = [], after = [] }: Untyped) => [...before, { content }, ...after])
        .map(({ content }: Untyped) => content as string)
        .toSorted();
    };

    it('between its words and what readers see of them, or before passages are read, is found whole', async () => {
      const whole = ['old and new', 'old and newer'];
      // How much passes is sampled: either may be asked.
      const words = service.app.get(WordsRepository);
      expect(await meanwhile(words, ['passing', 'visible'], {})).toEqual(whole);
      expect(await meanwhile(service.app.get(PassagesRepository), 'readSince', {})).toEqual(whole);
    });

    it('is noticed by its own change of the document alone', async () => {
      const name = randomUUID();
      const id = await completed(name);
      const switches = service.app.get(SwitchesRepository);
      const filter = { scope: EVERYTHING, documentId: [id] };
      const passages = service.app.get(PassagesRepository);
      const hasSwitched = async (since: Moment): Promise<boolean> =>
        (await passages.readSince([], since, filter)).hasSwitched;
      const before = await switches.moment();
      const claim = await claimed(await revised(name));
      await store(claim, 0, 'new');
      expect(await hasSwitched(before)).toBe(false);
      await moves.complete(claim);
      await dataSource.query('UPDATE documents SET updated_at = now() WHERE id = $1', [id]);
      expect(await hasSwitched(before)).toBe(true);
      expect(await hasSwitched(await switches.moment())).toBe(false);
    });

    it('before it is reduced to the best of each document is found', async () => {
      const passages = service.app.get(PassagesRepository);
      expect(await meanwhile(passages, 'documentsOf', { groupBy: 'document' })).toHaveLength(1);
    });

    it('before neighbours are read has those of its own', async () => {
      const passages = service.app.get(PassagesRepository);
      expect(await meanwhile(passages, 'around', { context: 1 })).toEqual([
        ...['old and new', 'old and new', 'old and newer', 'old and newer'],
      ]);
    });
  });

  it('takes the name of bytes that have none', async () => {
    const digest = randomBytes(32);
    const { document } = await moves.adopt(undefined, digest);
    const name = randomUUID();
    expect(await moves.adopt(name, digest)).toMatchObject({
      outcome: 'same',
      document: { id: document.id, externalId: name },
    });
    expect(await moves.adopt(randomUUID(), digest)).toMatchObject({ outcome: 'created' });
  });
});

describe('failed documents', () => {
  const HELPED = { code: 'TIMEOUT', message: 'It took too long.', retryable: true } as const;
  const failedDocument = async (failure: typeof HELPED | typeof FAILURE, metadata: object): Promise<string> => {
    const id = await newDocument();
    await dataSource.query('UPDATE documents SET metadata = $2 WHERE id = $1', [id, metadata]);
    await ledger.fail(await claimed(id), failure, 'none');
    return id;
  };
  const statusOf = async (id: string): Promise<unknown> => (await documents.findById(EVERYTHING, id))?.status;

  it('are retried all at once, by filter, where a retry may help', async () => {
    const [wanted, other, hopeless] = await Promise.all([
      failedDocument(HELPED, { batch: 'one' }),
      failedDocument(HELPED, { batch: 'two' }),
      failedDocument(FAILURE, { batch: 'one' }),
    ]);
    const retried = await service.json('/api/documents/retry', { filter: { metadata: { batch: 'one' } } });
    expect(retried).toEqual({ status: 200, body: { matched: 1, retried: 1 } });
    expect(await Promise.all([wanted, other, hopeless].map(statusOf))).toEqual(['pending', 'failed', 'failed']);
    expect(await service.json('/api/documents/retry', {})).toEqual({ status: 200, body: { matched: 1, retried: 1 } });
    expect(await statusOf(other)).toBe('pending');
    expect((await service.json('/api/documents/retry', { filter: { colour: 'red' } })).body).toMatchObject({
      code: 'INVALID_REQUEST',
      detail: expect.stringContaining('filter.colour'),
    });
  });

  it('are retried in short steps, and one that fails again meanwhile not a second time', async () => {
    const failed = service.app.get(FailedDocumentsRepository);
    await Promise.all(Array.from({ length: 5 }, () => failedDocument(HELPED, { batch: 'steps' })));
    const filter = { scope: EVERYTHING, metadata: [['batch', { eq: 'steps' }]] } as const;
    const { matched, moment } = await failed.count(filter);
    expect(matched).toBe(5);
    const first = await failed.retry(filter, moment, 2);
    expect(first).toHaveLength(2);
    await ledger.fail(await claimed(first[0] ?? ''), HELPED, 'attempt');
    expect([await failed.retry(filter, moment, 2), await failed.retry(filter, moment, 2)].flat()).toHaveLength(3);
    expect(await failed.retry(filter, moment, 2)).toEqual([]);
  });
});

describe('keys whose documents fail', () => {
  it('are counted by PostgreSQL, each once, for a quarter of an hour', async () => {
    await dataSource.query('DELETE FROM documents');
    const counted = async (): Promise<string | undefined> =>
      /^documents_failing_keys (\d+)$/m.exec(await (await service.fetch('/metrics')).text())?.[1];
    for (const uploadedBy of ['one', 'one', 'other', 'long ago']) {
      const { document } = await moves.adopt(undefined, undefined, { uploadedBy });
      await ledger.fail(await claimed(document.id), FAILURE, 'none');
    }
    await dataSource.query(
      `UPDATE documents SET updated_at = now() - interval '16 minutes' WHERE uploaded_by = 'long ago'`,
    );
    // What a scrape has read holds for the next ones.
    await eventually(async () => (await counted()) === '2');
  });
});

describe('the line of a lane', () => {
  /** Documents of a key, in line. */
  const queued = async (uploadedBy: string, count: number): Promise<string[]> => {
    const ids: string[] = [];
    for (let made = 0; made < count; made += 1) {
      const { document } = await moves.adopt(undefined, undefined, { uploadedBy, lane: 'heavy' });
      expect(await service.app.get(IngestionScheduler).schedule(document.id)).toBe('queued');
      ids.push(document.id);
    }
    return ids;
  };
  let place: LanePlace;
  beforeAll(async () => {
    place = await LanePlace.open(service, 'heavy');
  });
  afterAll(() => place?.close());
  /** What a place of the lane is given next, and begins with. */
  const begun = async (): Promise<Claim> => claimed(await place.next());

  it('lets the one document of a key pass hundreds of another, and those go on', async () => {
    const many = await queued('many', 200);
    const claims = [await begun()];
    const [one = ''] = await queued('one', 1);
    // Behind the one that is next, and one more of its own turn.
    for (let index = 0; index < 3; index += 1) claims.push(await begun());
    expect(claims.map(({ rowId }) => rowId)).toEqual([...many.slice(0, 3), one]);
    for (const claim of claims) await moves.complete(claim, 0);
    for (const id of many.slice(3)) expect(await place.next()).toBe(id);
    await dataSource.query('DELETE FROM documents');
  });

  it('overtakes nobody for good, however many join it', async () => {
    const many = await queued('many', 10);
    let served = 0;
    let newcomers = 0;
    while (served < many.length) {
      // Each time the one place is free, somebody who is new here has come: as many as the lane can take.
      await queued(`new ${(newcomers += 1)}`, 1);
      const claim = await begun();
      if (many.includes(claim.rowId)) served += 1;
      await moves.complete(claim, 0);
      if (newcomers > 400) throw new Error(`Of ten documents ${served} came up while ${newcomers} others did.`);
    }
    await dataSource.query('DELETE FROM documents');
    await place.drain();
  });

  it('is left by what has to wait, which joins it again behind the last of its key', async () => {
    const [retried = ''] = await queued('many', 1);
    const claim = await begun();
    const others = await queued('many', 3);
    await ledger.postpone(claim, 0, 'attempt');
    // The wait is not in line: what comes meanwhile is not behind it.
    const turnOf = async (id: string): Promise<number | undefined> => (await ledger.nextDelivery(id, false))?.turn;
    expect(await turnOf(retried)).toBeUndefined();
    const turns = await Promise.all(others.map(turnOf));
    expect((await ledger.nextDelivery(retried))?.turn).toBe(Math.max(...turns.map((turn) => turn ?? 0)) + 1);
    // A job that was lost is another matter.
    expect((await ledger.nextDelivery(others[0] ?? ''))?.turn).toBe(turns[0]);
    await ledger.hold(others[0] ?? '', 'redis', 0);
    expect(await turnOf(others[0] ?? '')).toBeUndefined();
    // What is in line stays there while the line itself is away, and says so.
    await ledger.allWaitFor('redis', 100);
    expect((await ledger.nextDelivery(others[1] ?? ''))?.turn).toBe(turns[1]);
    const { body } = await service.json(`/api/documents/${others[1]}`);
    expect(body).toMatchObject({ status: 'pending', attempts: 0, waitingFor: { dependency: 'redis' } });
    await dataSource.query('DELETE FROM documents');
  });
});

describe('the reconciler', () => {
  it('queues what no job carries, once, and is quiet afterwards', async () => {
    const reconciler = service.app.get(Reconciler);
    await dataSource.query('DELETE FROM documents');
    const pending = await newDocument();
    const lapsed = await newDocument();
    await claimed(lapsed);
    await lapse(lapsed);
    const held = await newDocument();
    await claimed(held);
    expect(await reconciler.reconcile()).toBe(2);
    expect(await reconciler.reconcile()).toBe(0);
    expect((await documents.findById(EVERYTHING, pending))?.delivery).toBe(1);
    expect((await documents.findById(EVERYTHING, lapsed))?.delivery).toBe(1);
    expect((await documents.findById(EVERYTHING, held))?.delivery).toBe(0);
  });

  it('leaves it to another replica that is at it, until that one has given no sign for a lease', async () => {
    const reconciler = service.app.get(Reconciler);
    const lease = (expires: string): Promise<unknown> =>
      dataSource.query(
        `INSERT INTO task_leases (task, holder, expires_at) VALUES ('reconcile', $1, now() + $2::interval)
         ON CONFLICT (task) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at`,
        [randomUUID(), expires],
      );
    await newDocument();
    await service.app.get(TaskLeases).release('reconcile');
    await lease('1 minute');
    expect(await reconciler.reconcile()).toBe(0);
    await lease('-1 second');
    expect(await reconciler.reconcile()).toBe(1);
  });
});

describe('a lease on a task', () => {
  it('is one process’s, who may ask for it at each step and is asked nothing of the database for it', async () => {
    const [ours, theirs] = [new TaskLeases(dataSource), new TaskLeases(dataSource)];
    expect([await ours.acquire('t', 60_000), await theirs.acquire('t', 60_000)]).toEqual([true, false]);
    const asked = jest.spyOn(dataSource, 'query');
    expect(await ours.acquire('t', 60_000)).toBe(true);
    await theirs.release('t');
    expect(asked).not.toHaveBeenCalled();
    // Half of its time is over.
    const clock = jest.spyOn(performance, 'now').mockReturnValue(performance.now() + 30_001);
    expect(await ours.acquire('t', 60_000)).toBe(true);
    clock.mockRestore();
    expect(asked).toHaveBeenCalledTimes(1);
    asked.mockRestore();
    await ours.release('t');
    // One that is never given back runs out.
    expect(await theirs.acquire('t', 1)).toBe(true);
    await eventually(() => ours.acquire('t', 60_000));
    expect(await theirs.acquire('t', 60_000)).toBe(false);
    await ours.release('t');
  });
});

describe('contents', () => {
  it('without a document are swept once nobody has touched them for a while', async () => {
    const contents = service.app.get(ContentsRepository);
    const id = await newDocument();
    const orphan = randomUUID();
    await dataSource.query(`INSERT INTO contents (id, touched_at) VALUES ($1, now() - interval '2 hours')`, [orphan]);
    await dataSource.query('INSERT INTO content_parts (content_id, part, bytes) VALUES ($1, 0, $2)', [
      orphan,
      Buffer.from('x'),
    ]);
    const uploading = randomUUID();
    await dataSource.query('INSERT INTO contents (id) VALUES ($1)', [uploading]);
    await dataSource.query(
      `UPDATE contents SET touched_at = now() - interval '2 hours' WHERE id = (SELECT content_id FROM documents WHERE id = $1)`,
      [id],
    );
    expect(await contents.sweepOrphans(3_600, 100)).toBe(1);
    const left = await dataSource.query<{ id: string }[]>('SELECT id FROM contents');
    expect(left.map((row) => row.id)).not.toContain(orphan);
    expect(left.map((row) => row.id)).toContain(uploading);
    expect(await dataSource.query('SELECT 1 FROM content_parts WHERE content_id = $1', [orphan])).toEqual([]);
  });
});

describe('an embedding space', () => {
  const other = { model: 'other', weightsDigest: 'f'.repeat(64), numberType: 'fp32', dimension: 8, pooling: 'mean' };

  it('has a table and an index of its own from the start', async () => {
    const rows = await dataSource.query<{ indexdef: string }[]>(
      'SELECT indexdef FROM pg_indexes WHERE tablename = $1',
      [space.table],
    );
    expect(rows.map(({ indexdef }) => indexdef).join()).toMatch(/hnsw \(embedding (halfvec|vector)_cosine_ops\)/);
  });

  it('is not switched by itself once there are documents, and deliberately ingests all of them again', async () => {
    const spaces = service.app.get(EmbeddingSpacesRepository);
    await dataSource.query('DELETE FROM documents');
    const id = await newDocument();
    const claim = await claimed(id);
    await store(claim, 0, 'kept visible');
    await moves.complete(claim);

    await expect(spaces.activate(other, 'refuse')).rejects.toThrow(/EMBEDDING_SPACE_CHANGE=reindex/);
    expect(spaces.active).toEqual(space);
    const switched = await spaces.activate(other, 'reindex');
    expect(switched.table).not.toBe(space.table);
    expect(await documents.findById(EVERYTHING, id)).toMatchObject({ status: 'pending', visibleGeneration: 1 });
    expect((await chunks.list(id, 10, undefined)).items).toHaveLength(1);

    // A process that still embeds with the model of before neither begins nor completes anything any more.
    expect(await moves.claim(id)).toBeUndefined();
    const taken = await ledger.claim(id, LEASE_MS, switched.id);
    if (taken === undefined) throw new Error('The document could not be claimed in the new space.');
    await expect(moves.complete(taken)).rejects.toThrow(StaleClaimError);
    expect(await documents.findById(EVERYTHING, id)).toMatchObject({ status: 'processing', visibleGeneration: 1 });
  });
});
