import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

/**
 * Imported before anything else by the programs that run as process number one of a container. There a signal without a
 * listener is dropped, and loading all that follows takes a second: with these listeners it waits until the event loop
 * turns, and by then `ProcessEnd` (libs/shutdown) listens as well and ends the process in order. This file imports
 * nothing but Node, so that it is there within the first milliseconds.
 */
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => undefined);

/**
 * How much of a WebAssembly function runs, in bytes of code, before V8 compiles it again, optimised. With V8's own 1.8
 * million a start of the engines spends half a second of all cores on what it runs for a moment; what runs for long is
 * optimised a moment later with this.
 */
const WASM_TIERING_BUDGET = 50_000_000;

type Program = 'api' | 'worker';

/** What a bundle exports: each runs a program in this process. */
type Programs = Readonly<Record<Program, () => void>>;
/** And what it hands out to tests, which plant a fault in it first. */
type Bundle = Programs & { readonly modules: Readonly<Record<string, () => unknown>> };

/**
 * Runs a program from `dist/bundle`, which `npm run build` makes (scripts/bundle.mjs): one file of two thousand
 * modules, and what V8 made of it when it was built. That is a quarter of the processor time of a start. Code of
 * another version of Node is passed over; the start takes longer then.
 * @throws Error when it has not been built
 */
export function launch(program: Program): void {
  readBundle()[program]();
}

/** The programs, with nothing of them run yet. */
export function readBundle(): Bundle {
  const file = join(__dirname, '../../../bundle/programs.js');
  if (!existsSync(file)) throw new Error(`${file} is missing; run npm run build.`);
  const text = readFileSync(file, 'latin1');
  // Its first line names the code that was made of it.
  const code = join(dirname(file), text.slice(2, text.indexOf('\n')));
  const script = new Script(text, {
    filename: file,
    ...(existsSync(code) && { cachedData: readFileSync(code) }),
  });
  // After the code was accepted, which was compiled without it.
  setFlagsFromString(`--wasm-tiering-budget=${WASM_TIERING_BUDGET}`);
  const run = script.runInThisContext() as (...parts: unknown[]) => void;
  const module = { exports: {} as Bundle };
  run(module.exports, createRequire(file), module, file, dirname(file));
  return module.exports;
}
