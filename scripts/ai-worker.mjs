// npm run ai-worker: sets up what the Python service needs and starts it (`-- generate` writes its generated files).
// npm run test:ai-worker: the same with the tools, then lint, types and tests.
import { bootstrap, main, ROOT } from './bootstrap.mjs';
import { environment, NotPossible } from './ai-worker/environment.mjs';
import { generate, serve } from './ai-worker/serve.mjs';
import { test } from './ai-worker/test.mjs';

const COMMANDS = { serve, generate, test };

await main(async () => {
  const [name = 'serve', ...args] = process.argv.slice(2);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[/** @type {keyof typeof COMMANDS} */ (name)] : undefined;
  if (!command) {
    process.stderr.write(`There is no "${name}". Known: ${Object.keys(COMMANDS).join(', ')}.\n`);
    process.exit(1);
  }
  let python;
  try {
    python = await environment({ withTools: name === 'test' });
  } catch (error) {
    if (!(error instanceof NotPossible)) throw error;
    // Not a failure: the AI worker is optional, and everything else works without it.
    process.stdout.write(`${error.message}\n`);
    if (name === 'test') process.stdout.write('0 passed, 0 failed\n');
    process.exit(0);
  }
  // The model's weights come with npm; the tests compare with the built provider.
  await bootstrap({ quiet: true, toRun: name !== 'test' });
  process.exit(await command(python, args, ROOT));
});
