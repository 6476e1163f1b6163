// Prose that strangers read: lines of at most 120 columns, words of plain English, references to sections that exist.
// Looks at Markdown, at comments in code, and at the words of code and messages.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { ROOT } from './bootstrap/files.mjs';

const COLUMNS = 120;

/** Not ours, not prose, or written by a program. */
const LEFT_OUT = [
  /^test\/(corpus|fixtures)\//,
  /^test\/support\/(compose-spec|kubernetes-schema)\//,
  /^(LICENSE|package-lock\.json|openapi\.json|apps\/ai-worker\/openapi\.json)$/,
  /\.lock$/,
  /^libs\/ai-worker\/src\/ai-worker-contract\.ts$/,
  /^clients\/typescript\/src\/schema\.ts$/,
  /^scripts\/prose\.mjs$/,
];

/**
 * Words that once stood for something plainer here, and what to write. Those of one library's code are judged by their
 * meaning in it: `walk` a folder is "list", an index is "search".
 * @type {{ words: RegExp, instead: string }[]}
 */
const DIALECT = [
  // A library; space that is left for something may be called so.
  { words: /\brooms\b|\b(each|every|any|their|its|whose|the( \w+)?) room\b(?! (for|to)\b)/i, instead: 'library' },
  { words: /\broads?\b|[a-z]Road\b|\bROAD\b/i, instead: 'order, steps, way' },
  { words: /\bwalk(s|ed|ing)?\b|\bwalk[A-Z]|[a-z]Walk\b/i, instead: 'list, visit, read, search' },
  { words: /\bdoors?\b|[a-z]Doors?\b/i, instead: 'port, entry, access' },
  { words: /\bverdicts?\b|[a-z]Verdicts?\b/i, instead: 'result, decision, outcome' },
  { words: /\bgoodbyes?\b/i, instead: 'end, close' },
  { words: /\bmend(s|ed|ing)?\b/i, instead: 'fix, repair' },
  { words: /\banew\b/i, instead: 'again; made anew: recreated, rebuilt' },
  { words: /\bwhoever\b/i, instead: 'say who it is' },
  { words: /\bparted by\b/i, instead: 'separated by' },
];

/** `path:line: what is wrong`. @type {string[]} */
const faults = [];
const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' })
  .split('\n')
  .filter((path) => path !== '' && !LEFT_OUT.some((pattern) => pattern.test(path)) && existsSync(join(ROOT, path)));

const anchors = new Map(files.filter((path) => path.endsWith('.md')).map((path) => [path, anchorsOf(path)]));
const sections = new Set([...read('docs/contract.md').matchAll(/^## (\d+)\. /gm)].map(([, number]) => number));

for (const path of files) {
  const kind = /\.md$/.test(path) ? 'markdown' : commentsOf(path);
  if (kind === undefined) continue;
  const text = read(path);
  const lines = text.split('\n');
  const prose = kind === 'markdown' ? markdownProse(lines) : undefined;
  for (const [index, line] of lines.entries()) {
    const at = `${path}:${index + 1}`;
    const isProse = prose === undefined ? kind instanceof RegExp && kind.test(line) : prose[index];
    // An address cannot be broken.
    const columns = [...line.replace(/\]\([^)]*\)|https?:\/\/\S+/g, '')].length;
    if (isProse && columns > COLUMNS) faults.push(`${at}: ${columns} columns, ${COLUMNS} are allowed`);
    for (const { words, instead } of DIALECT) {
      const found = words.exec(line)?.[0];
      if (found !== undefined) faults.push(`${at}: "${found}": write ${instead}`);
    }
    for (const [, number] of line.matchAll(/contract\.md`? §(\d+)/g)) {
      if (!sections.has(number)) faults.push(`${at}: docs/contract.md has no section ${number}`);
    }
  }
  if (kind === 'markdown') checkLinks(path, text);
}

for (const fault of faults) process.stdout.write(`${fault}\n`);
process.exitCode = faults.length > 0 ? 1 : 0;

/** @param {string} path */
function read(path) {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** @param {string} path @returns {RegExp | undefined} what a line of comment looks like there; undefined: no text of ours */
function commentsOf(path) {
  if (/\.(ts|mjs|cjs|js)$/.test(path)) return /^\s*(\/\/|\/\*\*?|\*)(\s|$)/;
  if (/\.(py|sh|ya?ml|cfg|conf|toml|alloy)$|Dockerfile$|\.env\.example$|^\.ci\//.test(path)) return /^\s*(#|\/\/)\s/;
  return undefined;
}

/**
 * Which lines are prose: not in a table, not in code, not a front matter.
 * @param {string[]} lines
 */
function markdownProse(lines) {
  let fenced = false;
  return lines.map((line) => {
    if (/^\s*(```|~~~)/.test(line)) {
      fenced = !fenced;
      return false;
    }
    return !fenced && !/^\s*\|/.test(line) && !/^ {4}/.test(line);
  });
}

/** @param {string} path @returns {Set<string>} of its headings, as GitHub makes them */
function anchorsOf(path) {
  const headings = [...read(path).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
  return new Set(headings);
}

/** @param {string} path @param {string} text */
function checkLinks(path, text) {
  for (const [, target = ''] of text.matchAll(/\]\((?![a-z]+:)([^)\s]+)\)/g)) {
    const [file = '', anchor] = target.split('#');
    const linked = file === '' ? path : normalize(join(dirname(path), file)).replace(/\/$/, '');
    if (!existsSync(join(ROOT, linked))) faults.push(`${path}: links to ${target}, which is not there`);
    else if (anchor !== undefined && anchors.get(linked)?.has(anchor) === false)
      faults.push(`${path}: ${linked} has no heading for #${anchor}`);
  }
}
