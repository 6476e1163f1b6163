// npm run deploy: the production stack from its checks to watched traffic, step by step; stops at the first step that
// fails, with the way back. `--help` names the steps and options. Wants Node and Docker and nothing installed.
import { build } from './deploy/build.mjs';
import { helpText, parseCommandLine, UsageError } from './deploy/command-line.mjs';
import { Compose } from './deploy/compose.mjs';
import { runSteps } from './deploy/flow.mjs';
import { preflight } from './deploy/preflight.mjs';
import { traffic } from './deploy/traffic.mjs';
import { monitoring, verify } from './deploy/verify.mjs';

/** @param {string} line */
const say = (line) => process.stdout.write(`${line}\n`);

/** @type {ReturnType<typeof parseCommandLine>} */
let options;
try {
  options = parseCommandLine(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\nnpm run deploy -- --help\n`);
  process.exit(2);
}
if ('help' in options) {
  process.stdout.write(helpText());
  process.exit(0);
}

// Ctrl-C ends the step it meets, and the way back from there is printed like that of any failure.
const interrupt = new AbortController();
for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => interrupt.abort());

const startedAt = Date.now();
const context = { compose: new Compose(options, interrupt.signal), options, notes: {}, signal: interrupt.signal };
const steps = { ...preflight, ...build, ...verify, ...monitoring, ...traffic };
const done = await runSteps(options.steps, steps, context, say);
if (done) say(`\nDeployed in ${((Date.now() - startedAt) / 1000).toFixed(0)} s.`);
process.exitCode = done ? 0 : 1;
