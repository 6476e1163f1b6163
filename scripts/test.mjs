// npm test: the unit tests, and the suites of test/both and test/embedded on the engines that run inside.
// npm run test:server (or `npm test -- --server`): those of test/both and test/server on a PostgreSQL with pgvector and
// a Redis, both private to this run (own folder, own port, own password) and gone when it ends. On Debian and its kin
// what is missing is installed; elsewhere, or to use servers of your own, set TEST_DATABASE_URL and TEST_REDIS_URL,
// TEST_CHROMIUM, TEST_PROMTOOL and TEST_PGBOUNCER.
// Paths after `--` run these files alone; further arguments go to Jest.
import { bootstrap, main } from './bootstrap.mjs';
import { runJest } from './jest.mjs';
import { jestOnServers } from './test-servers/jest-on-servers.mjs';
import { installBrowser, installPgbouncer, installPromtool } from './test-servers/packages.mjs';

const TIMEOUT_MS = (process.env.TEST_FULL === '1' ? 240 : 50) * 60_000;

await main(async () => {
  await bootstrap();
  const given = process.argv.slice(2);
  const args = given.filter((arg) => arg !== '--server');
  // The projects come last: the option takes every word behind it.
  process.exit(await (given.includes('--server') ? onServers(args) : embedded(args)));
});

/** @param {string[]} args */
function embedded(args) {
  return runJest([...args, '--selectProjects', 'unit', 'both', 'embedded'], { timeoutMs: TIMEOUT_MS });
}

/** @param {string[]} args */
function onServers(args) {
  const paths = args.filter((arg) => !arg.startsWith('-'));
  /** @param {string} place */
  const wants = (place) => paths.length === 0 || paths.some((path) => place.includes(path) || path.includes(place));
  const install = async () => {
    if (!process.env.TEST_CHROMIUM && (wants('test/server/docs-page') || wants('test/server/console')))
      await installBrowser();
    if (!process.env.TEST_PROMTOOL) await installPromtool();
    if (!process.env.TEST_PGBOUNCER && wants('test/server/pgbouncer')) await installPgbouncer();
  };
  return jestOnServers([...args, '--selectProjects', 'both', 'server'], { install, timeoutMs: TIMEOUT_MS });
}
