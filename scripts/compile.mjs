// Compiles `apps` and `libs` into `dist` (npm run build, and npm start where that is missing): file by file, in two
// seconds of processor time. What is compiled here was checked, or will be: types belong to `npm run check`.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { transformFile } from '@swc/core';
import { compiledSources, outputOf, ROOT } from './bootstrap/files.mjs';

/** @type {{ compilerOptions: { target: import('@swc/core').JscTarget, paths: Record<string, string[]> } }} */
const { compilerOptions } = JSON.parse(readFileSync(join(ROOT, 'tsconfig.json'), 'utf8'));

/** @type {import('@swc/core').Options} */
const OPTIONS = {
  cwd: ROOT,
  configFile: false,
  swcrc: false,
  sourceMaps: true,
  inlineSourcesContent: false,
  // `import()` stays: some packages offer themselves to it alone.
  module: { type: 'commonjs', ignoreDynamic: true },
  jsc: {
    target: compilerOptions.target,
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
    keepClassNames: true,
    baseUrl: ROOT,
    paths: compilerOptions.paths,
  },
};

const waiting = compiledSources();
// Each holds a thread of libuv's; more would only wait for one.
await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, compileNext));

async function compileNext() {
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    const output = outputOf(file);
    const { code, map } = await transformFile(file, { ...OPTIONS, sourceFileName: relative(dirname(output), file) });
    mkdirSync(dirname(output), { recursive: true });
    write(`${output}.map`, map ?? '');
    write(output, `${code}//# sourceMappingURL=${output.slice(dirname(output).length + 1)}.map\n`);
  }
}

/**
 * A running program may read it: what is the same is left alone.
 * @param {string} path
 * @param {string} text
 */
function write(path, text) {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  writeFileSync(path, text);
}
