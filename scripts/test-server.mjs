// npm run test:server: the integration and e2e suites on a real PostgreSQL with pgvector and a real Redis, both private
// to this run (own folder, own port, own password) and gone when it ends, the pages in a real browser and the metrics
// under promtool. On Debian and its kin what is missing is installed; elsewhere, or to use servers of your own, set
// TEST_DATABASE_URL and TEST_REDIS_URL, TEST_CHROMIUM and TEST_PROMTOOL.
import { bootstrap, main } from './bootstrap.mjs';
import { jestOnServers } from './test-servers/jest-on-servers.mjs';
import { installBrowser, installPromtool } from './test-servers/packages.mjs';

/** Suites that never ask which servers there are: what they test is the same on both, and `npm test` has said so. */
const WITHOUT_SERVERS = [
  'integration/ai-worker/',
  'integration/alerting/webhook',
  'integration/database/(data-folder-lock|engine)',
  'integration/deploy/',
  'integration/embeddings/remote-(faults|provider)',
  'integration/extraction/',
  'integration/redis/(embedded-valkey|valkey-engine)',
  'integration/stack/',
  'e2e/cli/transport',
  'e2e/extending',
];

await main(async () => {
  await bootstrap();
  const given = process.argv.slice(2);
  // Ours come last: these options take every word behind them.
  const ignored =
    given.length > 0 ? [] : ['--testPathIgnorePatterns', ...WITHOUT_SERVERS.map((path) => `test/${path}`)];
  const args = [...given, ...ignored, '--selectProjects', 'integration', 'e2e', 'browser'];
  const install = async () => {
    if (!process.env.TEST_CHROMIUM) await installBrowser();
    if (!process.env.TEST_PROMTOOL) await installPromtool();
  };
  process.exit(await jestOnServers(args, { install, timeoutMs: 25 * 60_000 }));
});
