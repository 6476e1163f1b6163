// npm run test:chaos: a rolling restart behind HAProxy under load, failovers of PostgreSQL and Redis, a real Prometheus
// that scrapes the real service at work, and the shutdowns that hang, on both profiles. With TEST_FULL=1 at full size
// and one suite after the other, otherwise at the size for every commit. Arguments go to Jest. What is missing is
// installed on Debian and its kin; elsewhere name your own by TEST_DATABASE_URL and TEST_REDIS_URL, TEST_HAPROXY and
// TEST_PROMETHEUS.
import { environment, NotPossible } from './ai-worker/environment.mjs';
import { bootstrap, main } from './bootstrap.mjs';
import { jestOnServers } from './test-servers/jest-on-servers.mjs';
import { installHaproxy, installPromtool } from './test-servers/packages.mjs';

const FULL_SIZE = process.env.TEST_FULL === '1';

await main(async () => {
  await bootstrap();
  const args = [...process.argv.slice(2), '--selectProjects', 'chaos'];
  const install = async () => {
    if (!process.env.TEST_HAPROXY) await installHaproxy();
    if (!process.env.TEST_PROMETHEUS) await installPromtool();
  };
  /** @type {NodeJS.ProcessEnv} */
  const env = FULL_SIZE ? await aiWorker() : {};
  // One after the other where it is measured, side by side where it is only to hold.
  process.exit(
    await jestOnServers(args, { install, env, workers: FULL_SIZE ? 1 : 2, timeoutMs: (FULL_SIZE ? 240 : 25) * 60_000 }),
  );
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
