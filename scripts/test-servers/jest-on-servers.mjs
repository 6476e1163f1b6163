// Jest on a private PostgreSQL and Redis, or on those that TEST_DATABASE_URL and TEST_REDIS_URL name.
import { BootstrapError } from '../bootstrap.mjs';
import { runJest } from '../jest.mjs';
import { startServers } from './servers.mjs';

/**
 * @param {string[]} args for Jest
 * @param {{ install: () => Promise<unknown>, timeoutMs: number, workers?: number, env?: NodeJS.ProcessEnv }} options
 *   install: what the suites need beside the servers
 * @returns {Promise<number>} exit code
 */
export async function jestOnServers(args, { install, env = {}, ...options }) {
  const { TEST_DATABASE_URL, TEST_REDIS_URL } = process.env;
  if (Boolean(TEST_DATABASE_URL) !== Boolean(TEST_REDIS_URL)) {
    throw new BootstrapError('TEST_DATABASE_URL and TEST_REDIS_URL go together: set both or neither.');
  }
  // Leaving by `exit` lets the servers' last resort run; a signal's own end would leave them behind.
  /** @param {NodeJS.Signals} signal */
  const leave = (signal) => process.exit(signal === 'SIGINT' ? 130 : 143);
  /** @param {boolean} on */
  const watch = (on) => {
    for (const signal of ['SIGINT', 'SIGTERM']) {
      if (on) process.on(signal, leave);
      else process.off(signal, leave);
    }
  };
  watch(true);
  await install();
  const servers = TEST_DATABASE_URL ? { env: {}, stop: async () => {} } : await startServers();
  watch(false); // while Jest runs it gets the signal, and the servers are stopped in order after it
  try {
    return await runJest(args, { ...options, env: { ...env, ...servers.env } });
  } finally {
    watch(true);
    await servers.stop();
  }
}
