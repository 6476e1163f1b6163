import { LaneQueues } from '@vectorlane/queue';
import { DataSource } from 'typeorm';
import { TestApp } from '../support/test-app';

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
    const deadline = Date.now() + 30_000;
    // More than the attempts a document has, and than the attempts and stalls BullMQ would grant by default.
    while (((await queues.counts()).fast['failed'] ?? 0) < 5) {
      if (Date.now() > deadline) throw new Error('The jobs did not fail in time.');
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    expect((await service.json(`/api/documents/${body.id}`)).body).toMatchObject({ status: 'pending', attempts: 0 });

    await dataSource.query('DROP TRIGGER refuse_claims ON documents');
    expect(await service.finished(body.id as string)).toMatchObject({ status: 'completed', attempts: 0 });
    expect(await dataSource.query('SELECT interruptions, generation FROM documents')).toEqual([
      { interruptions: 0, generation: 1 },
    ]);
  }, 60_000);
});
