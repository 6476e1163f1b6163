// What an upload of 50 MB costs the service and PostgreSQL, one at a time, beside `cat` into PostgreSQL by COPY: the
// same bytes in parts of the same size, in a table of the same shape.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { installServers } from '../../scripts/test-servers/packages.mjs';
import { connected } from '../support/database.mjs';
import { startFreeEmbedder } from '../support/free-embedder.mjs';
import { compared, spreadOf } from '../support/harness.mjs';
import { cpuMicrosOf, forgetPeak, memoryOf } from '../support/processes.mjs';
import { startMeasuredServers } from '../support/servers.mjs';
import { startService } from '../support/service.mjs';
import { textOf } from '../support/texts.mjs';

const CAT = 'cat and COPY';
const CPU_GOAL = 2;
const MEMORY_GOAL_MB = 40;
const FULL = { bytes: 50 * 2 ** 20, size: { units: 1, rounds: 9, warmUp: 2 } };
const QUICK = { bytes: 16 * 2 ** 20, size: { units: 1, rounds: 1, warmUp: 0 } };
/** As the service keeps them. */
const PART_BYTES = 256 * 1_024;

/** @param {{ quick: boolean }} options @returns {Promise<Partial<import('../support/harness.mjs').Result>>} */
export async function run({ quick }) {
  const { bytes, size } = quick ? QUICK : FULL;
  const folder = mkdtempSync(join(tmpdir(), 'vectorlane-bench-'));
  /** @type {(() => Promise<void>)[]} */
  const stops = [];
  try {
    const { postgresqlBin } = await installServers();
    const content = contentOf(bytes);
    const rows = join(folder, 'rows');
    writeFileSync(rows, asRows(content));

    const embedder = await startFreeEmbedder();
    stops.push(embedder.stop);
    const own = await startMeasuredServers();
    stops.push(own.stop);
    const theirs = await startMeasuredServers();
    stops.push(theirs.stop);
    const settings = { ...embedder.settings, DATABASE_URL: await own.database('ours'), REDIS_URL: own.redisUrl };
    const service = await startService({ ...settings, ROLE: 'api' });
    stops.push(service.stop);
    const peersUrl = await theirs.database('peer');
    const [database, peers] = [await connected(settings.DATABASE_URL), await connected(peersUrl)];
    stops.push(() => database.end(), () => peers.end()); // prettier-ignore
    for (let number = 0; number < 1 + size.warmUp + size.units * size.rounds; number += 1) {
      await peers.query(
        `CREATE TABLE copy_${number} (content_id uuid, part integer, bytes bytea, PRIMARY KEY (content_id, part));
         ALTER TABLE copy_${number} ALTER COLUMN bytes SET STORAGE EXTERNAL`,
      );
    }

    await service.call('/api/documents/text', { text: 'A first one, so that all is loaded.' });
    const atRest = memoryOf(service.pid).resident;
    /** @type {number[]} */
    const above = [];
    let [sent, copied, childMicros] = [0, 0, 0];
    const ours = {
      name: 'ours',
      cpuMicros: () => cpuMicrosOf([service.pid, ...own.pids]),
      async work(/** @type {number} */ count) {
        for (let left = count; left > 0; left -= 1) {
          forgetPeak(service.pid);
          await upload(service, numbered(content, sent), `${sent}.txt`);
          sent += 1;
          above.push((memoryOf(service.pid).peak - atRest) / 2 ** 20);
        }
      },
    };
    const psql = join(postgresqlBin, 'psql');
    const peer = {
      name: CAT,
      cpuMicros: () => childMicros + cpuMicrosOf(theirs.pids),
      async work(/** @type {number} */ count) {
        for (let left = count; left > 0; left -= 1) {
          const copy = `COPY copy_${copied++} FROM STDIN (FORMAT binary)`;
          childMicros += await micros(`cat '${rows}' | '${psql}' -q '${peersUrl}' -c '${copy}'`);
        }
      },
    };
    for (const side of [ours, peer]) await side.work(1);
    const expected = { digest: createHash('sha256').update(content).digest('hex'), parts: bytes / PART_BYTES };
    const found = `SELECT encode(sha256(string_agg(bytes, '' ORDER BY part)), 'hex') AS digest, count(*)::int AS parts`;
    const first = `SELECT content_id FROM documents WHERE filename = '0.txt'`;
    const stored = await database.query(`${found} FROM content_parts WHERE content_id = (${first})`);
    assert.deepEqual(stored.rows, [expected]);
    assert.deepEqual((await peers.query(`${found} FROM copy_0`)).rows, [expected]);

    const what = { case: 'uploading 50 MB', unit: 'file', goals: { [CAT]: CPU_GOAL } };
    const comparisons = await compared(what, [ours, peer], size);
    return {
      title: 'An upload of 50 MB',
      about:
        'One at a time, from the first byte of the form to the answer 202: CPU of the API, PostgreSQL and Redis ' +
        'together, beside `cat` of finished rows into `psql` and PostgreSQL, by COPY in binary: the same bytes in parts of ' +
        '256 KiB under the same key. Memory is the peak of the API process above what it held before the first one.',
      comparisons,
      bounds: [
        { case: 'memory above rest', unit: 'MB', ours: spreadOf(above.slice(-size.rounds)), goal: MEMORY_GOAL_MB },
      ],
    };
  } finally {
    for (const stop of stops.reverse()) await stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Room for the number that tells one file from the next. */
const NUMBER_BYTES = 8;

/** @param {number} bytes */
function contentOf(bytes) {
  const content = Buffer.alloc(bytes, textOf(0, 20_000), 'latin1');
  return numbered(content, 0);
}

/** The same bytes but for the first few. @param {Buffer} content @param {number} number */
function numbered(content, number) {
  content.write(String(number).padStart(NUMBER_BYTES), 'latin1');
  return content;
}

/** As COPY takes them in binary, under an id of their own. @param {Buffer} content */
function asRows(content) {
  /** @type {Buffer[]} */
  const parts = [Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')];
  for (let from = 0; from < content.length; from += PART_BYTES) {
    const bytes = content.subarray(from, from + PART_BYTES);
    const head = Buffer.alloc(2 + 4 + 16 + 4 + 4 + 4);
    head.writeInt16BE(3, 0);
    head.writeInt32BE(16, 2);
    head.writeInt32BE(4, 22);
    head.writeInt32BE(from / PART_BYTES, 26);
    head.writeInt32BE(bytes.length, 30);
    parts.push(head, bytes);
  }
  return Buffer.concat([...parts, Buffer.from([0xff, 0xff])]);
}

/**
 * @param {import('../support/service.mjs').Service} service
 * @param {Buffer} content
 * @param {string} filename
 */
async function upload({ url, key }, content, filename) {
  const head =
    `--part\r\nContent-Disposition: form-data; name="file"; filename="${filename}"\r\n` +
    'Content-Type: text/plain\r\n\r\n';
  const tail = '\r\n--part--\r\n';
  const headers = {
    'X-API-Key': key,
    'Content-Type': 'multipart/form-data; boundary=part',
    'Content-Length': head.length + content.length + tail.length,
  };
  const sending = request(`${url}/api/documents`, { method: 'POST', headers });
  sending.write(head);
  sending.write(content);
  sending.end(tail);
  const [response] = await once(sending, 'response');
  let text = '';
  for await (const part of response) text += part;
  if (response.statusCode !== 202) throw new Error(`The upload was answered ${response.statusCode}: ${text}`);
}

/** CPU of a command and all that it runs, as its shell tells it. @param {string} command */
async function micros(command) {
  const { stdout } = await promisify(execFile)('sh', ['-c', `${command} && times`]);
  const [, ofChildren] = stdout.trim().split('\n');
  const times = [...ofChildren.matchAll(/(\d+)m([\d.]+)s/g)];
  return times.reduce((sum, [, minutes, seconds]) => sum + (Number(minutes) * 60 + Number(seconds)) * 1e6, 0);
}
