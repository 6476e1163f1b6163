// npm run test:chaos: a rolling restart behind HAProxy under load, a real Prometheus that scrapes the real service at
// work, and the shutdowns that hang, on both profiles. `-- --short` is the form for CI: fewer restarts, and the suites side
// by side. Further arguments go to Jest. What is missing is installed on Debian and its kin; elsewhere name your own by
// TEST_DATABASE_URL and TEST_REDIS_URL, TEST_HAPROXY and TEST_PROMETHEUS.
import { environment, NotPossible } from './ai-worker/environment.mjs';
import { bootstrap, main } from './bootstrap.mjs';
import { jestOnServers } from './test-servers/jest-on-servers.mjs';
import { installHaproxy, installPromtool } from './test-servers/packages.mjs';

const SHORT = { TEST_CHAOS_SHORT: '1', TEST_CHAOS_RESTARTS: '3' };

await main(async () => {
  await bootstrap();
  const given = process.argv.slice(2);
  const short = given.includes('--short');
  const args = [...given.filter((arg) => arg !== '--short'), '--selectProjects', 'chaos'];
  const install = async () => {
    if (!process.env.TEST_HAPROXY) await installHaproxy();
    if (!process.env.TEST_PROMETHEUS) await installPromtool();
  };
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...(short && SHORT), ...(!short && (await aiWorker())) };
  // One after the other where it is measured, side by side where it is only to hold.
  process.exit(await jestOnServers(args, { install, env, workers: short ? 2 : 1, timeoutMs: 25 * 60_000 }));
});

/** The Python of the AI worker, whose metrics are on the dashboards too; where it cannot be had they are left out. */
async function aiWorker() {
  try {
    return { TEST_AI_WORKER_PYTHON: await environment() };
  } catch (error) {
    if (!(error instanceof NotPossible)) throw error;
    process.stderr.write(`${error.message}\n`);
    return {};
  }
}
