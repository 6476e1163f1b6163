import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The event of a completion says what of the document was read, so that nobody has to ask once more. */
export class CoverageInEvents1766310000000 implements MigrationInterface {
  readonly name = 'CoverageInEvents1766310000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(logFunction(COVERAGE));
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(logFunction(''));
  }
}

const COVERAGE = `|| CASE WHEN d.status = 'completed' AND d.coverage IS NOT NULL
               THEN jsonb_build_object('coverage', d.coverage) ELSE '{}' END
       `;

/** @param coverage what it adds to the body of an event */
const logFunction = (coverage: string): string =>
  `CREATE OR REPLACE FUNCTION log_document_event() RETURNS trigger LANGUAGE plpgsql AS $$
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
       ${coverage}|| CASE WHEN d.status = 'processing' AND d.work_counts IS NOT NULL THEN jsonb_build_object('progress',
            d.work_counts || jsonb_build_object(
              'etaMs', CASE WHEN d.work_ends_at IS NOT NULL
                            THEN greatest(0, extract(epoch FROM d.work_ends_at - now()) * 1000)::integer END))
          ELSE '{}' END
       || CASE WHEN d.waiting_for IS NOT NULL THEN jsonb_build_object('waitingFor', d.waiting_for) ELSE '{}' END
       || CASE WHEN d.status = 'failed' THEN jsonb_build_object('failure', jsonb_build_object(
            'code', d.failure_code, 'message', d.failure_message, 'retryable', coalesce(d.failure_retryable, false)))
          ELSE '{}' END);
     RETURN NULL;
   END $$`;
