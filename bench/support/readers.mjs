// Programs that read documents, as far as they are installed: what each found of a file, in seconds and memory.
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve as absolute } from 'node:path';

const TIMEOUT_MS = 120_000;
const MAX_OUTPUT = 64 * 2 ** 20;

/**
 * @typedef {{ name: string, command: string, formats: string[],
 *   arguments: (file: string, folder: string, format: string) => string[], writes?: boolean, module?: string }} Reader
 * @typedef {{ text: string | undefined, seconds: number, megabytes: number }} Reading
 */

const TEXT = 'txt:Text (encoded):UTF8';
const OFFICE = { odt: TEXT, docx: TEXT, rtf: TEXT, doc: TEXT };
const SHEETS_OF_OFFICE = ['xlsx', 'ods', 'xls'];
/** Between tabs: two numbers with a comma would be one. */
const SHEETS = 'csv:Text - txt - csv (StarCalc):9,34,76,1,,0,false,true,false,false,false,-1';

/** @param {string} module @param {string[]} formats @param {string} statement @returns {Reader} */
function ofPython(module, formats, statement) {
  return {
    name: module,
    command: 'python3',
    module,
    formats,
    arguments: (file) => ['-c', `import sys, ${module}; ${statement}`, file],
  };
}

/** @type {Reader[]} */
const KNOWN = [
  { name: 'pdftotext', command: 'pdftotext', formats: ['pdf'], arguments: (file) => ['-q', file, '-'] },
  { name: 'mutool', command: 'mutool', formats: ['pdf'], arguments: (file) => ['draw', '-q', '-F', 'txt', file] },
  {
    name: 'pandoc',
    command: 'pandoc',
    formats: ['docx', 'odt', 'epub', 'rtf', 'ipynb', 'html'],
    arguments: (file, _, format) => ['-f', format, '-t', 'plain', '--wrap=none', file],
  },
  {
    name: 'libreoffice',
    command: 'soffice',
    formats: [...Object.keys(OFFICE), ...SHEETS_OF_OFFICE, 'pptx', 'odp', 'ppt'],
    arguments: (file, folder, format) => {
      const sheets = SHEETS_OF_OFFICE.includes(format);
      const filter = sheets ? SHEETS : (/** @type {Record<string, string>} */ (OFFICE)[format] ?? 'pdf');
      const profile = `-env:UserInstallation=file://${join(tmpdir(), 'bench-libreoffice')}`;
      return [profile, '--headless', '--convert-to', filter, '--outdir', folder, file];
    },
    writes: true,
  },
  {
    name: 'markitdown',
    command: 'markitdown',
    formats: ['docx', 'pptx', 'xlsx', 'xls', 'html', 'epub', 'ipynb', 'msg'],
    arguments: (file) => [file],
  },
  ofPython(
    'kreuzberg',
    ['pdf', 'docx', 'pptx', 'xlsx', 'doc', 'xls', 'ppt', 'odt', 'ods', 'rtf', 'epub', 'html', 'eml', 'msg', 'ipynb'],
    'sys.stdout.write(kreuzberg.extract_file_sync(sys.argv[1]).content)',
  ),
  ofPython(
    'liteparse',
    ['pdf'],
    'sys.stdout.write(liteparse.LiteParse(ocr_enabled=False, quiet=True).parse(sys.argv[1]).text)',
  ),
  {
    name: 'antiword',
    command: 'antiword',
    formats: ['doc'],
    arguments: (file) => ['-m', 'UTF-8.txt', '-w', '0', file],
  },
  // Markitdown gives mail as it is stored, with all headers and transfer encodings, so it is not asked. Mshow leaves
  // HTML as it is: what it finds of tags, no other does.
  {
    name: 'python-email',
    command: 'python3',
    formats: ['eml'],
    arguments: (file) => [join(import.meta.dirname, 'mail-reader.py'), file],
  },
  {
    name: 'mshow',
    command: 'mshow',
    formats: ['eml'],
    arguments: (file) => ['-n', '-N', '-h', 'subject:from:to:cc', absolute(file)],
  },
  { name: 'catppt', command: 'catppt', formats: ['ppt'], arguments: (file) => ['-d', 'utf-8', file] },
  { name: 'w3m', command: 'w3m', formats: ['html'], arguments: (file) => ['-dump', '-T', 'text/html', file] },
];

/** What readers write of their own accord: no word of a file. @type {Record<string, RegExp>} */
const LABELS = {
  markitdown:
    /<!-- Slide number: \d+ -->|^### (?:Notes|Chart):?|\]\([^)\s]*\.jpg\)|\bNaN\b|\bUnnamed: \d+|^\*\*(?:From|To|Cc|Subject|Date):\*\*|^# Email Message$|^## Content$/gm,
  kreuzberg: /^(?:### )?Notes:|^<!-- Slide number: \d+ -->|^(?:From|To|Cc|Subject|Date):/gm,
  mshow: /^(?:From|To|Cc|Subject):/gm,
};

/** @param {string} reader @param {string} text */
export const withoutLabels = (reader, text) => (reader in LABELS ? text.replace(LABELS[reader], ' ') : text);

/** @param {string} command */
function isInstalled(command) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** @param {string | undefined} module */
function hasModule(module) {
  return module === undefined || spawnSync('python3', ['-c', `import ${module}`], { stdio: 'ignore' }).status === 0;
}

export const readers = KNOWN.filter(({ command, module }) => isInstalled(command) && hasModule(module));

/** @param {Reader} reader @param {string} file @param {string} format @returns {Promise<Reading>} */
export async function readWith(reader, file, format) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-extraction-'));
  try {
    const run = await runBounded(reader.command, reader.arguments(file, folder, format));
    let { text } = run;
    if (reader.writes && text !== undefined) {
      const made = readdirSync(folder)
        .toSorted()
        .map((name) => join(folder, name));
      const parts = [];
      for (const path of made) {
        // Slides have no text filter: what is printed of them is read back.
        if (path.endsWith('.pdf')) parts.push((await runBounded('pdftotext', ['-q', path, '-'])).text ?? '');
        else parts.push(readFileSync(path, 'utf8'));
      }
      text = made.length === 0 ? undefined : parts.join('\n');
    }
    return { ...run, text };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @param {string} command @param {string[]} args @returns {Promise<Reading>} */
function runBounded(command, args) {
  return new Promise((resolve) => {
    const started = performance.now();
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    /** @type {Buffer[]} */
    const parts = [];
    let length = 0;
    let kilobytes = 0;
    const look = setInterval(() => (kilobytes = Math.max(kilobytes, peakOf(child.pid))), 20);
    const late = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS);
    child.stdout.on('data', (/** @type {Buffer} */ part) => {
      if ((length += part.length) <= MAX_OUTPUT) parts.push(part);
    });
    const end = (/** @type {number | null} */ code) => {
      clearInterval(look);
      clearTimeout(late);
      const text = code === 0 ? Buffer.concat(parts).toString('utf8') : undefined;
      resolve({ text, seconds: (performance.now() - started) / 1_000, megabytes: kilobytes / 1_024 });
    };
    child.once('error', () => end(null));
    child.once('close', end);
  });
}

/**
 * Most resident memory of a process and those it started, in kilobytes.
 * @param {number | undefined} pid
 * @returns {number}
 */
export function peakOf(pid) {
  try {
    const own = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
    return children.reduce((most, child) => Math.max(most, peakOf(Number(child))), own);
  } catch {
    return 0; // gone between two looks
  }
}
