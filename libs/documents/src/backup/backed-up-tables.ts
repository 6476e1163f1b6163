import { tableOf } from '../embedding-spaces.repository';

/**
 * What a backup holds and in which order it goes back in: whatever a row refers to comes before it. Rows that nobody
 * can see (generations superseded or under way, uploads under way) stay behind; accepted documents never do.
 *
 * A test holds this list against the schema: a table that a migration adds is named here or in `LEFT_OUT`.
 */
export interface BackedUpTable {
  /** Name of the section, and of the table unless the caller says otherwise. */
  readonly name: string;
  /** Which rows of `t`; joins must not repeat any. */
  readonly rows: string;
  /** … in an earlier schema, which does not have this table yet. */
  readonly rowsWithout?: { readonly table: string; readonly rows: string };
  /** The column by which rows refer to others of the same table; those that refer to none come first. */
  readonly nullsFirst?: string;
  /** SQL for columns that are not kept as they are. */
  readonly expressions?: Readonly<Record<string, string>>;
  /** Bytes of one row, nearly: what its large values take. */
  readonly size: string;
  /**
   * Rows fetched at a time. `by-size`: largest first, so that the size of the row before bounds the next ones and a
   * page never holds more than a block's worth, however large single rows are.
   */
  readonly page: number | 'by-size';
}

const VISIBLE = 'JOIN documents d ON d.id = t.document_id AND d.visible_generation = t.generation';
const OWNED = (id: string): string =>
  `(${id} IN (SELECT content_id FROM documents) OR ${id} IN (SELECT content_id FROM files))`;
/** Work in hand belongs to a worker that is not there after a restore: handed back, unharmed, without a lease. */
const inHand = (kept: string, instead: string): string =>
  `CASE WHEN t.status = 'processing' THEN ${instead} ELSE ${kept} END`;

export const TABLES: readonly BackedUpTable[] = [
  { name: 'api_keys', rows: '', size: '200', page: 500 },
  { name: 'collections', rows: '', size: '200', page: 500 },
  // Of a restored log of events nothing is left: they are told of what happens from then on.
  { name: 'webhooks', rows: '', expressions: { position: '0' }, size: '400', page: 100 },
  { name: 'webhook_key', rows: '', size: '64', page: 1 },
  {
    name: 'contents',
    rows: `WHERE ${OWNED('t.id')}`,
    rowsWithout: { table: 'files', rows: 'JOIN documents d ON d.content_id = t.id' },
    size: '50',
    page: 2_000,
  },
  {
    name: 'content_parts',
    rows: `WHERE ${OWNED('t.content_id')}`,
    rowsWithout: { table: 'files', rows: 'JOIN documents d ON d.content_id = t.content_id' },
    size: 'octet_length(t.bytes)',
    // Of 256 KiB at most.
    page: 8,
  },
  { name: 'files', rows: '', size: '300', page: 500 },
  {
    name: 'documents',
    rows: '',
    nullsFirst: 'revision_of',
    expressions: {
      status: inHand('t.status', `'pending'`),
      stage: inHand('t.stage', `'queued'`),
      percent: inHand('t.percent', '0'),
      lease_expires_at: 'NULL',
      // A number of this cluster alone.
      switched_by: 'NULL',
    },
    size: '500',
    page: 200,
  },
  { name: 'document_texts', rows: VISIBLE, size: 'octet_length(t.text)', page: 'by-size' },
  { name: 'chunks', rows: VISIBLE, size: 'octet_length(t.content) + 150', page: 500 },
];

/** The vectors of the current space: those of others are searched by nobody. */
export function vectorsOf(dimension: number): BackedUpTable {
  return {
    name: 'vectors',
    rows: `JOIN chunks c ON c.id = t.chunk_id JOIN documents d ON d.id = c.document_id AND d.visible_generation = c.generation`,
    size: String(dimension * 4 + 48),
    page: 200,
  };
}

/**
 * Tables of ours that hold nothing worth keeping, or follow from the others: leases, spaces (in the header), the words
 * of chunks, what happened in the last day, sessions of the console, the schema's state, what became of a request for
 * many files.
 */
export const LEFT_OUT: readonly string[] = [
  'task_leases',
  'embedding_spaces',
  'chunk_words',
  'words',
  'fresh_words',
  'word_analyser',
  'document_events',
  'event_numbers',
  'webhook_deliveries',
  'console_sessions',
  'migrations',
  'file_batches',
  'file_batch_items',
];

/** @param spaceId of the current space, where there is one */
export function tableName(section: string, spaceId: number | undefined): string {
  if (section !== 'vectors') return section;
  if (spaceId === undefined) throw new Error('There are vectors without an embedding space.');
  return tableOf(spaceId);
}
