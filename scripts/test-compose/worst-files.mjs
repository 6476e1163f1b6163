// The files that take the most memory of all that were found, five at a time, under the limit that the stack gives its
// backend: nine of them, with TEST_FULL=1 all.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { bootstrap, ROOT } from '../bootstrap.mjs';
import { until } from './stack.mjs';

/** @import { Stack } from './stack.mjs' */
/** @import { Report } from './report.mjs' */
/** @typedef {readonly (readonly [string, () => Buffer])[]} Files by format */

const AT_ONCE = 5;
const MEBIBYTE = 2 ** 20;
/** Of the gigabyte that the backend has, its children counted. */
const MOST_HELD = 900 * MEBIBYTE;
const ABOVE_REST = 100 * MEBIBYTE;
const EACH_WITHIN_MS = 1_800_000;
const SAMPLED_EVERY_MS = 50;

/** @param {Stack} stack @param {Report} report */
export async function takesTheWorstFiles(stack, report) {
  const what = 'the files that take the most memory, five at a time';
  const { Id, RestartCount } = await stack.inspect('backend');
  const held = heldBytes(Id);
  if (held === undefined) {
    process.stdout.write(`left out: ${what}: the backend’s control group is not on this machine\n`);
    return;
  }
  const { WORST, WORST_OF_A_SERVICE } = await files(stack.folder);
  const waiting = [...(process.env.TEST_FULL === '1' ? WORST_OF_A_SERVICE : WORST)];
  const count = waiting.length;
  const atRest = held();
  let most = 0;
  const sampling = setInterval(() => (most = Math.max(most, held())), SAMPLED_EVERY_MS);
  /** @type {string[]} */
  const wrong = [];
  const client = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [format, bytes] = next;
      const error = await goThrough(stack, `worst-${waiting.length}.${format}`, bytes());
      if (error !== undefined) wrong.push(error);
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, client));
  } finally {
    clearInterval(sampling);
  }
  const isGivenBack = () => held() < atRest + ABOVE_REST;
  const back = await until('memory is given back', 120_000, isGivenBack).catch(() => undefined);
  const after = await stack.inspect('backend');
  const mebibytes = (/** @type {number} */ bytes) => `${Math.round(bytes / MEBIBYTE)} MiB`;
  const alive = after.RestartCount === RestartCount && !after.State.OOMKilled;
  report.row(
    `${what}: ${count} of them`,
    'each is read or refused, below 900 MiB, nothing killed, given back within 2 minutes',
    `${mebibytes(atRest)} before, at most ${mebibytes(most)}, ${mebibytes(held())} after` +
      `${alive ? '' : ', and the backend was killed'}${wrong.length > 0 ? `; ${wrong.join('; ')}` : ''}`,
    alive && most < MOST_HELD && back !== undefined && wrong.length === 0,
  );
}

/**
 * Until a file has failed, or its text and chunks are there: to embed a hundred thousand chunks takes an hour, and no
 * memory. It goes then.
 * @param {Stack} stack @param {string} name @param {Buffer} bytes
 * @returns {Promise<string | undefined>} what was wrong
 */
async function goThrough(stack, name, bytes) {
  const form = new FormData();
  form.set('file', new Blob([new Uint8Array(bytes)]), name);
  const upload = () => stack.call('/api/documents', { form, timeoutMs: 180_000 });
  let { status, body } = await upload();
  // One key has half of the places: who is told to come again does so.
  await until(`${name} is taken`, EACH_WITHIN_MS, async () => {
    if (body.code !== 'UPLOADS_BUSY') return true;
    ({ status, body } = await upload());
    return body.code !== 'UPLOADS_BUSY';
  });
  // Some are refused at once, for what their first bytes say.
  if (status >= 400 && status < 500 && body.code !== undefined) return undefined;
  if (status !== 202) return `${name} was answered ${status} ${body.code ?? body.text}`;
  const path = `/api/documents/${body.id}`;
  try {
    await until(`${name} is read or refused`, EACH_WITHIN_MS, async () => {
      const { body: state } = await stack.call(path);
      return state.status === 'completed' || state.status === 'failed' || state.stage === 'embedding';
    });
    const gone = await stack.call(path, { method: 'DELETE', timeoutMs: 60_000 });
    return gone.status === 204 ? undefined : `${name} could not be deleted: ${gone.status}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * What the processes of a container hold, without what the kernel could drop.
 * @param {string} id
 * @returns {(() => number) | undefined} nothing where the engine's control groups are on another machine
 */
function heldBytes(id) {
  const root = '/sys/fs/cgroup';
  const folders = ['memory/docker', 'docker', 'memory/system.slice/docker-', 'system.slice/docker-'];
  for (const folder of folders) {
    const file = folder.endsWith('-') ? `${folder}${id}.scope/memory.stat` : `${folder}/${id}/memory.stat`;
    const read = () => {
      const text = readFileSync(join(root, file), 'utf8');
      return Number(/^(?:total_rss|anon) (\d+)$/m.exec(text)?.[1]);
    };
    try {
      read();
      return read;
    } catch {
      continue;
    }
  }
  return undefined;
}

/** @param {string} folder @returns {Promise<{ WORST: Files, WORST_OF_A_SERVICE: Files }>} */
async function files(folder) {
  // Nothing else of this run needs a package.
  await bootstrap({ quiet: true });
  const { rolldown } = await import('rolldown');
  const built = await rolldown({
    input: join(ROOT, 'test/support/worst-files.ts'),
    platform: 'node',
    logLevel: 'silent',
  });
  const { output } = await built.generate({ format: 'cjs' });
  await built.close();
  const file = join(folder, 'worst-files.cjs');
  writeFileSync(file, output[0].code);
  const { WORST, WORST_OF_A_SERVICE } = createRequire(join(ROOT, 'package.json'))(file);
  return { WORST, WORST_OF_A_SERVICE };
}
