import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The data model of the product (docs/contract.md §2). Written by hand: TypeORM never synchronises, so what stands
 * here is what the database has. Vector tables are not here: each embedding space brings its own (libs/embeddings
 * decides the space, libs/documents creates its table with the index while it is empty).
 */
export class InitialSchema1764000000000 implements MigrationInterface {
  readonly name = 'InitialSchema1764000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP VIEW visible_chunks');
    await queryRunner.query(
      'DROP TABLE chunks, document_texts, documents, content_parts, contents, embedding_spaces, api_keys',
    );
  }
}

const STATEMENTS = [
  `CREATE EXTENSION IF NOT EXISTS vector`,

  `CREATE TABLE api_keys (
     id            text PRIMARY KEY,
     name          text NOT NULL,
     secret_sha256 bytea NOT NULL CHECK (octet_length(secret_sha256) = 32),
     scopes        text[] NOT NULL CHECK (scopes <@ ARRAY['read', 'write', 'admin'] AND cardinality(scopes) > 0),
     created_at    timestamptz NOT NULL DEFAULT now(),
     expires_at    timestamptz,
     last_used_at  timestamptz,
     revoked_at    timestamptz
   )`,

  // Original bytes, stored in parts by short transactions before a document adopts them. A content without a document
  // is an upload under way, or an orphan of a crash: the sweep tells them apart by touched_at.
  `CREATE TABLE contents (
     id         uuid PRIMARY KEY,
     touched_at timestamptz NOT NULL DEFAULT now()
   )`,
  `CREATE TABLE content_parts (
     content_id uuid NOT NULL REFERENCES contents ON DELETE CASCADE,
     part       integer NOT NULL CHECK (part >= 0),
     bytes      bytea NOT NULL,
     PRIMARY KEY (content_id, part)
   )`,
  // Uploads are mostly compressed already; trying again costs time and saves nothing.
  `ALTER TABLE content_parts ALTER COLUMN bytes SET STORAGE EXTERNAL`,

  `CREATE TABLE documents (
     id                 uuid PRIMARY KEY,
     collection         text NOT NULL DEFAULT 'default',
     sha256             bytea NOT NULL CHECK (octet_length(sha256) = 32),
     content_id         uuid NOT NULL UNIQUE REFERENCES contents,
     filename           text NOT NULL,
     format             text NOT NULL,
     lane               text NOT NULL CHECK (lane IN ('fast', 'heavy')),
     media_type         text NOT NULL,
     declared_charset   text,
     size_bytes         bigint NOT NULL,
     metadata           jsonb NOT NULL DEFAULT '{}',
     status             text NOT NULL CHECK (status IN ('pending', 'processing', 'completed', 'failed')),
     stage              text NOT NULL CHECK (stage IN ('queued', 'extracting', 'chunking', 'embedding', 'completed', 'failed')),
     percent            smallint NOT NULL DEFAULT 0 CHECK (percent BETWEEN 0 AND 100),
     attempts           integer NOT NULL DEFAULT 0,
     interruptions      integer NOT NULL DEFAULT 0,
     parser_deaths      integer NOT NULL DEFAULT 0,
     generation         integer NOT NULL DEFAULT 0,
     visible_generation integer,
     delivery           integer NOT NULL DEFAULT 0,
     lease_expires_at   timestamptz,
     next_attempt_at    timestamptz NOT NULL DEFAULT now(),
     chunk_count        integer,
     text_search_config regconfig,
     failure_code       text,
     failure_message    text,
     failure_retryable  boolean,
     timings            jsonb NOT NULL DEFAULT '{}',
     created_at         timestamptz NOT NULL DEFAULT now(),
     updated_at         timestamptz NOT NULL DEFAULT now(),
     CONSTRAINT documents_identity UNIQUE (collection, sha256),
     CONSTRAINT documents_failure CHECK ((status = 'failed') = (failure_code IS NOT NULL)),
     CONSTRAINT documents_visible CHECK (status <> 'completed' OR visible_generation = generation)
   )`,
  `CREATE INDEX documents_by_age ON documents (created_at DESC, id DESC)`,
  `CREATE INDEX documents_by_metadata ON documents USING gin (metadata jsonb_path_ops)`,
  // What the reconciler looks through: small however many documents there are.
  `CREATE INDEX documents_unfinished ON documents (id) WHERE status IN ('pending', 'processing')`,

  `CREATE TABLE document_texts (
     document_id uuid NOT NULL REFERENCES documents ON DELETE CASCADE,
     generation  integer NOT NULL,
     text        text NOT NULL,
     PRIMARY KEY (document_id, generation)
   )`,

  `CREATE TABLE chunks (
     id          uuid PRIMARY KEY,
     document_id uuid NOT NULL REFERENCES documents ON DELETE CASCADE,
     generation  integer NOT NULL,
     ordinal     integer NOT NULL,
     content     text NOT NULL,
     char_start  integer NOT NULL,
     char_end    integer NOT NULL CHECK (char_end > char_start),
     token_count integer NOT NULL,
     heading     text,
     page        integer,
     row_number  integer,
     json_path   text,
     config      regconfig NOT NULL,
     tsv         tsvector GENERATED ALWAYS AS (to_tsvector(config, coalesce(heading || E'\\n', '') || content)) STORED,
     UNIQUE (document_id, generation, ordinal)
   )`,
  `CREATE INDEX chunks_by_words ON chunks USING gin (tsv)`,

  // The one thing that readers read: a document is there as a whole or not at all.
  `CREATE VIEW visible_chunks AS
     SELECT c.id, c.document_id, c.generation, c.ordinal, c.content, c.char_start, c.char_end, c.token_count,
            c.heading, c.page, c.row_number, c.json_path, c.config, c.tsv,
            d.collection, d.filename, d.format, d.lane, d.metadata
       FROM chunks c
       JOIN documents d ON d.id = c.document_id AND d.visible_generation = c.generation`,

  `CREATE TABLE embedding_spaces (
     id             integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     model          text NOT NULL,
     weights_digest text NOT NULL,
     number_type    text NOT NULL,
     dimension      integer NOT NULL CHECK (dimension BETWEEN 1 AND 2000),
     pooling        text NOT NULL,
     is_current     boolean NOT NULL DEFAULT false,
     created_at     timestamptz NOT NULL DEFAULT now(),
     UNIQUE (model, weights_digest, number_type, dimension, pooling)
   )`,
  `CREATE UNIQUE INDEX embedding_spaces_one_current ON embedding_spaces (is_current) WHERE is_current`,
];
