// Profile `rolling`: two backends behind the proxy; one is drained by hand, then both are made anew in turn under load.
import { seconds, until } from './stack.mjs';

const RUNTIME = ['bash', '/usr/local/etc/haproxy/runtime.sh'];

export async function rollOver(stack, report) {
  const files = stack.rollingFiles;
  const rolling = (args, options) =>
    stack.compose(['--profile', 'rolling', ...args], { files, timeoutMs: 300_000, ...options });
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
    'drain one, then make both anew under load',
    '0 failed requests',
    `${failed} of ${sent} failed${failed ? ` (${kinds})` : ''}; drained after ${(drained / 1000).toFixed(1)} s`,
    failed === 0 && sent > 100,
  );
}

/** Searches and reads, one after the other on eight lines. */
function startLoad(stack) {
  let running = true;
  let sent = 0;
  let failed = 0;
  const kinds = new Map();
  const line = async (index) => {
    for (let turn = index; running; turn += 1) {
      const { status, body } = await (turn % 4 === 0
        ? stack.call('/api/search', { body: { query: 'fishing boats', mode: 'keyword' } })
        : stack.call('/api/documents?limit=5'));
      sent += 1;
      if (status !== 200) {
        failed += 1;
        const kind = `${status} ${body?.code ?? String(body).slice(0, 40)}`;
        kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      }
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  };
  const lines = Array.from({ length: 8 }, (_, index) => line(index));
  return {
    async stop() {
      running = false;
      await Promise.all(lines);
      return { sent, failed, kinds: [...kinds].map(([kind, count]) => `${count} × ${kind}`).join(', ') };
    },
  };
}
