// npm test: unit, integration and e2e on the engines that run inside. Arguments go to Jest.
import { bootstrap, main } from './bootstrap.mjs';
import { runJest } from './jest.mjs';

/** What runs on the programs that `npm run test:server` installs, and nowhere else. */
const ONLY_WITH_SERVERS = ['test/e2e/observability'];

await main(async () => {
  await bootstrap();
  const given = process.argv.slice(2);
  // Ours come last: these options take every word behind them.
  const ignored = given.length > 0 ? [] : ['--testPathIgnorePatterns', ...ONLY_WITH_SERVERS];
  const args = [...given, ...ignored, '--selectProjects', 'unit', 'integration', 'e2e'];
  process.exit(await runJest(args, { timeoutMs: 25 * 60_000 }));
});
