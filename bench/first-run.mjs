// From `git clone` to the first answered search, as a newcomer meets it: with an empty npm cache, with a warm one, and
// a second start, with the processor seconds of all that takes part; what is installed then; and the memory of the
// process at rest and while ingesting. node bench/first-run.mjs
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sizeOf } from '../scripts/bootstrap/unneeded.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), 'vectorlane-first-run-'));
/** @param {number} from */
const seconds = (from) => ((performance.now() - from) / 1000).toFixed(1);

/** @param {string} clone @param {string} cache */
async function start(clone, cache) {
  const child = spawn('npm', ['start', '--silent'], {
    cwd: clone,
    env: { ...process.env, PORT: '0', npm_config_cache: cache },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const url = await new Promise((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (data) => {
      output += data;
      const found = /is up at (http:\S+)/.exec(output)?.[1];
      if (found) resolve(found);
    });
    child.once('exit', () => reject(new Error(`It did not start:\n${output}`)));
  });
  const key = readFileSync(join(clone, 'data/api-key'), 'utf8').trim();
  /** @param {string} path @param {object} [body] @returns {Promise<any>} */
  const call = async (path, body) => {
    const response = await fetch(`${url}${path}`, {
      headers: { 'X-API-Key': key, 'Content-Type': 'application/json' },
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  return { child, call };
}

/** @param {number | undefined} parent @returns {string} the folder of the program, which npm runs below itself */
function program(parent) {
  const pid = spawnSync('pgrep', ['-P', String(parent)], { encoding: 'utf8' })
    .stdout.trim()
    .split('\n')[0];
  return `/proc/${pid || parent}`;
}

/**
 * Resident and peak memory of the program, MB.
 * @param {number | undefined} parent
 */
function memory(parent) {
  const status = readFileSync(`${program(parent)}/status`, 'utf8');
  /** @param {string} name */
  const field = (name) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024);
  return { rss: field('VmRSS'), peak: field('VmHWM') };
}

/**
 * Processor seconds of the program and of what it has run: npm and the build among it.
 * @param {number | undefined} parent
 */
function processorSeconds(parent) {
  const fields = readFileSync(`${program(parent)}/stat`, 'utf8')
    .split(') ')[1]
    .split(' ');
  return (fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100).toFixed(1);
}

/** @param {(path: string, body?: object) => Promise<any>} call @param {string} text */
async function firstSearch(call, text) {
  const { id } = await call('/api/documents/text', { text });
  for (;;) {
    const { status } = await call(`/api/documents/${id}`);
    if (status === 'completed') break;
    if (status === 'failed') throw new Error('The document failed.');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { results } = await call('/api/search', { query: 'How do insects get through the cold season?' });
  if (results[0]?.documentId !== id) throw new Error('It was not found.');
}

/** @param {import('node:child_process').ChildProcess} child */
async function stop(child) {
  child.kill('SIGTERM');
  await once(child, 'exit');
}

const TEXT = 'In the cold months the colony forms a tight cluster around the queen and shivers to keep warm.';
const rows = [];
try {
  for (const [name, cache] of [
    ['fresh clone, empty npm cache', 'cache'],
    ['fresh clone, warm npm cache', 'cache'],
  ]) {
    const clone = join(folder, name.replaceAll(/\W+/g, '-'));
    const startedAt = performance.now();
    spawnSync('git', ['clone', '--quiet', ROOT, clone], { stdio: 'inherit' });
    const { child, call } = await start(clone, join(folder, cache));
    const up = `${seconds(startedAt)} s | ${processorSeconds(child.pid)} s`;
    await firstSearch(call, TEXT);
    rows.push(`| ${name} | ${up} | ${seconds(startedAt)} s |`);
    await stop(child);
  }
  const clone = join(folder, 'fresh-clone-warm-npm-cache');
  const startedAt = performance.now();
  const { child, call } = await start(clone, join(folder, 'cache'));
  const up = `${seconds(startedAt)} s | ${processorSeconds(child.pid)} s`;
  await firstSearch(call, `${TEXT} Again.`);
  rows.push(`| second start | ${up} | ${seconds(startedAt)} s |`);
  const rest = memory(child.pid);
  let ingesting = 0;
  const sampler = setInterval(() => (ingesting = Math.max(ingesting, memory(child.pid).rss)), 200);
  for (let index = 0; index < 60; index += 1) {
    await call('/api/documents/text', {
      text: Array.from({ length: 400 }, (_, line) => `Line ${line} of note ${index} speaks of stone and water.`).join(
        ' ',
      ),
    });
  }
  for (;;) {
    const { items } = await call('/api/documents?status=pending,processing&limit=1');
    if (items.length === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  clearInterval(sampler);
  const head = '| | up after | processor seconds until then | first answered search after |\n|---|---|---|---|';
  process.stdout.write(`${head}\n${rows.join('\n')}\n\n`);
  process.stdout.write(`node_modules: ${Math.round(sizeOf(join(clone, 'node_modules')) / 2 ** 20)} MB\n\n`);
  process.stdout.write(
    `| memory (RSS) | |\n|---|---|\n| at rest after the first search | ${rest.rss} MB |\n| while ingesting 60 documents, most | ${ingesting} MB |\n| peak since the start | ${memory(child.pid).peak} MB |\n`,
  );
  await stop(child);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
