import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The log of what happened to documents. Triggers write it, so that an event and what it tells are one transaction,
 * whatever statement caused it. Transactions commit in another order than they began: an event gets its `number`, by
 * which it is read, afterwards, from the reader that comes next and holds the row of `event_numbers`. Numbers are
 * therefore seen without gaps, and those of one document in the order of its transactions.
 */
export class DocumentEvents1765700000000 implements MigrationInterface {
  readonly name = 'DocumentEvents1765700000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await queryRunner.query(statement);
  }
}

const TYPES = [
  ...['document.accepted', 'document.progress', 'document.completed', 'document.failed', 'document.deleted'],
  ...['revision.completed', 'revision.failed'],
];

const UP = [
  `CREATE TABLE document_events (
     seq         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     number      bigint UNIQUE,
     at          timestamptz NOT NULL DEFAULT clock_timestamp(),
     type        text NOT NULL CHECK (type IN (${TYPES.map((type) => `'${type}'`).join(', ')})),
     collection  text NOT NULL,
     document_id uuid NOT NULL,
     body        jsonb NOT NULL)`,
  `CREATE INDEX document_events_unnumbered ON document_events (seq) WHERE number IS NULL`,
  `CREATE INDEX document_events_of_document ON document_events (document_id, number)`,
  // The last number given out, and the last of those that are gone.
  `CREATE TABLE event_numbers (
     is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
     last    bigint NOT NULL DEFAULT 0,
     pruned  bigint NOT NULL DEFAULT 0)`,
  `INSERT INTO event_numbers DEFAULT VALUES`,
  `CREATE FUNCTION log_document_event() RETURNS trigger LANGUAGE plpgsql AS $$
   DECLARE
     d documents%ROWTYPE;
     main record;
     kind text;
   BEGIN
     IF TG_OP = 'DELETE' THEN d := OLD; ELSE d := NEW; END IF;
     -- A revision on its way is told of under the document's id and name.
     IF d.revision_of IS NULL THEN
       SELECT d.id AS id, d.external_id AS external_id, d.revision AS revision INTO main;
     ELSE
       SELECT m.id, m.external_id, m.revision + 1 AS revision INTO main FROM documents m WHERE m.id = d.revision_of;
     END IF;
     kind := CASE
       WHEN TG_OP = 'DELETE' THEN 'document.deleted'
       WHEN TG_OP = 'INSERT' THEN 'document.accepted'
       WHEN NEW.revision <> OLD.revision THEN 'revision.completed'
       WHEN NEW.status = 'completed' AND OLD.status <> 'completed' THEN 'document.completed'
       WHEN NEW.status = 'failed' AND OLD.status <> 'failed' AND NEW.revision_of IS NULL THEN 'document.failed'
       WHEN NEW.status = 'failed' AND OLD.status <> 'failed' THEN 'revision.failed'
       WHEN NEW.content_id <> OLD.content_id THEN 'document.accepted'
       ELSE 'document.progress' END;
     INSERT INTO document_events (type, collection, document_id, body)
     VALUES (kind, d.collection, main.id, jsonb_build_object(
       'documentId', main.id,
       'collection', (SELECT c.name FROM collections c WHERE c.key = d.collection),
       'externalId', main.external_id,
       'filename', d.filename,
       'revision', main.revision,
       'status', d.status,
       'stage', d.stage,
       'percent', d.percent)
       || CASE WHEN d.status = 'completed' THEN jsonb_build_object('chunkCount', d.chunk_count) ELSE '{}' END
       || CASE WHEN d.waiting_for IS NOT NULL THEN jsonb_build_object('waitingFor', d.waiting_for) ELSE '{}' END
       || CASE WHEN d.status = 'failed' THEN jsonb_build_object('failure', jsonb_build_object(
            'code', d.failure_code, 'message', d.failure_message, 'retryable', coalesce(d.failure_retryable, false)))
          ELSE '{}' END);
     RETURN NULL;
   END $$`,
  // A restored document that has ended is no news.
  `CREATE TRIGGER documents_accepted AFTER INSERT ON documents FOR EACH ROW
     WHEN (NEW.status = 'pending') EXECUTE FUNCTION log_document_event()`,
  // Of a large document every twentieth part, and not every one of its thousands of batches.
  `CREATE TRIGGER documents_moved AFTER UPDATE ON documents FOR EACH ROW
     WHEN (NEW.status <> OLD.status OR NEW.stage <> OLD.stage OR NEW.percent / 5 <> OLD.percent / 5
           OR NEW.revision <> OLD.revision OR NEW.content_id <> OLD.content_id)
     EXECUTE FUNCTION log_document_event()`,
  `CREATE TRIGGER documents_deleted AFTER DELETE ON documents FOR EACH ROW
     WHEN (OLD.revision_of IS NULL) EXECUTE FUNCTION log_document_event()`,
];

const DOWN = [
  `DROP TRIGGER documents_accepted ON documents`,
  `DROP TRIGGER documents_moved ON documents`,
  `DROP TRIGGER documents_deleted ON documents`,
  `DROP FUNCTION log_document_event()`,
  `DROP TABLE event_numbers`,
  `DROP TABLE document_events`,
];
