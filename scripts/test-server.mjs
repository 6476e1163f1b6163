// npm run test:server: the integration and e2e suites on a real PostgreSQL with pgvector and a real Redis, both private
// to this run (own folder, own port, own password) and gone when it ends, the pages in a real browser and the metrics
// under promtool. On Debian and its kin what is missing is installed; elsewhere, or to use servers of your own, set
// TEST_DATABASE_URL and TEST_REDIS_URL, TEST_CHROMIUM and TEST_PROMTOOL.
import { bootstrap, main } from './bootstrap.mjs';
import { jestOnServers } from './test-servers/jest-on-servers.mjs';
import { installBrowser, installPromtool } from './test-servers/packages.mjs';

await main(async () => {
  await bootstrap();
  // Ours come last: `--selectProjects` takes every word behind it.
  const args = [...process.argv.slice(2), '--selectProjects', 'integration', 'e2e', 'browser'];
  const install = async () => {
    if (!process.env.TEST_CHROMIUM) await installBrowser();
    if (!process.env.TEST_PROMTOOL) await installPromtool();
  };
  process.exit(await jestOnServers(args, { install, timeoutMs: 14 * 60_000 }));
});
