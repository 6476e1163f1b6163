// Each service killed and frozen in turn, and what a client sees meanwhile.
import { seconds, until } from './stack.mjs';

/** @import { Stack } from './stack.mjs' */
/** @import { Report } from './report.mjs' */
/** @import { Works } from './scenario.mjs' */
/** @typedef {'postgres' | 'redis' | 'ai-worker' | 'backend'} ServiceName */

/** @type {ServiceName[]} */
const SERVICES = ['postgres', 'redis', 'ai-worker', 'backend'];

/** Whatever is frozen, no request hangs longer: a silent PostgreSQL and Redis are given up within 5 s. */
const ANSWER_WITHIN_MS = 5_500;

/** What `/ready` and the product are expected to do while a service is away. */
const NEEDED = { postgres: true, redis: true, 'ai-worker': false };

/** @param {Stack} stack @param {Report} report @param {Works} works */
export async function loseEachService(stack, report, works) {
  for (const service of SERVICES) {
    await killed(stack, report, service);
    await works(stack, report, `works again after ${service} was killed`);
    await frozen(stack, report, service);
    await works(stack, report, `works again after ${service} was frozen`);
  }
}

/** @param {Stack} stack @param {Report} report @param {ServiceName} service */
async function killed(stack, report, service) {
  const before = await stack.inspect(service);
  const startedAt = Date.now();
  const how = await stack.kill(service);
  await stack.afterKill(service);
  await until(`${service} started again`, 60_000, async () => {
    const { State } = await stack.inspect(service);
    return State.Running && State.StartedAt !== before.State.StartedAt;
  });
  const startedAfter = seconds(startedAt);
  await until(`/ready after ${service} was killed`, 90_000, async () => (await stack.call('/ready')).status === 200);
  const backend = await stack.inspect('backend');
  const untouched =
    service === 'backend' || backend.RestartCount === 0 || backend.State.StartedAt < new Date(startedAt).toISOString();
  report.row(
    `${service} ${how}`,
    'runs again by itself, ready again, the backend not restarted for it',
    `runs after ${startedAfter} s, ready after ${seconds(startedAt)} s${untouched ? '' : ', and the backend was restarted'}`,
    untouched,
  );
}

/** @param {Stack} stack @param {Report} report @param {ServiceName} service */
async function frozen(stack, report, service) {
  const container = await stack.containerOf(service);
  await stack.engine.docker(['pause', container]);
  const seen = [];
  let ok = true;
  try {
    if (service === 'backend') {
      const answer = await stack.call('/health', { timeoutMs: 3_000 });
      ok &&= answer.status === 0;
      seen.push(`no answer (${answer.body.text})`);
      const { Health } = (await stack.inspect(service)).State;
      seen.push(`the engine says ${Health.Status}`);
      ok &&= Health.Status === 'unhealthy';
    } else {
      const away = until('/ready turns', 4_000, async () => (await stack.call('/ready')).status === 503);
      const turned = await away.catch(() => undefined);
      seen.push(turned === undefined ? '/ready stays 200' : `/ready 503 after ${(turned / 1000).toFixed(1)} s`);
      ok &&= (turned !== undefined) === NEEDED[service];
      const live = await stack.call('/live');
      ok &&= live.status === 200;
      const [search, upload] = await Promise.all([
        stack.call('/api/search', {
          body: { query: 'fishing boats', mode: 'keyword' },
          timeoutMs: ANSWER_WITHIN_MS + 4_500,
        }),
        stack.call('/api/documents/text', {
          body: { text: `while ${service} is frozen ${Date.now()}`, filename: 'frozen.txt' },
          timeoutMs: ANSWER_WITHIN_MS + 4_500,
        }),
      ]);
      for (const [name, { status, ms }] of Object.entries({ 'keyword search': search, upload })) {
        seen.push(`${name} ${status} in ${Math.round(ms)} ms`);
        ok &&= ms < ANSWER_WITHIN_MS && status !== 0 && status !== 500;
      }
      if (service !== 'postgres') ok &&= upload.status === 202;
    }
  } finally {
    await stack.engine.docker(['unpause', container]);
  }
  const back = await until(
    `/ready after ${service} thawed`,
    60_000,
    async () => (await stack.call('/ready')).status === 200,
  );
  seen.push(`ready ${(back / 1000).toFixed(1)} s after the thaw`);
  report.row(`${service} frozen`, EXPECTED[service], seen.join(', '), ok);
}

const EXPECTED = {
  postgres: '/ready 503, every answer within 5.5 s, none of them 500',
  redis: '/ready 503, uploads accepted, every answer within 5.5 s',
  'ai-worker': '/ready stays 200, uploads accepted',
  backend: 'no answer, unhealthy; back at once when thawed',
};
