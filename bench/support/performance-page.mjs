// docs/performance.md and its pictures, from bench/results alone. As a program it writes them; with --check it fails
// where they are not what the results say.
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../../scripts/bootstrap.mjs';
import { formatted, writeOrCheck } from '../../scripts/generated-file.mjs';
import { isReached, kept, RESULTS } from './harness.mjs';
import { shown, spreads } from './plot.mjs';
import { searchSection } from './search-peers.mjs';
import { table } from './table.mjs';

/** @typedef {import('./harness.mjs').Result} Result */

const PICTURES = 'docs/performance';
/** In this order; what is new comes last. */
const ORDER = ['http', 'scrape', 'embed', 'ingest', 'upload', 'scale', 'soak', 'search'];

/** Writes the page, or compares it (--check). */
export async function writePerformancePage() {
  const names = readdirSync(RESULTS)
    .filter((file) => file.endsWith('.json'))
    .map((file) => basename(file, '.json'))
    .sort((one, other) => rank(one) - rank(other));
  const sections = names.map((name) => (name === 'search' ? searchSection(kept(name)) : section(kept(name))));
  const page = `# Performance

Written by \`npm run bench\` from \`bench/results\`; how each is measured stands in [bench](../bench/README.md).

Ours and the peer take turns in one run, in small parts whose order alternates; the figure is CPU for a unit of work,
over all processes that take part. A ratio is the median of the rounds, with the least and the most beside it. Work is
checked to be the same on both sides before it is timed. Times depend on the machine, ratios much less.

${sections.join('\n')}`;
  writeOrCheck('docs/performance.md', await formatted('docs/performance.md', page));
  mkdirSync(join(ROOT, PICTURES), { recursive: true });
  for (const name of names.filter((one) => one !== 'search')) {
    for (const [file, picture] of pictures(kept(name))) writeOrCheck(`${PICTURES}/${file}`, picture);
  }
}

/** @param {string} name */
const rank = (name) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);

/** @param {Result} result */
function section(result) {
  const { name, title, about, measured, machine, load, comparisons, bounds } = result;
  const parts = [`## ${title}`, wrapped(`\`npm run bench -- ${name}\`. ${about}`)];
  parts.push(`Measured on ${measured}: ${machine}; load ${load.map((one) => one.toFixed(1)).join(' to ')}.`);
  for (const [file] of pictures(result)) parts.push(`![${title}](performance/${file})`);
  if (comparisons.length > 0) {
    parts.push(
      table([
        ['work', 'against', 'ours, µs of CPU', 'theirs', 'ratio', 'goal', ''],
        ...comparisons.map((row) => [
          `${row.case}, a ${row.unit}`,
          row.against,
          shown(row.ours.median),
          shown(row.peer.median),
          `${row.ratio.median.toFixed(2)} (${row.ratio.least.toFixed(2)} to ${row.ratio.most.toFixed(2)})`,
          `${row.better === 'less' ? '≤' : '≥'} ${row.goal}`,
          isReached(row) ? 'reached' : '**missed**',
        ]),
      ]),
    );
  }
  if (bounds.length > 0) {
    parts.push(
      table([
        ['what', 'unit', 'median', 'least to most', 'goal', ''],
        ...bounds.map(({ case: what, unit, ours, goal }) => [
          what,
          unit,
          shown(ours.median),
          `${shown(ours.least)} to ${shown(ours.most)}`,
          `≤ ${goal}`,
          ours.median <= goal ? 'reached' : '**missed**',
        ]),
      ]),
    );
  }
  return `${parts.join('\n\n')}\n`;
}

/** Into lines of 120 columns, as prose is here. @param {string} text */
function wrapped(text) {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines[lines.length - 1];
    if (line === '') lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= 120) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines.join('\n');
}

/** @param {Result} result @returns {[file: string, picture: string][]} */
function pictures({ name, title, comparisons }) {
  if (comparisons.length === 0) return [];
  const rows = comparisons.map((row) => ({
    ...row.ratio,
    label: `${row.case} / ${row.against}`,
    goal: row.goal,
    isReached: isReached(row),
  }));
  const [{ better }] = comparisons;
  const what =
    better === 'less' ? 'CPU as a multiple of the peer’s, less is better' : 'work a CPU second as a multiple';
  return [[`${name}.svg`, spreads(`${title}: ${what}`, rows)]];
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href && existsSync(RESULTS)) {
  await writePerformancePage();
}
