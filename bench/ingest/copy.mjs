// The least that can be done to have documents searched: a BullMQ job for each, which copies its finished rows into
// the tables, with all their indexes and keys, in one transaction. The rows are those that ingestion made elsewhere.
import { Queue, Worker } from 'bullmq';
import pg from 'pg';
import { answerAs } from '../support/contender.mjs';

const [database = '', redis = ''] = process.argv.slice(2);
const CONCURRENCY = 2;

/** In an order in which keys refer to what is there. `$1` is the document. */
const OF_DOCUMENT = 'document_id = $1';
const ITS_CHUNKS = '(SELECT id FROM chunks WHERE document_id = $1)';
const ITS_CONTENT = '(SELECT content_id FROM documents WHERE id = $1)';
const TABLES = [
  ['contents', `id = ${ITS_CONTENT}`],
  ['content_parts', `content_id = ${ITS_CONTENT}`],
  ['documents', 'id = $1'],
  ['document_texts', OF_DOCUMENT],
  ['chunks', OF_DOCUMENT],
  ['chunk_words', `chunk_id IN ${ITS_CHUNKS}`],
  ['fresh_words', `first_number IN (SELECT number FROM chunk_words WHERE chunk_id IN ${ITS_CHUNKS})`],
  // Of the one space that there is.
  ['vectors_1', `chunk_id IN ${ITS_CHUNKS}`],
  ['document_events', OF_DOCUMENT],
];

/** @type {Buffer[][]} by document, then by table */
let rows = [];

/** A statement COPY with its data, or taking it. */
class Copy extends pg.Query {
  /** @type {Buffer[]} */
  parts = [];

  /** @param {string} sql @param {Buffer} [bytes] @param {(error: Error | undefined) => void} [done] */
  constructor(sql, bytes, done) {
    super(sql, [], done);
    this.bytes = bytes;
  }

  /** @param {{ sendCopyFromChunk(bytes: Buffer | undefined): void, endCopyFrom(): void }} connection */
  handleCopyInResponse(connection) {
    connection.sendCopyFromChunk(this.bytes);
    connection.endCopyFrom();
  }

  /** @param {{ chunk: Buffer }} message */
  handleCopyData({ chunk }) {
    this.parts.push(Buffer.from(chunk));
  }
}

/** @param {pg.ClientBase} client @param {string} sql @param {Buffer} [bytes] @returns {Promise<Buffer>} */
function copy(client, sql, bytes) {
  return new Promise((resolve, reject) => {
    const query = new Copy(sql, bytes, (error) => (error ? reject(error) : resolve(Buffer.concat(query.parts))));
    client.query(query);
  });
}

const pool = new pg.Pool({ connectionString: database, max: CONCURRENCY });
// Events come as rows, like everything else.
await pool.query('ALTER TABLE documents DISABLE TRIGGER USER');
const url = new URL(redis);
const connection = { host: url.hostname, port: Number(url.port), password: url.password, maxRetriesPerRequest: null };
const queue = new Queue('rows', { connection });
const worker = new Worker('rows', ({ data }) => store(data.number), { connection, concurrency: CONCURRENCY });
await worker.waitUntilReady();

/** @param {number} number */
async function store(number) {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    for (const [at, [name]] of TABLES.entries()) {
      await copy(client, `COPY ${name} FROM STDIN (FORMAT binary)`, rows[number][at]);
    }
    await client.query('COMMIT');
  } finally {
    client.release();
  }
}

answerAs(0, {
  /** Takes the rows of documents from another database. @param {{ url: string, ids: string[] }} from */
  rows: async (from) => {
    const client = new pg.Client({ connectionString: from.url });
    await client.connect();
    rows = [];
    for (const id of from.ids) {
      const own = [];
      for (const [name, which] of TABLES) {
        const selected = `SELECT * FROM ${name} WHERE ${which.replaceAll('$1', `'${id}'`)}`;
        own.push(await copy(client, `COPY (${selected}) TO STDOUT (FORMAT binary)`));
      }
      rows.push(own);
    }
    await client.end();
  },
  /** @param {number[]} numbers of the documents */
  store: async (numbers) => {
    let left = numbers.length;
    await new Promise((/** @type {(value?: undefined) => void} */ resolve, reject) => {
      worker.removeAllListeners('completed').removeAllListeners('failed');
      worker.on('failed', (_, error) => reject(error));
      worker.on('completed', () => {
        left -= 1;
        if (left === 0) resolve();
      });
      Promise.all(numbers.map((number) => queue.add('store', { number }, { removeOnComplete: 1_000 }))).catch(reject);
    });
  },
  tables: () => TABLES,
});
