import { Config } from '@vectorlane/config';
import { IngestionFailure } from '@vectorlane/errors';
import { ExtractionService } from '@vectorlane/extraction';
import { LaneQueues } from '@vectorlane/queue';
import { DataSource } from 'typeorm';
import { eventually } from '../support/eventually';
import { TestApp, type Untyped } from '../support/test-app';

let service: TestApp;
beforeAll(async () => {
  service = await TestApp.start({ RECONCILE_INTERVAL_MS: '100', INGESTION_LEASE_MS: '1000' });
}, 60_000);
afterAll(() => service?.stop(), 60_000);

describe('a job that the queue gives up', () => {
  it('is not the end of its document, however often that happens', async () => {
    const dataSource = service.app.get(DataSource);
    // The database refuses each claim: the job ends with an error that nobody could write down.
    await dataSource.query(
      `CREATE FUNCTION refuse_claims() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN IF NEW.lease_expires_at IS NOT NULL THEN RAISE EXCEPTION 'no claims today'; END IF; RETURN NEW; END $$`,
    );
    await dataSource.query(
      'CREATE TRIGGER refuse_claims BEFORE UPDATE ON documents FOR EACH ROW EXECUTE FUNCTION refuse_claims()',
    );
    const { body } = await service.upload('note.txt', 'A note that nobody may claim for a while.');
    const queues = service.app.get(LaneQueues);
    // More than the attempts a document has, and than the attempts and stalls BullMQ would grant by default.
    await eventually(async () => ((await queues.counts()).fast['failed'] ?? 0) >= 5, 30_000);
    expect((await service.json(`/api/documents/${body.id}`)).body).toMatchObject({ status: 'pending', attempts: 0 });

    const bound = jest.replaceProperty(service.app.get(Config), 'INGESTION_MAX_UNFINISHED', 1);
    // As many wait as may: a further one is refused, and nothing else is.
    const further = (): Promise<{ status: number; body: Untyped }> => service.upload('more.txt', 'One more note.');
    await eventually(async () => (await further()).status === 503);
    expect((await further()).body).toMatchObject({ code: 'INGESTION_BUSY', retryable: true });
    expect((await service.json('/api/search', { query: 'note' })).status).toBe(200);
    expect((await service.json('/api/documents/text', { text: 'More.' })).body.code).toBe('INGESTION_BUSY');

    await dataSource.query('DROP TRIGGER refuse_claims ON documents');
    expect(await service.finished(body.id as string)).toMatchObject({ status: 'completed', attempts: 0 });
    const counted = 'SELECT interruptions, generation FROM documents WHERE id = $1';
    expect(await dataSource.query(counted, [body.id])).toEqual([{ interruptions: 0, generation: 1 }]);
    await eventually(async () => (await further()).status < 300);
    bound.restore();
  }, 60_000);
});

describe('the two places of a lane', () => {
  const MANY = 40;
  /** The endpoint for vectors answers nobody until it is told to: who has a place keeps it. */
  const standStill = (): (() => void) => {
    let release: () => void = () => undefined;
    const until = new Promise<void>((resolve) => (release = resolve));
    service.embeddings?.behaveAlways({ kind: 'held', until });
    return () => {
      service.embeddings?.behaveAlways({ kind: 'well' });
      release();
    };
  };
  const newText = (text: string, key = service.key) => service.json('/api/documents/text', { text }, { key });
  const manyTexts = async (subject: string): Promise<void> => {
    const documents = Array.from({ length: MANY }, (_, index) => ({ text: `Number ${index} of ${subject}.` }));
    const { body } = await service.json('/api/documents/batch', { documents });
    expect(body.items.every(({ status }: { status: number }) => status === 202)).toBe(true);
  };
  const completedBefore = async (id: string): Promise<number> => {
    const [row] = await service.app.get(DataSource).query<{ before: number }[]>(
      `SELECT count(*)::integer AS before FROM documents o, documents d
          WHERE d.id = $1 AND o.status = 'completed' AND o.updated_at < d.updated_at`,
      [id],
    );
    return row?.before ?? 0;
  };
  beforeEach(() => service.app.get(DataSource).query('DELETE FROM documents'));

  it('are not kept by the uploads of one key while another’s only one waits', async () => {
    const { body: other } = await service.json('/api/admin/keys', { name: 'other', scopes: ['read', 'write'] });
    const release = standStill();
    await manyTexts('the first key');
    const { body } = await newText('The only one of the other key.', other.key as string);
    release();
    expect(await service.finished(body.id as string)).toMatchObject({ status: 'completed' });
    // Those in hand, one of each turn that is as early, and what ends in the same moment.
    expect(await completedBefore(body.id as string)).toBeLessThan(MANY / 2);
  }, 60_000);

  it('are not kept by a document that takes too long: it is tried twice, and the second time behind the others', async () => {
    const extraction = service.app.get(ExtractionService);
    let tooLong: () => void = () => undefined;
    const until = new Promise<void>((resolve) => (tooLong = resolve));
    const original = extraction.extract.bind(extraction);
    let tries = 0;
    const spy = jest.spyOn(extraction, 'extract').mockImplementation(async (...given) => {
      if (given[1].filename !== 'slow.txt') return original(...given);
      tries += 1;
      await until;
      throw new IngestionFailure('TIMEOUT', 'It takes too long.');
    });
    try {
      const release = standStill();
      const { body: slow } = await service.upload('slow.txt', 'A file whose parser does not come to an end.');
      await eventually(() => tries === 1);
      await manyTexts('the same key');
      tooLong();
      const attempted = await service.reached(slow.id as string, ({ attempts }) => attempts === 1);
      expect(attempted).toMatchObject({ status: 'processing', stage: 'queued' });
      release();
      const { status, failure, attempts } = await service.finished(slow.id as string);
      expect({ status, code: failure.code, attempts, tries }).toEqual({
        ...{ status: 'failed', code: 'TIMEOUT', attempts: 2, tries: 2 },
      });
      expect(await completedBefore(slow.id as string)).toBeGreaterThan(MANY / 2);
    } finally {
      spy.mockRestore();
    }
  }, 60_000);
});
