// What is done to the stack, in order: it comes up hardened, it works, it loses each service in turn (killed, then
// frozen), it is watched, it rolls, it ends in order.
import { readFileSync } from 'node:fs';
import { backUpAndRestore } from './backup.mjs';
import { deployInPlace, deployOver } from './deployment.mjs';
import { loseEachService } from './faults.mjs';
import { rollOver } from './rolling.mjs';
import { seconds, until } from './stack.mjs';
import { takesTheWorstFiles } from './worst-files.mjs';

/** @import { Stack } from './stack.mjs' */
/** @import { Report } from './report.mjs' */
/** @typedef {(stack: Stack, report: Report, what: string) => Promise<void>} Works */

const TEXT = 'The tide turns twice a day, and the harbour with it. Fishing boats leave on the ebb. '.repeat(20);

/** @param {Stack} stack @param {Report} report */
export async function exercise(stack, report) {
  await refusesWeakSecrets(stack, report);
  const startedAt = Date.now();
  await stack.compose(['up', '--detach', '--wait', '--wait-timeout', '240'], { timeoutMs: 300_000 });
  const running = (await stack.compose(['ps', '--format', '{{.Service}} {{.Health}}'])).trim().split('\n').sort();
  report.row(
    'docker compose up -d',
    'four services, all healthy',
    `${running.join(', ')} after ${seconds(startedAt)} s`,
    running.length === 4 && running.every((line) => line.endsWith(' healthy')),
  );
  await isHardened(stack, report);
  await works(stack, report, 'upload a document and search it');
  await deployInPlace(stack, report);
  await logsAreShippable(stack, report);
  if (stack.observers.length > 0) await isWatched(stack, report);
  await loseEachService(stack, report, works);
  await backUpAndRestore(stack, report);
  await works(stack, report, 'works after the restore');
  await takesTheWorstFiles(stack, report);
  if (stack.hasProxy) {
    await rollOver(stack, report);
    await deployOver(stack, report, works);
  }
  await endsInOrder(stack, report);
}

/**
 * An upload comes through to the end and is found.
 * @param {Stack} stack
 * @param {Report} report
 * @param {string} what
 */
export async function works(stack, report, what) {
  const startedAt = Date.now();
  const text = `${TEXT}Note ${startedAt}.`;
  const upload = await stack.call('/api/documents/text', { body: { text, filename: `tides-${startedAt}.txt` } });
  let state = upload.body;
  if (upload.status === 202) {
    await until(`${what}: document completed`, 60_000, async () => {
      const { status, body } = await stack.call(`/api/documents/${upload.body.id}`);
      if (status === 200) state = body;
      return state.status === 'completed' || state.status === 'failed';
    });
  }
  const found = await stack.call('/api/search', {
    body: { query: 'When do the fishing boats leave?', filter: { documentId: [upload.body.id] } },
  });
  const hit = found.body.results?.some(({ documentId }) => documentId === upload.body.id) === true;
  report.row(
    what,
    '202, completed, found',
    `${upload.status}, ${state.status ?? state.code}, ${hit ? 'found' : `search ${found.status}`} within ${seconds(startedAt)} s`,
    upload.status === 202 && state.status === 'completed' && hit,
  );
}

