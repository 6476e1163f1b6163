// What other programs take for the same questions over the same texts, and the section of the page that says so.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../scripts/bootstrap.mjs';
import { table } from './table.mjs';

/** @typedef {{ name: string, p50: number, p95: number, cpu?: number | undefined }} Timing */

/**
 * SQLite and tantivy, as far as `python3` (or `PYTHON`) has them.
 * @param {string[]} texts
 * @param {string[]} questions
 * @returns {Timing[]}
 */
export function otherEngines(texts, questions) {
  const folder = mkdtempSync(join(tmpdir(), 'vectorlane-peers-'));
  try {
    /** @param {string[]} list */
    const asLines = (list) => list.map((one) => `${JSON.stringify(one)}\n`).join('');
    writeFileSync(join(folder, 'texts.jsonl'), asLines(texts));
    writeFileSync(join(folder, 'questions.jsonl'), asLines(questions));
    const { stdout, status } = spawnSync(
      process.env.PYTHON ?? 'python3',
      [join(ROOT, 'bench/support/search-peers.py'), folder],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
    );
    if (status !== 0) throw new Error(`search-peers.py ended with ${status}`);
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * What a run found, kept in bench/results/search.json.
 * @typedef {{ chunks: number, postgresql: string, cores: number, results: { mode: string, passes: string,
 *   timing: Timing }[], others: Timing[], load: string }} SearchRun
 */

/** @param {SearchRun} run */
export function searchSection({ chunks, postgresql, cores, results, others, load }) {
  /** @param {number | undefined} value */
  const ms = (value) => (value === undefined ? '' : value.toFixed(1));
  const ours = [
    ['mode', 'filter passes', 'p50 ms', 'p95 ms', 'CPU, ms a search'],
    ...results.map(({ mode, passes, timing }) => [mode, passes, ms(timing.p50), ms(timing.p95), ms(timing.cpu)]),
  ];
  const theirs = [
    ['what', 'p50 ms', 'p95 ms', 'CPU, ms a search'],
    ...others.map(({ name, p50, p95, cpu }) => [name, ms(p50), ms(p95), ms(cpu)]),
  ];
  const command = `npm run bench -- search <folder of Cranfield> ${chunks} --vectors --compare`;
  return `## Search

\`${command}\` ([bench/search.md](../bench/search.md)).

${chunks.toLocaleString('en')} chunks, the 225 questions of Cranfield (17 words on average), five results each, two clients, ${postgresql},
${cores} cores. Texts are those of Cranfield with a third of the words drawn from all of them; vectors those of gte-small,
mixed in pairs and jittered. The time to embed a question is left out. The load of the machine at
the end was ${load}, of which two are this program's own; with more, take the times as upper bounds, and compare the rows.

CPU is that of the searching process and of PostgreSQL together.

${table(ours)}

### Beside other programs

In the same run, the same texts and questions, five results by any of the words. They search alone: no documents that
are hidden until they are complete, no filters, no scope of a key, no passages read.

${table(theirs)}
`;
}
