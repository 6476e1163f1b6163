// npm run test:server: the integration and e2e suites on a real PostgreSQL with pgvector and a real Redis, both private
// to this run (own folder, own port, own password) and gone when it ends, the pages in a real browser and the metrics
// under promtool. On Debian and its kin what is missing is installed; elsewhere, or to use servers of your own, set
// TEST_DATABASE_URL and TEST_REDIS_URL, TEST_CHROMIUM and TEST_PROMTOOL.
import { bootstrap, BootstrapError, main } from './bootstrap.mjs';
import { runJest } from './jest.mjs';
import { installBrowser, installPromtool } from './test-servers/packages.mjs';
import { startServers } from './test-servers/servers.mjs';

await main(async () => {
  await bootstrap();
  const { TEST_DATABASE_URL, TEST_REDIS_URL } = process.env;
  if (Boolean(TEST_DATABASE_URL) !== Boolean(TEST_REDIS_URL)) {
    throw new BootstrapError('TEST_DATABASE_URL and TEST_REDIS_URL go together: set both or neither.');
  }
  // Leaving by `exit` lets the servers' last resort run; a signal's own end would leave them behind.
  const leave = (signal) => process.exit(signal === 'SIGINT' ? 130 : 143);
  const watch = (on) =>
    ['SIGINT', 'SIGTERM'].forEach((signal) => (on ? process.on : process.off).call(process, signal, leave));
  watch(true);
  if (!process.env.TEST_CHROMIUM) await installBrowser();
  if (!process.env.TEST_PROMTOOL) await installPromtool();
  const servers = TEST_DATABASE_URL ? { env: {}, stop: async () => {} } : await startServers();
  watch(false); // while Jest runs it gets the signal, and the servers are stopped in order after it
  let code = 1;
  try {
    // Ours come last: `--selectProjects` takes every word behind it.
    const args = [...process.argv.slice(2), '--selectProjects', 'integration', 'e2e', 'browser'];
    code = await runJest(args, { env: servers.env, timeoutMs: 14 * 60_000 });
  } finally {
    watch(true);
    await servers.stop();
  }
  process.exit(code);
});