/** @param {Stack} stack @param {Report} report */
async function refusesWeakSecrets(stack, report) {
  for (const [service, variable, value] of [
    ['postgres', 'POSTGRES_PASSWORD', 'change-me-please-change-me'],
    ['redis', 'REDIS_PASSWORD', 'short'],
    ['backend', 'METRICS_TOKEN', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'],
    ['ai-worker', 'AI_WORKER_TOKEN', 'default-token-default-token-default'],
  ]) {
    const { code, output } = await stack.attemptCompose([
      'run',
      '--rm',
      '--no-deps',
      '--env',
      `${variable}=${value}`,
      service,
    ]);
    const line = output.split('\n').find((text) => text.includes('Refusing to start')) ?? output.slice(-200);
    report.row(
      `${service} with a weak ${variable}`,
      'refused, exit 78',
      `exit ${code}: ${line.slice(0, 110)}`,
      code === 78,
    );
  }
}

/** @param {Stack} stack @param {Report} report */
async function isHardened(stack, report) {
  for (const service of ['backend', 'postgres', 'redis', 'ai-worker']) {
    const { Config, HostConfig, Id } = await stack.inspect(service);
    const write = await stack.engine.attempt(['exec', Id, 'sh', '-c', 'echo x > /written']);
    const status = await stack.engine.docker([
      'exec',
      Id,
      'sh',
      '-c',
      'grep -E "^(Uid|CapEff|CapBnd|NoNewPrivs)" /proc/self/status',
    ]);
    /** @param {string} name */
    const of = (name) => new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(status)?.[1];
    const seen = `user ${of('Uid')}, capabilities ${of('CapBnd')}, no new privileges ${of('NoNewPrivs')}, write to / ${write.code === 0 ? 'allowed' : 'refused'}, limit ${HostConfig.Memory / 2 ** 20} MiB`;
    const ok =
      /^\d+:\d+$/.test(Config.User) &&
      of('Uid') !== '0' &&
      /^0+$/.test(of('CapBnd') ?? '') &&
      of('NoNewPrivs') === '1' &&
      write.code !== 0 &&
      HostConfig.ReadonlyRootfs &&
      HostConfig.Init &&
      HostConfig.Memory > 0;
    report.row(`inside ${service}`, 'no root, no capability, nothing to write to', seen, ok);
  }
}

/** @param {Stack} stack @param {Report} report */
async function isWatched(stack, report) {
  await stack.compose(['--profile', 'observability', 'up', '--detach', '--wait', '--no-deps', ...stack.observers]);
  /** @param {string} query */
  const prometheus = async (query) => {
    const { output } = await stack.attemptCompose([
      'exec',
      '-T',
      'prometheus',
      'promtool',
      'query',
      'instant',
      'http://127.0.0.1:9090',
      query,
    ]);
    return output;
  };
  const took = await until('targets up', 90_000, async () => {
    const up = await prometheus('up{job=~"backend|ai-worker|prometheus"} == 1');
    return ['backend', 'ai-worker', 'prometheus'].every((job) => up.includes(`job="${job}"`));
  }).catch(async () => `never: ${(await prometheus('up')).slice(0, 300)}`);
  report.row(
    'Prometheus scrapes backend (with the token), AI worker and itself',
    'up within 90 s',
    typeof took === 'number' ? `${(took / 1000).toFixed(1)} s` : took,
    typeof took === 'number',
  );
  const rules = await prometheus('count(ALERTS) or vector(0)');
  report.row('Prometheus evaluates the rules', 'answers', rules.trim().split('\n').at(-1) ?? '', rules.includes('=>'));
  if (stack.observers.includes('alertmanager')) {
    await stack.compose([
      'exec',
      '-T',
      'alertmanager',
      'amtool',
      '--alertmanager.url=http://127.0.0.1:9093',
      'alert',
      'add',
      'ComposeTest',
      'severity=warning',
      '--annotation=summary=a test',
    ]);
    const arrived = await until('Alertmanager’s webhook', 60_000, () =>
      stack.alerts.some((alert) => alert.version === '4'),
    ).catch(() => undefined);
    report.row(
      'Alertmanager to the generic channel',
      'arrives (groups wait 30 s)',
      arrived === undefined ? 'nothing' : `after ${(arrived / 1000).toFixed(1)} s`,
      arrived !== undefined,
    );
  }
}

/** @param {Stack} stack @param {Report} report */
async function endsInOrder(stack, report) {
  for (const service of ['backend', 'ai-worker', 'redis', 'postgres']) {
    const startedAt = Date.now();
    await stack.compose(['stop', service]);
    const { State } = await stack.inspect(service);
    report.row(
      `docker compose stop ${service}`,
      'exit 0 well before 90 s',
      `exit ${State.ExitCode} after ${seconds(startedAt)} s`,
      State.ExitCode === 0 && Date.now() - startedAt < 60_000,
    );
  }
}

/**
 * What the log shipper reads: Docker's file, with the service's name beside each line and our JSON in it.
 * @param {Stack} stack
 * @param {Report} report
 */
async function logsAreShippable(stack, report) {
  if (!stack.engine.isPrivate) return; // the file belongs to the engine’s machine
  const requestId = `compose-test-${Date.now()}`;
  await stack.call('/api/documents?limit=1', { headers: { 'X-Request-ID': requestId } });
  const { LogPath } = await stack.inspect('backend');
  let line;
  let seen = `no line of ${requestId}`;
  await until('the line in Docker’s file', 10_000, () => {
    line = readFileSync(LogPath, 'utf8')
      .split('\n')
      .find((candidate) => candidate.includes(requestId));
    return line !== undefined;
  }).catch(() => undefined);
  if (line !== undefined) {
    const { log, attrs } = JSON.parse(line);
    const fields = JSON.parse(log);
    seen = `service ${attrs?.['com.docker.compose.service']}, level ${fields.level}, requestId ${fields.requestId === requestId ? 'as sent' : fields.requestId}`;
  }
  report.row(
    'a request’s line in Docker’s log file',
    'service backend, a level, the requestId as sent',
    seen,
    /^service backend, level \w+, requestId as sent$/.test(seen),
  );
}
