// Profile `rolling`: two backends behind the proxy; one is drained by hand, then both are recreated in turn under load.
import { startLoad } from './load.mjs';
import { seconds, until } from './stack.mjs';

const RUNTIME = ['bash', '/usr/local/etc/haproxy/runtime.sh'];

/** @param {import('./stack.mjs').Stack} stack @param {import('./report.mjs').Report} report */
export async function rollOver(stack, report) {
  /** @param {string[]} args */
  const rolling = (args) => stack.rolling(args);
  /** @param {...string} args */
  const runtime = (...args) => rolling(['exec', '-T', 'proxy', ...RUNTIME, ...args]);
  const startedAt = Date.now();
  await rolling(['up', '--detach', '--wait', '--wait-timeout', '180', 'backend', 'backend-2', 'proxy']);
  await until('both in rotation', 30_000, async () => ((await runtime('state')).match(/ UP/g) ?? []).length === 2);
  report.row(
    'profile rolling',
    'proxy publishes the port, two backends in rotation',
    `after ${seconds(startedAt)} s: ${(await runtime('state')).trim().replaceAll('\n', '; ')}`,
    true,
  );

  const load = startLoad(stack);
  await runtime('drain', 'backend');
  const drained = await until('backend drained', 30_000, async () => /backend DRAIN/.test(await runtime('state')));
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  await runtime('ready', 'backend');
  await until('both in rotation', 30_000, async () => ((await runtime('state')).match(/ UP/g) ?? []).length === 2);
  for (const name of ['backend', 'backend-2']) {
    await rolling(['up', '--detach', '--wait', '--wait-timeout', '180', '--no-deps', '--force-recreate', name]);
    await until(`${name} in rotation`, 60_000, async () => ((await runtime('state')).match(/ UP/g) ?? []).length === 2);
  }
  const { sent, failed, kinds } = await load.stop();
  report.row(
    'drain one, then recreate both under load',
    '0 failed requests',
    `${failed} of ${sent} failed${failed ? ` (${kinds})` : ''}; drained after ${(drained / 1000).toFixed(1)} s`,
    failed === 0 && sent > 100,
  );
}
